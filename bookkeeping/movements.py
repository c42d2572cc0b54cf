"""What moved on some accounts within a time: the rows of a personal statement, by one statement of SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from bookkeeping.kinds import MOVING, Kind

_MOVING = ", ".join(str(int(kind)) for kind in MOVING)
_ACCOUNTS = """
    SELECT account.code, account.id, account.balance + coalesce((
        SELECT sum(slot.balance) FROM bookkeeping_slot AS slot WHERE slot.account_id = account.id), 0)
    FROM bookkeeping_account AS account WHERE account.code IN ({codes})
"""
_SIDES = """
    SELECT leg.id, {own}, {sign}leg.quantity, leg.reference, leg.leg, leg.kind, leg.occurred_at, other.code
    FROM bookkeeping_leg AS leg JOIN bookkeeping_account AS other ON other.id = leg.{other}_id
    WHERE leg.{side}_id IN ({ids}) AND leg.kind IN ({moving}) AND leg.occurred_at >= %s
"""


@dataclass(frozen=True, slots=True)
class Movement:
    """One leg as one of the accounts sees it: ``quantity`` is negative where the account gave."""

    leg_id: int
    account: str
    quantity: int
    reference: str
    leg: int
    kind: str
    occurred_at: datetime
    counterpart: str


@dataclass(frozen=True, slots=True)
class Movements:
    """What accounts held just before ``start``, what moved from then to before ``end``, and what they held then.

    ``opening`` and ``closing`` have every account asked for, 0 where it does not exist; ``closing - opening`` of an
    account is the sum of its rows. ``rows`` stand in the order in which the book wrote them.
    """

    opening: dict[str, int]
    closing: dict[str, int]
    rows: list[Movement]


def between(codes: Sequence[str], *, start: datetime, end: datetime) -> Movements:
    """Return the movements of the accounts that occurred from ``start`` to before ``end``."""
    opening, closing = dict.fromkeys(codes, 0), dict.fromkeys(codes, 0)
    marks = ", ".join(["%s"] * len(opening))
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS.format(codes=marks), list(opening))
        found = cursor.fetchall()
        names = {account_id: code for code, account_id, _balance in found}
        rows = _since(list(names), names=names, start=start) if names else []
    for code, _account_id, balance in found:
        opening[code] = closing[code] = int(balance)
    for row in rows:
        opening[row.account] -= row.quantity
        if row.occurred_at >= end:
            closing[row.account] -= row.quantity
    return Movements(opening, closing, [row for row in rows if row.occurred_at < end])


def _since(ids: list[int], *, names: dict[int, str], start: datetime) -> list[Movement]:
    """Return everything that moved from ``start`` on: balances are counted back from what the book holds now."""
    marks, moment = ", ".join(["%s"] * len(ids)), connection.ops.adapt_datetimefield_value(start)
    gives = _SIDES.format(own="leg.source_id", sign="-", side="source", other="target", ids=marks, moving=_MOVING)
    takes = _SIDES.format(own="leg.target_id", sign="", side="target", other="source", ids=marks, moving=_MOVING)
    with connection.cursor() as cursor:
        cursor.execute(f"{gives} UNION ALL {takes} ORDER BY 1", [*ids, moment, *ids, moment])
        found = cursor.fetchall()
    return [
        Movement(leg_id, names[own], int(quantity), reference, leg, Kind(kind).name.lower(), _aware(at), other)
        for leg_id, own, quantity, reference, leg, kind, at, other in found
    ]


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment  # SQLite keeps no zone; Django writes UTC
