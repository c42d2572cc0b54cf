"""What a run rests on: datasets of its region and year, its own accounts, the figures and code it began with."""

import pytest

from gep import engine_code, run_queries, run_work, runs
from gep.models import Dataset, Run
from tests.integration.gep.test_runs import AT, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def requested(tmp_path):
    return ask(tmp_path)


def wanted(code, **changes):
    said = {"region": "361028", "year": 2024, "price_year": 2024, "datasets": run_queries.run(code).datasets} | changes
    return runs.Wanted(**said)


def refused(code, **changes):
    with pytest.raises(runs.RunNotDescribed) as told:
        runs.request(wanted(code, **changes), at=AT)
    return told.value.detail["field"]


@pytest.mark.parametrize(
    ("role", "changes", "accepted"),
    [
        pytest.param("land_cover", {"region": "361022"}, False, id="another county's"),
        pytest.param("land_cover", {"region": "361000"}, True, id="the whole city's"),
        pytest.param("precipitation_mm", {"year": 2023}, False, id="the rain of another year"),
        pytest.param("dem_m", {"year": 2010}, True, id="the altitude of another year"),
        pytest.param("dem_m", {"region": "361022"}, False, id="the altitude of another county"),
    ],
)
def test_a_dataset_is_of_the_runs_region_and_what_is_yearly_of_its_year(requested, role, changes, accepted):
    code = run_queries.run(requested).datasets[role]
    Dataset.objects.filter(code=code).update(**changes)
    if accepted:
        assert runs.request(wanted(requested, seed=1), at=AT).datasets[role] == code
    else:
        assert refused(requested, seed=1) == f"datasets/{role}"
        assert Run.objects.count() == 1


@pytest.mark.parametrize("changes", [{"region": "361022"}, {"year": 2023}, {"kind": "project"}])
@pytest.mark.parametrize("name", ["base", "revises"])
def test_another_regions_or_years_run_is_neither_base_nor_revised(requested, name, changes):
    other = runs.request(wanted(requested, seed=1), at=AT).code
    Run.objects.filter(code=other).update(**changes)
    more = {
        "base": {"kind": "scenario", "base": other, "changes": {"land_use": {"361028-0": "0702"}}},
        "revises": {"revises": other, "revision_reason": "统计修订"},
    }[name]
    assert refused(requested, **more) == name


def test_the_reason_of_a_revision_may_be_given_when_it_is_asked_for_again(requested):
    official = runs.request(wanted(requested, seed=1), at=AT).code
    first = run_queries.run(requested)
    again = runs.request(wanted(requested, revises=official, revision_reason="降水更正"), at=AT)
    assert (again.code, again.revises, again.revision_reason) == (requested, official, "降水更正")
    assert again.revision == first.revision + 1  # who approves must have read it
    assert runs.request(wanted(requested), at=AT) == again  # no reason takes none away
    Run.objects.filter(code=requested).update(status="published", unconfirmed_figures=False)
    with pytest.raises(runs.RunStepNotPossible):
        runs.request(wanted(requested, revises=official, revision_reason="另一个原因"), at=AT)


def test_another_line_of_the_engine_is_another_run_and_ends_the_one_begun(requested, monkeypatch):
    assert run_queries.run(requested).inputs["engine_sha256"] == engine_code.digest()
    monkeypatch.setattr(engine_code, "digest", lambda: "0" * 64)
    other = runs.request(wanted(requested), at=AT).code
    assert other != requested
    assert run_work.check(requested, as_of=AT).status == "refused"
    assert "the code of the engine" in run_queries.run(requested).refusal
    assert run_work.drain(other, as_of=AT).status == "compiled"


def test_the_engine_is_all_that_lies_between_an_input_and_a_figure():
    named = {path.relative_to(engine_code.HERE).as_posix() for path in engine_code.modules()}
    assert {
        "accounting/joining.py",
        "coverage/kernel.py",
        "indicators/regulating/soil_retention.py",
        "methods.py",
    } <= named
    assert not any("outputs" in name or "queries" in name for name in named)
