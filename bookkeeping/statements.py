"""Statements of one account and trial balances of the whole book, as of a time, by set-based SQL.

Balances as of a time are counted back from what the book holds now: legs stand for good, so that both ways agree,
and a day ago is near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.db import connection
from django.utils.translation import gettext_lazy as _

from bookkeeping.assets import UNITS, Asset
from bookkeeping.kinds import MOVING, Kind
from bookkeeping.refusals import AccountMissing
from core.errors import RuleViolation

CURSOR_SALT = "bookkeeping.statement"
MOST_LINES = 200
_MOVING = ", ".join(str(int(kind)) for kind in MOVING)

_ACCOUNT = """
    SELECT account.id, account.balance + coalesce((
        SELECT sum(slot.balance) FROM bookkeeping_slot AS slot WHERE slot.account_id = account.id), 0)
    FROM bookkeeping_account AS account WHERE account.code = %s
"""
_MOVED_AFTER = """
    SELECT coalesce((SELECT sum(quantity) FROM bookkeeping_leg
                     WHERE target_id = %s AND kind IN ({moving}) AND occurred_at > %s), 0)
         - coalesce((SELECT sum(quantity) FROM bookkeeping_leg
                     WHERE source_id = %s AND kind IN ({moving}) AND occurred_at > %s), 0)
"""
_SIDE = """
    SELECT leg.id, leg.reference, leg.leg, leg.kind, {sign}leg.quantity AS quantity, leg.occurred_at,
           leg.{other}_id AS other_id
    FROM bookkeeping_leg AS leg
    WHERE leg.{side}_id = %s AND leg.kind IN ({moving}) AND leg.id < %s {until}
    ORDER BY leg.id DESC LIMIT %s
"""
_LINES = """
    SELECT line.id, line.reference, line.leg, line.kind, line.quantity, line.occurred_at, other.code
    FROM (SELECT * FROM ({gives}) AS gives UNION ALL SELECT * FROM ({takes}) AS takes) AS line
    JOIN bookkeeping_account AS other ON other.id = line.other_id
    ORDER BY line.id DESC LIMIT %s
"""
_HEADING = {
    "postgresql": "split_part(account.code, '/', 1)",
    "sqlite": "CASE instr(account.code, '/') WHEN 0 THEN account.code"
    " ELSE substr(account.code, 1, instr(account.code, '/') - 1) END",
}
_TRIAL = """
    SELECT {heading} AS heading, count(*), sum(account.balance + coalesce(slots.balance, 0) - coalesce(later.moved, 0)),
           sum(account.held_out + coalesce(slots.held_out, 0))
    FROM bookkeeping_account AS account
    LEFT JOIN (SELECT account_id, sum(balance) AS balance, sum(held_out) AS held_out
               FROM bookkeeping_slot GROUP BY account_id) AS slots ON slots.account_id = account.id
    LEFT JOIN ({later}) AS later ON later.account_id = account.id
    GROUP BY 1 ORDER BY 1
"""
_LATER = """
    SELECT account_id, sum(moved) AS moved FROM (
        SELECT target_id AS account_id, quantity AS moved FROM bookkeeping_leg
        WHERE kind IN ({moving}) AND occurred_at > %s
        UNION ALL
        SELECT source_id, -quantity FROM bookkeeping_leg WHERE kind IN ({moving}) AND occurred_at > %s
    ) AS side GROUP BY account_id
"""
_AFTER_LEG = """
    SELECT account_id, sum(moved) AS moved FROM (
        SELECT target_id AS account_id, quantity AS moved FROM bookkeeping_leg WHERE kind IN ({moving}) AND id > %s
        UNION ALL
        SELECT source_id, -quantity FROM bookkeeping_leg WHERE kind IN ({moving}) AND id > %s
    ) AS side GROUP BY account_id
"""
_NEVER = "SELECT 0 AS account_id, 0 AS moved"
_PAST_EVERY_ID = 2**63 - 1


class CursorRefused(RuleViolation):
    """The cursor was not made by this site for this account."""

    code = "cursor_refused"
    message = _("翻页标记无效。")
    status = 422


@dataclass(frozen=True, slots=True)
class Line:
    """One movement; ``quantity`` is negative where the account gave, ``balance`` is what it held afterwards."""

    reference: str
    leg: int
    kind: str
    quantity: int
    balance: int
    occurred_at: datetime
    counterpart: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Movements, newest first; ``balance`` is what the account held after the first; ``next`` begins the next page."""

    code: str
    balance: int
    lines: list[Line]
    next: str | None


