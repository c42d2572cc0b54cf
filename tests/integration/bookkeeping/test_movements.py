"""What moved within a time, and the proof of all of it at once."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from test_transparency import verify_offline

from bookkeeping import bulk, movements, postings, transparency
from bookkeeping.postings import Leg

pytestmark = pytest.mark.usefixtures("accounts")
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
ACCOUNTS = ("coin:resident/a", "coin:resident/nobody")


def earn(name, coins, *, at):
    postings.post(reference=name, legs=[Leg("coin:fund/bus", "coin:resident/a", coins)], occurred_at=at)


def spend(name, coins, *, at):
    postings.post(reference=name, legs=[Leg("coin:resident/a", "coin:fund/bus", coins)], occurred_at=at)


@pytest.fixture
def three_months(accounts):
    earn("o1", 100, at=OCTOBER)
    earn("n1", 40, at=NOVEMBER)
    spend("n2", 30, at=DECEMBER - timedelta(microseconds=1))
    earn("d1", 7, at=DECEMBER)


@pytest.mark.usefixtures("three_months")
def test_a_month_has_its_opening_its_rows_and_its_closing():
    told = movements.between(ACCOUNTS, start=NOVEMBER, end=DECEMBER)
    assert told.opening == {"coin:resident/a": 100, "coin:resident/nobody": 0}
    assert told.closing == {"coin:resident/a": 110, "coin:resident/nobody": 0}
    assert [(row.reference, row.quantity, row.counterpart) for row in told.rows] == [
        ("n1", 40, "coin:fund/bus"),
        ("n2", -30, "coin:fund/bus"),
    ]


def test_accounts_that_do_not_exist_are_empty():
    told = movements.between(["coin:resident/nobody"], start=OCTOBER, end=DECEMBER)
    assert (told.opening, told.closing, told.rows) == ({"coin:resident/nobody": 0}, {"coin:resident/nobody": 0}, [])


def statement_proof(told):
    accounts = {code: {"opening": told.opening[code], "closing": told.closing[code]} for code in told.opening}
    proof = transparency.inclusion_of_legs(row.leg_id for row in told.rows)
    return proof | {"statement": {"accounts": accounts}}


def test_every_leg_over_several_tiles_is_proved_as_it_is_alone():
    bulk.post_many(
        references=[f"row/{n}" for n in range(600)], sources="coin:fund/bus",
        targets=["coin:resident/a", "coin:resident/b"] * 300, quantities=[1] * 600, occurred_at=NOVEMBER,
    )  # fmt: skip
    transparency.seal(at=DECEMBER)
    told = movements.between(["coin:resident/a"], start=NOVEMBER, end=DECEMBER)
    proof = transparency.inclusion_of_legs(row.leg_id for row in told.rows)
    assert [leaf["leg"]["reference"] for leaf in proof["leaves"]] == [f"row/{n}" for n in range(0, 600, 2)]
    for number in (0, 255, 299):
        name = proof["leaves"][number]["leg"]["reference"]
        assert proof["leaves"][number] == transparency.inclusion_proof(name)["leaves"][0]


@pytest.mark.usefixtures("three_months")
def test_a_statement_verifies_without_the_site(tmp_path):
    transparency.seal(at=DECEMBER)
    told = movements.between(["coin:resident/a"], start=NOVEMBER, end=DECEMBER)
    code, said = verify_offline(tmp_path, statement_proof(told))
    assert code == 0
    assert "coin:resident/a: 100 + 10 = 110" in said


@pytest.mark.usefixtures("three_months")
@pytest.mark.parametrize(
    ("forge", "complaint"),
    [
        (lambda proof: proof["leaves"].pop(), "is not 110"),
        (lambda proof: proof["leaves"].append(copy.deepcopy(proof["leaves"][0])), "counts a leg twice"),
        (lambda proof: proof["statement"]["accounts"]["coin:resident/a"].update(closing=111), "is not 111"),
        (lambda proof: proof["leaves"][0]["leg"].update(quantity=41), "is not leaf"),
    ],
)
def test_a_statement_that_was_altered_is_refuted(tmp_path, forge, complaint):
    transparency.seal(at=DECEMBER)
    proof = statement_proof(movements.between(["coin:resident/a"], start=NOVEMBER, end=DECEMBER))
    forge(proof)
    code, said = verify_offline(tmp_path, proof)
    assert code == 1
    assert complaint in said


@pytest.mark.usefixtures("three_months")
def test_what_no_head_covers_yet_is_left_out():
    with pytest.raises(transparency.NotSealedYet):
        transparency.inclusion_of_legs([1])
    transparency.seal(at=DECEMBER)
    earn("d2", 1, at=DECEMBER)
    told = movements.between(["coin:resident/a"], start=DECEMBER, end=DECEMBER + timedelta(days=1))
    proof = transparency.inclusion_of_legs(row.leg_id for row in told.rows)
    assert [leaf["leg"]["reference"] for leaf in proof["leaves"]] == ["d1"]
