"""Writes the figures of a joined run: a row for each parcel and the totals, in bulk."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from gep.accounting import CompiledAccount
from gep.models import AccountTotal, ParcelAccount, Run

ROWS_AT_ONCE = 5_000
SHARE_DIGITS = 6
COLUMNS = (
    "run_id", "parcel_id", "county", "ecosystem", "area_m2", "coverage_share", "total_fen", "fen_per_m2", "grade",
    "block", "figures",
)  # fmt: skip


def write(run: Run, ids: NDArray[np.int64], account: CompiledAccount, *, block_parcels: int) -> None:
    """Write a row for each parcel and every total of an account, in the caller's transaction."""
    rows = _rows(run, ids, account, block_parcels=block_parcels)
    _insert(ParcelAccount._meta.db_table, COLUMNS, rows)
    names = ("level", "area", "indicator", "quantity", "unit", "value_fen", "parcels")
    totals = ((run.pk, *(getattr(total, name) for name in names), "") for total in account.totals)
    _insert(AccountTotal._meta.db_table, ("run_id", *names, "grade"), totals)


def erase(run: Run) -> None:
    """Take away the rows of a run whose join did not end."""
    ParcelAccount.objects.filter(run=run).delete()
    AccountTotal.objects.filter(run=run).delete()


def _rows(run: Run, ids: NDArray[np.int64], account: CompiledAccount, *, block_parcels: int) -> Iterator[tuple]:
    results, parcels = account.results.values(), account.parcels
    fen = np.zeros(len(parcels), dtype=np.int64)
    known = np.ones(len(parcels))
    for result in results:
        fen += result.value_fen
        known = np.minimum(known, result.coverage_share)
    density = np.divide(fen, parcels.area_m2, out=np.zeros(len(parcels)), where=parcels.area_m2 > 0)
    quantities = [result.quantity.tolist() for result in results]
    values = [result.value_fen.tolist() for result in results]
    shares = [np.round(result.coverage_share, SHARE_DIGITS).tolist() for result in results]
    columns = (ids.tolist(), parcels.areas["county"].tolist(), parcels.ecosystem.tolist(),
               parcels.area_m2.tolist(), known.tolist(), fen.tolist(), density.tolist())  # fmt: skip
    for place, (key, county, ecosystem, area_m2, share, total_fen, fen_per_m2) in enumerate(zip(*columns, strict=True)):
        quantity = [_or_none(amounts[place]) for amounts in quantities]
        missing = [amount is None for amount in quantity]
        if all(missing):
            continue  # a parcel of which nothing is known has no row: missing is never zero
        figures = {
            "quantity": quantity,
            "value_fen": [None if lacks else value[place] for value, lacks in zip(values, missing, strict=True)],
            "coverage": [None if lacks else own[place] for own, lacks in zip(shares, missing, strict=True)],
        }
        yield (run.pk, key, county, ecosystem, area_m2, share, total_fen, fen_per_m2, "", place // block_parcels,
               json.dumps(figures, separators=(",", ":")))  # fmt: skip


def _insert(table: str, columns: Sequence[str], rows: Iterator[tuple]) -> None:
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - names of ours


def _or_none(amount: float) -> Any:
    return None if math.isnan(amount) else amount
