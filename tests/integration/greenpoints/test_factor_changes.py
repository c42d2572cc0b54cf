"""Figures that two people decide on, from a later day (LB-01), and traces that replay from storage (LB-03)."""

import dataclasses
import shutil
from datetime import date, timedelta

import pytest
from behaviour_lines import AT, DAY, as_bytes, ride
from django.db import IntegrityError, connection, transaction

from core import events
from greenpoints import queries
from greenpoints.factors import changes
from greenpoints.factors.changes import NewFigure
from greenpoints.intake import batches
from greenpoints.models import Basis, Behaviour, FactorChange
from greenpoints.quantification import parameters
from greenpoints.queries import factors

NEXT_DAY = date(2026, 11, 22)  # AT is 21 November, four in the morning, in Fuzhou
CARTON = NewFigure(
    table="reduction_factors", key="W02.carton", value="0.45", source="minutes of the board, 2026/7", locator="item 3",
    effective_on=NEXT_DAY, reason="a study of incineration",
)  # fmt: skip


def approved(new, code="c-1"):
    changes.propose(new, code=code, by="lin", at=AT)
    changes.decide(code, approve=True, note="agreed", by="zhou", at=AT)


def in_force(day):
    return parameters.in_force(day, decided=factors.factor_decisions())


@pytest.mark.django_db
def test_lb01_a_changed_factor_is_a_new_version_from_its_day():
    approved(CARTON)
    before = in_force(NEXT_DAY - timedelta(days=1)).factors["W02.carton"]
    after = in_force(NEXT_DAY).factors["W02.carton"]
    assert (before.value, before.approved, before.decision) == ("0.50", False, "")
    assert (after.value, after.approved, after.decision, after.unit, after.per) == ("0.45", True, "c-1", "kg", "kg")
    assert [row.kind for row in events.since(0)] == ["greenpoints.factor_proposed", "greenpoints.factor_approved"]


@pytest.mark.django_db
def test_a_proposal_alone_and_a_refused_one_change_nothing():
    changes.propose(CARTON, code="c-1", by="lin", at=AT)
    assert factors.factor_decisions() == ()
    changes.decide("c-1", approve=False, note="no study", by="zhou", at=AT)
    assert factors.factor_decisions() == ()
    assert in_force(NEXT_DAY).factors["W02.carton"].value == "0.50"


@pytest.mark.django_db
def test_p21_whoever_proposed_does_not_approve():
    changes.propose(CARTON, code="c-1", by="lin", at=AT)
    with pytest.raises(changes.FactorProposerDecides):
        changes.decide("c-1", approve=True, note="", by="lin", at=AT)
    assert factors.factor_decisions() == ()


@pytest.mark.django_db
def test_twice_is_once_and_other_content_is_refused():
    for _ in range(2):
        approved(CARTON)
    assert FactorChange.objects.count() == 1
    with pytest.raises(changes.FactorChangeDiffers):
        changes.propose(dataclasses.replace(CARTON, value="0.44"), code="c-1", by="lin", at=AT)
    with pytest.raises(changes.FactorChangeDiffers):
        changes.decide("c-1", approve=False, note="", by="zhou", at=AT)
    with pytest.raises(changes.FactorChangeMissing):
        changes.decide("c-2", approve=True, note="", by="zhou", at=AT)
    changes.propose(dataclasses.replace(CARTON, value="0.44"), code="c-2", by="lin", at=AT)
    with pytest.raises(changes.FactorChangeDiffers):
        changes.decide("c-2", approve=True, note="", by="zhou", at=AT)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        pytest.param({"effective_on": date(2026, 11, 21)}, changes.FactorNotLater, id="a day that has begun"),
        pytest.param({"value": "-1"}, changes.FactorRefused, id="negative"),
        pytest.param({"value": "1e3"}, changes.FactorRefused, id="with an exponent"),
        pytest.param({"value": "NaN"}, changes.FactorRefused, id="no number"),
        pytest.param({"value": " 1"}, changes.FactorRefused, id="with a blank"),
        pytest.param({"key": "W02.silk"}, changes.FactorRefused, id="no such figure"),
        pytest.param({"table": "points_rules"}, changes.FactorRefused, id="a table that is not decided on here"),
        pytest.param({"table": "electricity_factors", "key": "grid", "effective_on": date(2027, 2, 1)},
                     changes.FactorNotLater, id="an electricity factor in the middle of a year"),
        pytest.param({"reason": " "}, changes.FactorRefused, id="no reason"),
        pytest.param({"key": "M06", "value": "2500"}, changes.FactorOutsideRange, id="a bus ride of 2,500 g"),
    ],
)  # fmt: skip
def test_what_cannot_be_proposed(changed, refusal):
    with pytest.raises(refusal):
        changes.propose(dataclasses.replace(CARTON, **changed), code="c-1", by="lin", at=AT)
    assert not FactorChange.objects.exists()