@dataclass(frozen=True, slots=True)
class TrialLine:
    """All accounts under one heading of the chart, such as ``coin:resident``, in ``unit``."""

    heading: str
    unit: str
    accounts: int
    balance: int
    held: int


def statement(code: str, *, until: datetime | None = None, limit: int = 50, after: str | None = None) -> Statement:
    """Return at most ``limit`` (1 to 200) movements of the account that occurred by ``until``, newest posting first.

    ``after`` is the ``next`` of the page before. Raises AccountMissing, CursorRefused.
    """
    if not 1 <= limit <= MOST_LINES:
        raise ValueError(f"a page has 1 to {MOST_LINES} lines, not {limit}")
    account_id, balance, before = _start(code, until=until, after=after)
    rows = _rows(account_id, before=before, until=until, limit=limit + 1)
    lines, running = [], balance
    for row in rows[:limit]:
        lines.append(_line(row, balance=running))
        running -= row[4]
    more = len(rows) > limit
    moment = until.isoformat() if until else ""
    cursor = signing.dumps([code, moment, rows[limit - 1][0], running], salt=CURSOR_SALT) if more else None
    return Statement(code=code, balance=balance, lines=lines, next=cursor)


def trial_balance(*, at: datetime | None = None) -> list[TrialLine]:
    """Return one line per heading of the chart, balances as of ``at`` (or now); per asset they add up to zero.

    What is held aside is always that of now.
    """
    moment = connection.ops.adapt_datetimefield_value(at) if at else None
    return _trial(_LATER if at else _NEVER, [moment, moment] if at else [])


def trial_balance_of(last_leg_id: int) -> list[TrialLine]:
    """Return one line per heading as of the log that ends with this leg: what a signed head speaks of.

    What is held aside is always that of now.
    """
    return _trial(_AFTER_LEG, [last_leg_id, last_leg_id])


def _trial(later: str, values: list[Any]) -> list[TrialLine]:
    query = _TRIAL.format(heading=_HEADING[connection.vendor], later=later.format(moving=_MOVING))
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows = cursor.fetchall()
    return [
        TrialLine(heading, UNITS[Asset[heading.partition(":")[0].upper()]], int(accounts), int(balance), int(held))
        for heading, accounts, balance, held in rows
    ]


def _start(code: str, *, until: datetime | None, after: str | None) -> tuple[int, int, int]:
    """Return the account's id, what it held at the top of the page, and the leg id that the page stays below."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [code])
        found = cursor.fetchone()
        if found is None:
            raise AccountMissing(account=code)
        account_id, balance = int(found[0]), int(found[1])
        if after is not None:
            before, balance = _read_cursor(after, code=code, until=until)
            return account_id, balance, before
        if until is not None:
            moment = connection.ops.adapt_datetimefield_value(until)
            cursor.execute(_MOVED_AFTER.format(moving=_MOVING), [account_id, moment, account_id, moment])
            balance -= int(cursor.fetchone()[0])
    return account_id, balance, _PAST_EVERY_ID


def _read_cursor(after: str, *, code: str, until: datetime | None) -> tuple[int, int]:
    try:
        of_code, of_until, before, balance = signing.loads(after, salt=CURSOR_SALT)
    except (signing.BadSignature, ValueError):
        raise CursorRefused(account=code) from None
    if of_code != code or of_until != (until.isoformat() if until else ""):
        raise CursorRefused(account=code)
    return before, balance


def _rows(account_id: int, *, before: int, until: datetime | None, limit: int) -> Sequence[tuple[Any, ...]]:
    text = "AND leg.occurred_at <= %s" if until else ""
    gives = _SIDE.format(sign="-", side="source", other="target", moving=_MOVING, until=text)
    takes = _SIDE.format(sign="", side="target", other="source", moving=_MOVING, until=text)
    moment = [connection.ops.adapt_datetimefield_value(until)] if until else []
    with connection.cursor() as cursor:
        one_side = [account_id, before, *moment, limit]
        cursor.execute(_LINES.format(gives=gives, takes=takes), [*one_side, *one_side, limit])
        return cursor.fetchall()


def _line(row: tuple[Any, ...], *, balance: int) -> Line:
    _id, reference, leg, kind, quantity, occurred_at, counterpart = row
    if occurred_at.tzinfo is None:  # SQLite keeps no zone; Django writes UTC
        occurred_at = occurred_at.replace(tzinfo=UTC)
    return Line(reference, leg, Kind(kind).name.lower(), quantity, balance, occurred_at, counterpart)
