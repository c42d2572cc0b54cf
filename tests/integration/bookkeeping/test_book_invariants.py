"""Each invariant holds on a good book, and names the row of a damaged one."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from bookkeeping import bulk, chart, invariants, postings, transparency, triggers
from bookkeeping.postings import Leg
from core.invariants import Broken

pytestmark = pytest.mark.usefixtures("accounts")
NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
CHECKS = {
    "I1": invariants.legs_balance,
    "I2": invariants.balances_follow_legs,
    "I3": invariants.accounts_keep_limits,
    "I4": invariants.assets_add_up_to_zero,
    "I7": invariants.reversals_mirror,
    "I8": invariants.log_matches_book,
}


@pytest.fixture
def book(accounts):
    """Make a book with something of everything in it, sealed."""
    bulk.post_many(
        references=[f"batch/1/row/{n}" for n in range(300)],
        sources="coin:fund/bus",
        targets=["coin:resident/a", "coin:resident/b", "coin:resident/c"] * 100,
        quantities=[2] * 300,
        occurred_at=NOW,
    )
    postings.hold(reference="h", legs=[Leg("coin:resident/a", "coin:merchant/tea", 9)], occurred_at=NOW)
    postings.confirm(hold="h", reference="c", occurred_at=NOW, quantities=[4])
    postings.hold(reference="open", legs=[Leg("coin:resident/b", "coin:merchant/tea", 6)], occurred_at=NOW)
    postings.post(reference="p", legs=[Leg("coin:resident/c", "coin:resident/a", 7)], occurred_at=NOW)
    postings.reverse(posting="p", reference="r", occurred_at=NOW)
    transparency.seal(at=NOW)
    postings.post(reference="unsealed", legs=[Leg("coin:fund/bike", "coin:resident/a", 1)], occurred_at=NOW)


def found_by(code):
    return [found for found in CHECKS[code]() if isinstance(found, Broken)]


def damage(*statements):
    """Do what only one with the keys of the database could do: drop the triggers and the checks in the way."""
    triggers.TRIGGERS.remove(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("leg", "account"):
                cursor.execute(
                    "SELECT conname FROM pg_constraint WHERE contype = 'c'"
                    f" AND conrelid = 'bookkeeping_{table}'::regclass"
                )
                for (name,) in cursor.fetchall():
                    cursor.execute(f'ALTER TABLE bookkeeping_{table} DROP CONSTRAINT "{name}"')
            cursor.execute("DROP INDEX bookkeeping_leg_related_once")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            cursor.execute("DROP INDEX bookkeeping_leg_related_once")
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(autouse=True)
def _checks_are_back(db):
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize("code", CHECKS)
def test_a_good_book_is_whole(code):
    assert found_by(code) == []


A = "(SELECT id FROM bookkeeping_account WHERE code = 'coin:resident/a')"
FOREST = "(SELECT id FROM bookkeeping_account WHERE code = 'fen:budget/forest')"


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    ("code", "statement", "row", "what"),
    [
        ("I1", f"UPDATE bookkeeping_leg SET target_id = {FOREST} WHERE reference = 'p'", "leg p#0", "different assets"),
        ("I1", "UPDATE bookkeeping_leg SET target_id = 800002 WHERE reference = 'p'", "leg p#0", "does not exist"),
        ("I1", "UPDATE bookkeeping_leg SET quantity = -7 WHERE reference = 'p'", "leg p#0", "moves -7"),
        ("I1", "UPDATE bookkeeping_leg SET leg = 1 WHERE reference = 'p'", "posting p", "highest number is 1"),
        (
            "I2",
            "UPDATE bookkeeping_account SET balance = balance + 5 WHERE code = 'coin:resident/a'",
            "account coin:resident/a",
            "balance is 202, its legs give 197",
        ),
        (
            "I2",
            "UPDATE bookkeeping_account SET held_out = 0 WHERE code = 'coin:resident/b'",
            "account coin:resident/b",
            "held out is 0, its legs give 6",
        ),
        (
            "I3",
            "UPDATE bookkeeping_account SET balance = 5 WHERE code = 'coin:resident/b'",
            "account coin:resident/b",
            "balance 5, held out 6",
        ),
        ("I4", "UPDATE bookkeeping_account SET balance = 0 WHERE code = 'coin:resident/c'", "asset 2", "not to zero"),
        ("I7", "UPDATE bookkeeping_leg SET quantity = 8 WHERE reference = 'r'", "leg r#0", "does not mirror p#0"),
        (
            "I7",
            "UPDATE bookkeeping_leg SET related_id = (SELECT id FROM bookkeeping_leg WHERE reference = 'r')"
            " WHERE reference = 'r'",
            "leg r#0",
            "of kind 5",
        ),
        (
            "I7",
            "UPDATE bookkeeping_leg SET related_id = (SELECT id FROM bookkeeping_leg WHERE reference = 'p')"
            " WHERE reference IN ('r', 'c')",
            "leg p#0",
            "2 times",
        ),
        (
            "I8",
            "UPDATE bookkeeping_leg SET quantity = 3 WHERE reference = 'batch/1/row/17'",
            "leg batch/1/row/17#0",
            "not what was sealed as leaf 17",
        ),
        ("I8", "DELETE FROM bookkeeping_leg WHERE reference = 'batch/1/row/17'", "tile 0/0", "255 stand there"),
        ("I8", "UPDATE bookkeeping_leg SET quantity = 3 WHERE reference = 'c'", "head 305", "the log gives"),
        ("I8", "UPDATE bookkeeping_signedtreehead SET at = '2026-11-02'", "head 305", "signature is wrong"),
        ("I8", "UPDATE bookkeeping_tile SET root = hashes", "tile 0/0", "its root is not that of its hashes"),
    ],
)
def test_a_damaged_row_is_named(code, statement, row, what):
    damage(statement)
    told = found_by(code)
    assert [found.row for found in told if what in found.what] == [row], told


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("book")
def test_a_frozen_account_is_no_damage_but_one_that_moved_is():
    chart.freeze("coin:resident/a", at=NOW)
    assert [found_by(code) for code in CHECKS] == [[]] * 6
    triggers.TRIGGERS.remove(connection)  # as nobody can while the database looks
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bookkeeping_leg (reference, leg, kind, source_id, target_id, quantity, occurred_at)"
            " SELECT 'past the freeze', 0, 1, a.id, b.id, 1, '2026-11-01 08:30:00+00' FROM bookkeeping_account a,"
            " bookkeeping_account b WHERE a.code = 'coin:resident/a' AND b.code = 'coin:resident/b'"
        )
    assert found_by("I3") == [Broken("account coin:resident/a", "1 legs moved it while it was frozen")]
    triggers.TRIGGERS.install(connection)
