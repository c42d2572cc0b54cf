"""Rows of the leg table for single postings: writing a few, finding those of one reference."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection
from django.db.models import OuterRef, Subquery

from bookkeeping import references
from bookkeeping.kinds import Kind
from bookkeeping.models import Account, Leg

# See bookkeeping/sql/postgresql.sql.
_WRITE_ONE = "SELECT bookkeeping_write_leg(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_WRITE_SEVERAL = """
    SELECT bookkeeping_write_legs(%s, %s, %s, %s::smallint[], %s::smallint[], %s::text[], %s::text[],
                                  %s::bigint[], %s::bigint[])
"""
# An unknown code becomes NULL, which the column refuses: resolving and writing are one statement.
_WRITE_SQLITE = """
    INSERT INTO bookkeeping_leg
        (reference, leg, kind, source_id, target_id, quantity, related_id, occurred_at, expires_at)
    SELECT %s, json_extract(v.value, '$[0]'), json_extract(v.value, '$[1]'),
           (SELECT id FROM bookkeeping_account WHERE code = json_extract(v.value, '$[2]')),
           (SELECT id FROM bookkeeping_account WHERE code = json_extract(v.value, '$[3]')),
           json_extract(v.value, '$[4]'), json_extract(v.value, '$[5]'), %s, %s
    FROM json_each(%s) AS v ORDER BY v.key
"""
# Whole holds only: one with a frozen account waits as a whole. A hold that somebody ends at this moment is skipped:
# its row in the unique index decides.
_RELEASE_EXPIRED = """
    INSERT INTO bookkeeping_leg
        (reference, leg, kind, source_id, target_id, quantity, related_id, occurred_at, expires_at)
    SELECT held.reference || %s, held.leg, {kind}, held.source_id, held.target_id, held.quantity, held.id, %s, NULL
    FROM bookkeeping_leg AS held
    JOIN (SELECT due.reference, min(open.expires_at) AS expires_at
          FROM bookkeeping_openhold AS open
          JOIN bookkeeping_leg AS due ON due.id = open.leg_id
          JOIN bookkeeping_account AS source ON source.id = due.source_id
          JOIN bookkeeping_account AS target ON target.id = due.target_id
          WHERE open.expires_at <= %s
          GROUP BY due.reference
          HAVING max(CASE WHEN source.frozen OR target.frozen THEN 1 ELSE 0 END) = 0
          ORDER BY min(open.expires_at), due.reference LIMIT %s) AS hold ON {same}
    WHERE held.kind = {held}
    ORDER BY hold.expires_at, held.id
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NewLeg:
    """A leg about to be written; accounts by code."""

    leg: int
    kind: Kind
    source: str
    target: str
    quantity: int
    related_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredLeg:
    """A leg of the book; accounts by code."""

    id: int
    reference: str
    leg: int
    kind: int
    source: str
    target: str
    quantity: int
    occurred_at: datetime
    related_id: int | None
    expires_at: datetime | None


def insert(
    reference: str, rows: Sequence[NewLeg], *, occurred_at: datetime, expires_at: datetime | None = None
) -> None:
    """Write ``rows`` in one statement; IntegrityError where the database refuses one of them."""
    adapt = connection.ops.adapt_datetimefield_value
    columns = [(row.leg, int(row.kind), row.source, row.target, row.quantity, row.related_id) for row in rows]
    values: list[Any] = [reference, adapt(occurred_at), adapt(expires_at) if expires_at else None]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_SQLITE, [*values, json.dumps(columns)])
    elif len(columns) == 1:
        _execute_prepared(_WRITE_ONE, [*values, *columns[0]])
    else:
        _execute_prepared(_WRITE_SEVERAL, [*values, *(list(column) for column in zip(*columns, strict=True))])


def _execute_prepared(statement: str, values: Sequence[Any]) -> None:
    """Run what PostgreSQL parses and plans once a connection; a cursor of Django sends and plans it anew each time."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=True)


def find(reference: str) -> list[StoredLeg]:
    """Return the legs of ``reference`` in order; none where nothing has this name."""
    code = Account.objects.values("code")
    rows = (
        Leg.objects.named(reference)
        .order_by("leg")
        .values_list("id", "reference", "leg", "kind")
        .annotate(
            source=Subquery(code.filter(id=OuterRef("source_id"))),
            target=Subquery(code.filter(id=OuterRef("target_id"))),
        )
        .values_list(
            "id", "reference", "leg", "kind", "source", "target", "quantity", "occurred_at", "related_id", "expires_at"
        )
    )
    return [StoredLeg(*row) for row in rows]


def same_content(stored: Sequence[StoredLeg], rows: Sequence[NewLeg]) -> bool:
    """Tell whether the legs say the same; times are told by the first and not compared."""
    return [(s.leg, s.kind, s.source, s.target, s.quantity, s.related_id) for s in stored] == [
        (r.leg, int(r.kind), r.source, r.target, r.quantity, r.related_id) for r in rows
    ]


def account_ids(codes: Iterable[str]) -> list[int]:
    """Return the ids of those accounts that exist."""
    return list(Account.objects.filter(code__in=set(codes)).values_list("id", flat=True))


def frozen_flags(codes: Iterable[str]) -> dict[str, bool]:
    """Return whether each account that exists is frozen."""
    return dict(Account.objects.filter(code__in=codes).values_list("code", "frozen"))


def release_expired(*, now: datetime, limit: int, suffix: str) -> int:
    """Release at most ``limit`` holds whose time ran out by ``now``, in one statement; return how many legs were."""
    moment = connection.ops.adapt_datetimefield_value(now)
    same = references.same("held.reference", "hold.reference", vendor=connection.vendor)
    query = _RELEASE_EXPIRED.format(kind=int(Kind.RELEASED), held=int(Kind.HELD), same=same)
    with connection.cursor() as cursor:
        cursor.execute(query, [suffix, moment, moment, limit])
        return cursor.rowcount
