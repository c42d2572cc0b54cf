"""SQL written past the application is refused by the database itself."""

import pytest
from django.db import IntegrityError, connection, transaction

from bookkeeping import chart, postings, queries, references, triggers
from bookkeeping.models import Account, Slot
from bookkeeping.postings import Leg
from bookkeeping.refusals import AccountFrozen

pytestmark = pytest.mark.usefixtures("accounts")
COLUMNS = "reference, leg, kind, source_id, target_id, quantity, occurred_at, related_id, expires_at"
WHEN = "'2026-11-01 00:00:00+00'"


@pytest.fixture
def ids(now):
    postings.post(reference="gift", legs=[Leg("coin:fund/bike", "coin:resident/a", 5)], occurred_at=now)
    return {account.code: account.id for account in Account.objects.all()}


def refused(statement):
    with pytest.raises(IntegrityError) as told, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(told.value)


def leg(ids, source="coin:resident/a", target="coin:resident/b", quantity=1, kind=1, related="NULL", reference="raw"):
    values = f"'{reference}', 0, {kind}, {ids.get(source, 80_002)}, {ids.get(target, 80_002)}, {quantity}, {WHEN}"
    return f"INSERT INTO bookkeeping_leg ({COLUMNS}) VALUES ({values}, {related}, NULL)"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"target": "fen:budget/forest"}, "bookkeeping_leg_one_asset"),
        ({"target": "coin:resident/a"}, "bookkeeping_leg_two_accounts"),
        ({"quantity": 0}, "bookkeeping_leg_quantity"),
        ({"quantity": -1}, "bookkeeping_leg_quantity"),
        ({"quantity": 10**17 + 1}, "bookkeeping_leg_quantity"),
        ({"quantity": 6}, "bookkeeping_account_floor"),
        ({"source": "coin:fund/bike", "target": "coin:merchant/tea", "quantity": 51}, "bookkeeping_account_ceiling"),
        ({"kind": 2, "quantity": 6}, "bookkeeping_account_floor"),
        ({"kind": 6}, "bookkeeping_leg_kind"),
        ({"kind": 3}, "bookkeeping_leg_kind"),
    ],
)
def test_a_leg_that_breaks_a_rule(ids, change, constraint):
    assert constraint in refused(leg(ids, **change))


@pytest.mark.parametrize("change", [{"source": "coin:nobody"}, {"target": "coin:nobody"}])
def test_a_leg_of_a_missing_account(ids, change):
    told = refused(leg(ids, **change))
    assert "missing or frozen" in told or "bookkeeping_account_unusable" in told


def test_a_leg_of_a_frozen_account(ids):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE bookkeeping_account SET frozen = true WHERE code = 'coin:resident/a'")
    told = refused(leg(ids))
    assert "missing or frozen" in told or "bookkeeping_account_unusable" in told


def test_a_reference_twice(ids):
    refused(leg(ids, reference="gift"))


def test_a_reversal_that_is_no_mirror(ids):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bookkeeping_leg")
        gift = cursor.fetchone()[0]
    for wrong in ({"kind": 5}, {"kind": 3}, {"kind": 4}):
        told = refused(leg(ids, related=gift, **wrong))
        assert "does not fit" in told or "bookkeeping_leg_related_fits" in told


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookkeeping_leg SET quantity = 6",
        "UPDATE bookkeeping_leg SET reference = 'another'",
        "DELETE FROM bookkeeping_leg",
        "DELETE FROM bookkeeping_account WHERE code = 'coin:resident/b'",
        "UPDATE bookkeeping_account SET code = 'coin:resident/z' WHERE code = 'coin:resident/b'",
        "UPDATE bookkeeping_account SET floor = -100 WHERE code = 'coin:resident/b'",
        "UPDATE bookkeeping_account SET ceiling = NULL WHERE code = 'coin:merchant/tea'",
        "UPDATE bookkeeping_account SET id = id + 8 WHERE code = 'coin:resident/b'",
        "UPDATE bookkeeping_account SET balance = -1 WHERE code = 'coin:resident/a'",
        "INSERT INTO bookkeeping_account (id, code, nature, striped, frozen, balance, held_out, held_in)"
        " VALUES (80002, 'coin:x', 'holder', false, false, 5, 0, 0)",
        "INSERT INTO bookkeeping_account (id, code, nature, striped, frozen, balance, held_out, held_in)"
        " VALUES (80003, 'coin:x', 'holder', false, false, 0, 0, 0)",
        "INSERT INTO bookkeeping_account (id, code, nature, striped, frozen, balance, held_out, held_in)"
        " VALUES (80002, 'coinx', 'holder', false, false, 0, 0, 0)",
        "INSERT INTO bookkeeping_account (id, code, nature, striped, frozen, balance, held_out, held_in)"
        " VALUES (80002, 'coin:x', 'owner', false, false, 0, 0, 0)",
        "INSERT INTO bookkeeping_account (id, code, nature, floor, striped, frozen, balance, held_out, held_in)"
        " VALUES (80002, 'coin:x', 'source', 0, true, false, 0, 0, 0)",
        "INSERT INTO bookkeeping_account (id, code, nature, ceiling, striped, frozen, balance, held_out, held_in)"
        " VALUES (80002, 'coin:x', 'source', 0, true, false, 0, 0, 0)",
    ],
)
def test_what_stands_is_not_changed(ids, statement):
    refused(statement)
    assert Account.objects.get(code="coin:resident/a").balance == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bookkeeping_account SET balance = balance + 1 WHERE code = 'coin:resident/a'",
        "UPDATE bookkeeping_account SET held_out = 1 WHERE code = 'coin:resident/a'",
        "INSERT INTO bookkeeping_slot (account_id, slot, balance, held_out, held_in) VALUES (2, 1, 5, 0, 0)",
        "DELETE FROM bookkeeping_openhold",
        "TRUNCATE bookkeeping_leg",
        "TRUNCATE bookkeeping_account CASCADE",
        "TRUNCATE bookkeeping_tile",
    ],
)
def test_only_legs_move_a_balance(ids, statement):
    if connection.vendor == "postgresql":
        refused(statement)
    else:
        # SQLite has no way to tell; invariant I2 names the account instead (test_invariants).
        assert not connection.features.has_select_for_update