@pytest.mark.django_db
def test_outside_the_range_with_a_reason_and_a_name():
    approved(dataclasses.replace(CARTON, key="M06", value="160", override_reason="own survey of 2026"))
    kept = FactorChange.objects.select_related("decision").get()
    assert (kept.override_reason, kept.decision.decided_by) == ("own survey of 2026", "zhou")
    assert in_force(NEXT_DAY).factors["M06"].value == "160"


@pytest.mark.django_db
def test_an_approval_that_comes_too_late_is_refused():
    changes.propose(CARTON, code="c-1", by="lin", at=AT)
    with pytest.raises(changes.FactorNotLater):
        changes.decide("c-1", approve=True, note="", by="zhou", at=AT + timedelta(days=1))


@pytest.mark.django_db
def test_the_database_keeps_two_people_and_every_version():
    approved(CARTON)
    for statement in (
        "UPDATE greenpoints_factorchange SET value = '9'",
        "DELETE FROM greenpoints_factordecision",
        "UPDATE greenpoints_factordecision SET decided_by = proposed_by",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_posting_uses_what_is_approved_on_the_day_of_the_event(scene):
    changes.propose(
        dataclasses.replace(CARTON, value="0.50", effective_on=date(2026, 11, 20)), code="c-1", by="lin",
        at=AT - timedelta(days=3),
    )  # fmt: skip
    changes.decide("c-1", approve=True, note="as it stands", by="zhou", at=AT - timedelta(days=3))
    row = deliver_carton()
    assert (row.status, row.reason, row.gross_mg, row.posted_mg) == ("credited", "", 1_500_000, 1_350_000)


def deliver_carton():
    carton = {"act": "W02", "unit": "g", "material": "carton", "evidence": {"type": "scale"}, "quantity": 3000}
    kept = batches.receive(
        partner="bike-co", batch="b1", business_on=DAY, content=as_bytes([ride("e1", 8) | carton]), received_at=AT
    )
    batches.credit(kept.id, as_of=AT)
    return Behaviour.objects.get()


@pytest.fixture
def other_tables(tmp_path, monkeypatch):
    """Return a function that changes a value in the tables, as a new edition of the platform would."""
    folder = tmp_path / "coefficients"

    def change(table, old, new):
        shutil.copytree(parameters.FOLDER, folder)
        path = folder / f"{table}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        monkeypatch.setattr(parameters, "FOLDER", folder)
        parameters.in_force.cache_clear()

    yield change
    parameters.in_force.cache_clear()


def test_lb03_a_trace_replays_from_storage_alone_after_the_tables_changed(deliver, other_tables):
    deliver([ride("e1", 8)])
    row = Behaviour.objects.get()
    assert row.posted_mg == 128_000
    other_tables("reduction_factors", "M02,40,", "M02,50,")
    assert parameters.in_force(row.business_on).factors["M02"].value == "50"
    told = queries.trace(row.pk)
    assert told.reproduces
    assert (told.again.gross_mg, told.again.posted_mg) == (128_000, 128_000)
    assert {step.code: step.value for step in told.again.steps if step.code != "figure"} == {
        "input": "3200 m", "baseline": "128000 mg", "saved": "128000 mg", "gross": "128000 mg", "discount": "x 1.0",
        "net": "128000 mg", "posted": "128000 mg", "coins": "0 coin",
    }  # fmt: skip
    assert told.again.figures["factor"].source == "wuhan-carbon-inclusion-2023"


def test_rows_of_one_kind_share_a_basis_and_what_was_never_calculated_has_no_trace(deliver):
    deliver([ride("e1", 8), ride("e2", 10), ride("e3", 12, act="X99")])
    assert Basis.objects.count() == 1
    assert Behaviour.objects.filter(basis__isnull=False).count() == 2
    with pytest.raises(queries.TraceMissing):
        queries.trace(Behaviour.objects.get(act="X99").pk)
    with pytest.raises(queries.TraceMissing):
        queries.trace(0)
