"""Columns of the leg table: writing many rows in one statement, reading those of many references."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from bookkeeping import packing
from bookkeeping import references as reference_keys
from bookkeeping.batches import Batch
from bookkeeping.kinds import Kind
from bookkeeping.limits import Ints

_COPY = f"COPY bookkeeping_leg ({', '.join(packing.COLUMNS)}) FROM STDIN (FORMAT BINARY)"

# One statement that fires all triggers costs a fifth of as many statements that fire them once each,
# so SQLite takes the rows through a table of the connection's own.
_COLUMNS = ", ".join(packing.COLUMNS)
_STAGING = f"CREATE TEMP TABLE IF NOT EXISTS bookkeeping_staging ({_COLUMNS})"
_STAGE = "INSERT INTO bookkeeping_staging VALUES (%s, %s, %s, %s, %s, %s, %s)"
_INSERT = f"INSERT INTO bookkeeping_leg ({_COLUMNS}) SELECT {_COLUMNS} FROM bookkeeping_staging ORDER BY rowid"  # noqa: S608
_EMPTY = "DELETE FROM bookkeeping_staging"
# One number an account, in the order asked for, all in one text: no Python object per column. It holds the id and,
# in the last two bits, whether the account is frozen and whether it has a limit; 0 where there is no account.
_ACCOUNT = """
    coalesce(account.id * 4 + CASE WHEN account.frozen THEN 2 ELSE 0 END
             + CASE WHEN account.floor IS NULL AND account.ceiling IS NULL THEN 0 ELSE 1 END, 0)
"""
_TAKEN = "SELECT 1 FROM bookkeeping_leg WHERE {same} AND leg = 0"
_ACCOUNTS = {
    "postgresql": f"""
        SELECT json_agg({_ACCOUNT} ORDER BY wanted.place)::text, {{taken}}
        FROM json_array_elements_text(%s::json) WITH ORDINALITY AS wanted (code, place)
        LEFT JOIN bookkeeping_account AS account ON account.code = wanted.code
    """,  # noqa: S608 - the only text put in is our own
    "sqlite": f"""
        SELECT json_group_array(number), {{taken}} FROM (
            SELECT {_ACCOUNT} AS number FROM json_each(%s) AS wanted
            LEFT JOIN bookkeeping_account AS account ON account.code = wanted.value ORDER BY wanted.key)
    """,  # noqa: S608
}
# One parameter of JSON: a list of ten thousand texts takes psycopg longer to quote than the server to find.
_STORED = {
    # Side by side, so that each reference goes through the index, even while the table has grown past its statistics.
    "postgresql": f"""
        SELECT wanted.reference, found.kind, found.source_id, found.target_id, found.quantity
        FROM (SELECT DISTINCT json_array_elements_text(%s::json) AS reference) AS wanted
        CROSS JOIN LATERAL (
            SELECT leg, kind, source_id, target_id, quantity FROM bookkeeping_leg
            WHERE {reference_keys.same("bookkeeping_leg.reference", "wanted.reference", vendor="postgresql")} OFFSET 0
        ) AS found
        ORDER BY wanted.reference, found.leg
    """,  # noqa: S608 - the only text put in is our own
    "sqlite": """
        SELECT reference, kind, source_id, target_id, quantity FROM bookkeeping_leg
        WHERE reference IN (SELECT value FROM json_each(%s)) ORDER BY reference, leg
    """,
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a batch, shape (m,): ids (0 where there is none), and what their terms say."""

    ids: Ints
    frozen: NDArray[np.bool_]
    limited: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """What the book knew of a batch before it was written."""

    accounts: Accounts
    taken: bool


def look_up(codes: Sequence[str], *, references: Sequence[str]) -> Found:
    """Return the accounts of ``codes``, and whether one of a few ``references`` is taken, in one statement."""
    same = reference_keys.same("bookkeeping_leg.reference", "%s", vendor=connection.vendor)
    taken = " OR ".join(f"EXISTS ({_TAKEN.format(same=same)})" for _ in references) or "false"
    names = [name for name in references for _ in range(same.count("%s"))]
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS[connection.vendor].format(taken=taken), [*names, json.dumps(list(codes))])
        found, is_taken = cursor.fetchone()
    numbers = np.array(json.loads(found or "[]"), dtype=np.int64)
    return Found(
        accounts=Accounts(ids=numbers >> 2, frozen=(numbers & 2) != 0, limited=(numbers & 1) != 0),
        taken=bool(is_taken),
    )


def write(batch: Batch, accounts: Accounts, *, chosen: NDArray[np.bool_]) -> None:
    """Write the chosen legs (mask, shape (n,)) as posted, in one statement; IntegrityError where one is refused."""
    columns = {
        "source_id": accounts.ids[batch.legs.source[chosen]],
        "target_id": accounts.ids[batch.legs.target[chosen]],
        "quantity": batch.legs.quantity[chosen],
        "leg": batch.leg[chosen],
    }
    references, occurred_us = batch.references[chosen].tolist(), batch.occurred_us[chosen]
    if connection.vendor == "postgresql":
        packed = packing.pack_legs(**columns, occurred_us=occurred_us, kind=int(Kind.POSTED), references=references)
        with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write(packed)
        return
    lists = [columns[name].tolist() for name in ("source_id", "target_id", "quantity")]
    rows = zip(
        *lists,
        _sqlite_times(occurred_us),
        columns["leg"].tolist(),
        [int(Kind.POSTED)] * len(references),
        references,
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_STAGING)
        cursor.executemany(_STAGE, list(rows))
        try:
            cursor.execute(_INSERT)
        finally:
            cursor.execute(_EMPTY)


def stored(references: Sequence[str]) -> dict[str, list[tuple[int, int, int, int]]]:
    """Return kind, source, target and quantity of each leg that stands under ``references``, in one statement."""
    if not len(references):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_STORED[connection.vendor], [json.dumps(list(references))])
        rows = cursor.fetchall()
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for reference, *leg in rows:
        found.setdefault(reference, []).append(tuple(leg))
    return found


def _sqlite_times(occurred_us: Ints) -> list[str]:
    """Return the instants as Django writes them on SQLite, each distinct one made once."""
    distinct, where = np.unique(occurred_us, return_inverse=True)
    texts = np.array([str(moment) for moment in distinct.astype("datetime64[us]").tolist()], dtype=object)
    return texts[where].tolist()