def test_a_refused_copy_leaves_nothing(ids):
    if connection.vendor != "postgresql":
        assert connection.vendor == "sqlite"  # there is no COPY there
        return
    from bookkeeping.packing import COLUMNS as COPIED

    copying = f"COPY bookkeeping_leg ({', '.join(COPIED)}) FROM STDIN"
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(copying) as copy,
    ):
        copy.write_row((ids["coin:resident/a"], ids["coin:resident/b"], 6, "2026-11-01Z", 0, 1, "copied"))
    assert Account.objects.get(code="coin:resident/a").balance == 5


def test_every_trigger_is_in_place():
    text = (triggers.FOLDER / f"{connection.vendor}.sql").read_text()
    wanted = {line.split()[2] for line in text.splitlines() if line.startswith("CREATE TRIGGER")}
    assert len(wanted) >= 11
    assert set(triggers.TRIGGERS.present(connection)) == wanted
    triggers.TRIGGERS.install(connection)  # again: nothing changes
    assert set(triggers.TRIGGERS.present(connection)) == wanted


def test_a_leg_is_not_replaced(ids):
    replace = leg(ids, source="coin:fund/bike", quantity=7, reference="gift").replace("INSERT", "REPLACE", 1)
    if connection.vendor == "postgresql":
        replace = leg(ids, source="coin:fund/bike", quantity=7, reference="gift")
        replace += f" ON CONFLICT ({references.KEY}) DO UPDATE SET quantity = 7"
    refused(replace)
    assert [row.quantity for row in queries.posting("gift")] == [5]


def test_a_striped_account_has_all_its_stripes_before_the_first_posting(ids):
    stripes = {code: Slot.objects.filter(account_id=ids[code]).count() for code in ("coin:fund/bus", "coin:fund/bike")}
    assert stripes == {"coin:fund/bus": 64 if connection.vendor == "postgresql" else 0, "coin:fund/bike": 0}
    chart.open_accounts(["coin:fund/bus"], nature=chart.Nature.SOURCE, striped=True)  # again: nothing changes
    assert Slot.objects.filter(account_id=ids["coin:fund/bus"]).count() == stripes["coin:fund/bus"]


def test_a_posting_between_two_striped_accounts_and_one_with_a_frozen_one(ids, now):
    chart.open_accounts(["coin:fund/walk"], nature=chart.Nature.SOURCE, striped=True)
    postings.post(reference="walk", legs=[Leg("coin:fund/bus", "coin:fund/walk", 7)], occurred_at=now)
    chart.freeze("coin:fund/walk", at=now)
    for source, target in (("coin:fund/bus", "coin:fund/walk"), ("coin:fund/walk", "coin:resident/a")):
        with pytest.raises(AccountFrozen):
            postings.post(reference="more", legs=[Leg(source, target, 1)], occurred_at=now)
    held = [queries.balance(code).posted for code in ("coin:fund/bus", "coin:fund/walk", "coin:resident/a")]
    assert held == [-7, 7, 5]


def test_a_part_of_a_coin_never_moves(ids):
    if connection.vendor == "postgresql":  # its column holds whole numbers and nothing else
        with connection.cursor() as cursor:
            cursor.execute("SELECT data_type FROM information_schema.columns WHERE table_name = 'bookkeeping_leg'"
                           " AND column_name = 'quantity'")  # fmt: skip
            assert cursor.fetchone()[0] == "bigint"
    else:
        assert "limit of bookkeeping_leg.quantity" in refused(leg(ids, quantity="1.5"))
