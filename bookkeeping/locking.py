"""The one place that locks accounts, and the one order: by id. Two writers can wait for each other, never both ways."""

from collections.abc import Sequence

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from bookkeeping.limits import Room

ENOUGH = 2**62  # more room than any batch can use; keeps the arrays in int64

_QUERY = {
    # Striped accounts have no limits, so that nobody needs their balance to stand still.
    "postgresql": """
        SELECT id, floor, ceiling, balance, held_out, held_in FROM bookkeeping_account
        WHERE id = ANY (%s) AND NOT striped ORDER BY id FOR NO KEY UPDATE
    """,
    # Every transaction that reaches this line on SQLite is the only writer already (BEGIN IMMEDIATE).
    "sqlite": """
        SELECT id, floor, ceiling, balance, held_out, held_in FROM bookkeeping_account
        WHERE id IN (SELECT value FROM json_each(%s)) AND NOT striped ORDER BY id
    """,
}


def lock_accounts(ids: Sequence[int]) -> Room:
    """Lock the accounts in id order; return their room, shape (len(ids),), in the order asked for."""
    parameter: list[int] | str = [int(n) for n in ids]
    if connection.vendor == "sqlite":
        parameter = str(parameter)
    with connection.cursor() as cursor:
        cursor.execute(_QUERY[connection.vendor], [parameter])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    return _room([rows.get(int(n)) for n in ids])


def _room(rows: list[tuple | None]) -> Room:
    give, take = _empty(len(rows)), _empty(len(rows))
    bounded_out, bounded_in = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    for n, row in enumerate(rows):
        if row is None:
            continue
        floor, ceiling, balance, held_out, held_in = row
        if floor is not None:
            bounded_out[n], give[n] = True, min(balance - held_out - floor, ENOUGH)
        if ceiling is not None:
            bounded_in[n], take[n] = True, min(ceiling - balance - held_in, ENOUGH)
    return Room(can_give=give, can_take=take, bounded_out=bounded_out, bounded_in=bounded_in)


def _empty(size: int) -> NDArray[np.int64]:
    return np.zeros(size, dtype=np.int64)
