"""Lots: which coins of a holder expire when. The book says how many there are; both change in one transaction.

Whoever changes lots has posted in the book before, in the same transaction: the holder's account is locked then, so
that the lots of a holder are never changed by two at once, and all wait in the order of the book.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import F

from bookkeeping.postings import Leg
from greenpoints import bulk_rows, rewards
from greenpoints.models import Lot, LotUse
from greenpoints.screening.checks import LOCAL

BOOK = "coin:"
_BUCKET = ("holder", "expires_on", "sponsor", "unit_cost_fen", "coins")
_ADD = {
    "postgresql": """
        INSERT INTO greenpoints_lot AS lot
            (holder, expires_on, sponsor, unit_cost_fen, coins, held_coins, expired_coins)
        SELECT holder, expires_on, sponsor, unit_cost_fen, sum(coins), 0, 0
        FROM unnest(%s::text[], %s::date[], %s::text[], %s::bigint[], %s::bigint[])
            AS added (holder, expires_on, sponsor, unit_cost_fen, coins)
        GROUP BY holder, expires_on, sponsor, unit_cost_fen
        ORDER BY holder, expires_on, sponsor, unit_cost_fen
        ON CONFLICT (holder, expires_on, sponsor, unit_cost_fen) DO UPDATE SET coins = lot.coins + excluded.coins
    """,
    "sqlite": """
        INSERT INTO greenpoints_lot
            (holder, expires_on, sponsor, unit_cost_fen, coins, held_coins, expired_coins)
        VALUES (%s, %s, %s, %s, %s, 0, 0)
        ON CONFLICT (holder, expires_on, sponsor, unit_cost_fen) DO UPDATE SET coins = coins + excluded.coins
    """,
}


class LotsDiffer(RuntimeError):
    """The lots do not hold what the book does: a fault of ours; nothing of the step stands."""


@dataclass(frozen=True, slots=True)
class NewLot:
    """Coins that begin to count: whose, until when, who pays for them, at how many fen each."""

    holder: str
    expires_on: date
    sponsor: str
    unit_cost_fen: int
    coins: int


@dataclass(frozen=True, slots=True)
class Part:
    """Coins of one lot that something takes."""

    lot: int
    sponsor: str
    unit_cost_fen: int
    expires_on: date
    coins: int

    @property
    def fen(self) -> int:
        """Return the fen that the sponsor set aside for them."""
        return self.coins * self.unit_cost_fen


def add(new: Iterable[NewLot]) -> None:
    """Put coins into their buckets, in one statement however many; the caller has posted them."""
    rows = [tuple(getattr(lot, name) for name in _BUCKET) for lot in new]
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_ADD["postgresql"], [list(column) for column in zip(*rows, strict=True)])
        else:
            adapt = connection.ops.adapt_datefield_value
            cursor.executemany(_ADD["sqlite"], [(row[0], adapt(row[1]), *row[2:]) for row in rows])


def lock(holder: str) -> None:
    """Let one spending of the holder at a time choose its lots, until the transaction ends."""
    bulk_rows.lock(f"lots/{holder}")


def first_to_expire(holder: str, coins: int, *, on: date) -> list[Part]:
    """Return which coins are taken for ``coins``: those that expire first; fewer where the holder has fewer."""
    lots = list(
        Lot.objects.filter(holder=holder, expires_on__gte=on, coins__gt=F("held_coins")).order_by("expires_on", "id")
    )
    return _parts(lots, coins)


def taken_back(holder: str, due: Sequence[tuple[str, int]]) -> list[Part]:
    """Return which free coins make up for ``due`` (sponsor, coins): that sponsor's own, else others', the last first.

    Fewer where fewer are free.
    """
    rows = list(Lot.objects.filter(holder=holder, coins__gt=F("held_coins")).order_by("-expires_on", "-id"))
    free = {lot.pk: lot.coins - lot.held_coins for lot in rows}
    taken = dict.fromkeys(free, 0)
    for sponsor, coins in due:
        own_first = sorted(rows, key=lambda lot: lot.sponsor != sponsor)
        for lot, part in zip(own_first, rewards.in_turn([free[lot.pk] for lot in own_first], coins), strict=True):
            free[lot.pk] -= part
            taken[lot.pk] += part
    return [
        Part(lot.pk, lot.sponsor, lot.unit_cost_fen, lot.expires_on, taken[lot.pk]) for lot in rows if taken[lot.pk]
    ]


def fen_to_funds(parts: Sequence[Part]) -> list[Leg]:
    """Return the legs that bring the fen behind coins which are no longer out back to their sponsors."""
    fen: dict[str, int] = {}
    for part in parts:
        fen[part.sponsor] = fen.get(part.sponsor, 0) + part.fen
    return [Leg(f"fen:reserved/{name}", f"fen:fund/{name}", fen[name]) for name in sorted(fen) if fen[name]]


def day_of(at: datetime) -> date:
    """Return the civil day of an instant in Fuzhou."""
    return at.astimezone(LOCAL).date()


def set_aside(reference: str, parts: Sequence[Part]) -> None:
    """Set the coins aside for ``reference``; the caller has held them in the book."""
    for part in parts:
        _change(part.lot, held_coins=part.coins)
    LotUse.objects.bulk_create([LotUse(reference=reference, lot_id=part.lot, coins=part.coins) for part in parts])


def take(reference: str, parts: Sequence[Part]) -> None:
    """Take the coins out of their lots for ``reference``; the caller has posted that."""
    for part in parts:
        _change(part.lot, coins=-part.coins)
    LotUse.objects.bulk_create(
        [LotUse(reference=reference, lot_id=part.lot, coins=part.coins, spent_coins=part.coins) for part in parts]
    )


def spend(uses: Sequence[LotUse], spent: Sequence[int]) -> None:
    """End a setting-aside: ``spent`` of each use leaves its lot, the rest is free again. All zero: a release."""
    for use, coins in zip(uses, spent, strict=True):
        _change(use.lot_id, held_coins=-use.coins, coins=-coins)
        use.spent_coins = coins
    LotUse.objects.bulk_update(uses, ["spent_coins"])


def give_back(uses: Sequence[LotUse], returned: Sequence[int], *, on: date, refund_days: int) -> None:
    """Put spent coins back where they came from; where that lot ends soon, into one that leaves ``refund_days``."""
    fresh = []
    for use, coins in zip(uses, returned, strict=True):
        if not coins:
            continue
        lot = use.lot
        until = rewards.refunded_until(lot.expires_on, refunded_on=on, refund_days=refund_days)
        fresh.append(NewLot(lot.holder, until, lot.sponsor, lot.unit_cost_fen, coins))
        use.refunded_coins += coins
    add(fresh)
    LotUse.objects.bulk_update(uses, ["refunded_coins"])


def uses_of(reference: str) -> list[LotUse]:
    """Return what ``reference`` took, in the order in which it was taken, locked until the transaction ends."""
    rows = LotUse.objects.select_for_update(of=("self",)).filter(reference=reference).select_related("lot")
    return list(rows.order_by("lot__expires_on", "lot_id"))


def _parts(lots: Sequence[Lot], coins: int) -> list[Part]:
    given = rewards.in_turn([lot.coins - lot.held_coins for lot in lots], coins)
    return [
        Part(lot.pk, lot.sponsor, lot.unit_cost_fen, lot.expires_on, part)
        for lot, part in zip(lots, given, strict=True)
        if part
    ]


def _change(lot: int, **by: int) -> None:
    """Add to the columns of a lot; the database keeps them from going below what is set aside."""
    if Lot.objects.filter(pk=lot).update(**{name: F(name) + change for name, change in by.items()}) != 1:
        raise LotsDiffer(f"lot {lot} is not there")
