"""What may be called official: approved by a second analyst, never unconfirmed or synthetic, withdrawn openly."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from core import events
from gep import accounts, intake, publication, queries, run_queries, runs
from gep.models import Run
from gep.revisions import RevisionStale
from identity import roles
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def requested(tmp_path):
    intake.load_parcels(landscapes.write_parcels(tmp_path / "parcels.gpkg"))
    layers = landscapes.write_layers(tmp_path)
    return accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code


@pytest.fixture
def compiled(requested):
    return accounts.compile(requested, as_of=AT).code


@pytest.fixture
def confirmed(compiled):
    Run.objects.filter(code=compiled).update(unconfirmed_figures=False)  # as if every figure had been confirmed
    return compiled


def analyst(name, *, region="361000"):
    return register_user(name, "a long password 27", at=AT, roles=("analyst",), region=region)


@pytest.fixture
def first():
    return analyst("first")


@pytest.fixture
def second():
    return analyst("second")


def told(kind):
    return [event.detail for event in events.since(0, kinds={kind})]


def test_an_account_with_unconfirmed_figures_is_never_official(compiled, second):
    for step in (publication.approve, publication.publish):
        with pytest.raises(publication.AccountUnconfirmed) as refused:
            step(compiled, by=second, at=AT)
    assert (refused.value.code, refused.value.status) == ("account_unconfirmed", 409)
    assert "soil_retention.erosivity.factor" in refused.value.detail["figures"]
    assert "water_retention.runoff.111" not in refused.value.detail["figures"]
    assert queries.account(compiled).status == "compiled"
    assert told("gep.account_published") == []


def test_a_synthetic_account_is_never_official_however_good_its_figures(confirmed, second):
    Run.objects.filter(code=confirmed).update(synthetic=True)
    with pytest.raises(publication.AccountSynthetic) as refused:
        publication.approve(confirmed, by=second, at=AT)
    assert (refused.value.code, refused.value.status) == ("account_synthetic", 409)


@pytest.mark.parametrize("field", ["unconfirmed_figures", "synthetic"])
def test_the_database_itself_publishes_neither(confirmed, field):
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(code=confirmed).update(**{"status": "published", field: True})
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(code=confirmed).update(status="approved", kind="scenario")


def test_two_people_make_an_account_official(confirmed, first, second):
    Run.objects.filter(code=confirmed).update(requested_by="first")
    with pytest.raises(publication.SecondAnalystNeeded):
        publication.approve(confirmed, by=first, at=AT)
    with pytest.raises(publication.AccountNotApproved):
        publication.publish(confirmed, by=first, at=AT)
    approved = publication.approve(confirmed, by=second, at=AT)
    assert (approved.status, approved.approved_by) == ("approved", "second")
    assert publication.approve(confirmed, by=second, at=AT) == approved
    published = publication.publish(confirmed, by=first, at=AT)
    assert (published.status, published.published_by) == ("published", "first")
    assert publication.publish(confirmed, by=first, at=AT) == published
    whole = {"account": confirmed, "region": "361028", "year": 2024}
    assert told("gep.account_approved") == [{**whole, "by": "second"}]
    assert told("gep.account_published") == [{**whole, "by": "first"}]
    assert queries.latest_account().code == confirmed
    assert accounts.compile(confirmed, as_of=AT).status == "published"


def test_only_an_analyst_of_the_region_has_a_say(confirmed):
    for name, role, region in (("operator", "operator", "361000"), ("elsewhere", "analyst", "361027")):
        user = register_user(name, "a long password 27", at=AT, roles=(role,), region=region)
        for step in (publication.approve, publication.publish):
            with pytest.raises(roles.RoleMissing):
                step(confirmed, by=user, at=AT)
        with pytest.raises(roles.RoleMissing):
            publication.withdraw(confirmed, reason="x", by=user, at=AT)
    assert queries.account(confirmed).status == "compiled"


def test_an_account_without_figures_is_not_published(requested, second):
    with pytest.raises(publication.AccountNotCompiled) as refused:
        publication.publish(requested, by=second, at=AT)
    assert refused.value.detail == {"account": requested, "status": "requested"}


def test_an_official_account_is_withdrawn_for_a_reason_and_its_figures_stay(confirmed, first, second):
    publication.approve(confirmed, by=second, at=AT)
    publication.publish(confirmed, by=first, at=AT)
    with pytest.raises(publication.ReasonMissing):
        publication.withdraw(confirmed, reason=" ", by=first, at=AT)
    taken_back = publication.withdraw(confirmed, reason="降水数据更正", by=first, at=AT)
    assert (taken_back.status, taken_back.withdrawn_reason) == ("withdrawn", "降水数据更正")
    assert told("gep.account_withdrawn")[0]["reason"] == "降水数据更正"
    assert queries.account(confirmed).total_fen > 0
    assert queries.latest_account() is None
    with pytest.raises(runs.RunStepNotPossible):
        publication.withdraw(confirmed, reason="again", by=first, at=AT)


def test_a_revision_takes_the_place_of_the_official_account_and_says_why(confirmed, first, second, tmp_path):
    publication.approve(confirmed, by=second, at=AT)
    publication.publish(confirmed, by=first, at=AT)
    layers = run_queries.run(confirmed).datasets
    wanted = runs.Wanted(region="361028", year=2024, price_year=2024, datasets=layers, seed=7)
    with pytest.raises(runs.RunNotDescribed) as refused:
        runs.request(runs.Wanted(**{**_fields(wanted), "revises": confirmed}), at=AT, by=first)
    assert refused.value.detail["field"] == "revision_reason"
    revised = runs.Wanted(**{**_fields(wanted), "revises": confirmed, "revision_reason": "系数表更新"})
    code = runs.request(revised, at=AT, by=first).code
    accounts.compile(code, as_of=AT)
    Run.objects.filter(code=code).update(unconfirmed_figures=False)
    publication.approve(code, by=second, at=AT)
    publication.publish(code, by=first, at=AT)
    before = run_queries.run(confirmed)
    assert (before.status, before.withdrawn_reason) == ("withdrawn", "系数表更新")
    assert told("gep.account_withdrawn")[0]["superseded_by"] == code


def test_another_official_account_of_the_same_year_needs_a_reason(confirmed, first, second):
    publication.approve(confirmed, by=second, at=AT)
    publication.publish(confirmed, by=first, at=AT)
    wanted = runs.Wanted(
        region="361028", year=2024, price_year=2024, datasets=run_queries.run(confirmed).datasets, seed=8
    )
    code = runs.request(wanted, at=AT, by=first).code
    accounts.compile(code, as_of=AT)
    Run.objects.filter(code=code).update(unconfirmed_figures=False)
    publication.approve(code, by=second, at=AT)
    with pytest.raises(publication.ReasonMissing) as refused:
        publication.publish(code, by=first, at=AT)
    assert refused.value.detail == {"account": code, "official": confirmed}


def test_a_step_that_rests_on_an_older_revision_is_refused(confirmed, second):
    revision = run_queries.run(confirmed).revision
    with pytest.raises(RevisionStale) as refused:
        publication.approve(confirmed, by=second, at=AT, revision=revision - 1)
    assert refused.value.detail == {"revision": revision}
    assert publication.approve(confirmed, by=second, at=AT, revision=revision).revision == revision + 1


def _fields(wanted):
    return {name: getattr(wanted, name) for name in runs.Wanted.__dataclass_fields__}
