"""Writes the figures of a joined run: a row for each parcel and the totals, in bulk."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from gep.accounting import CompiledAccount, Total
from gep.models import AccountTotal, ParcelAccount, Run

ROWS_AT_ONCE = 5_000
SHARE_DIGITS = 6
COLUMNS = (
    "run_id", "parcel_id", "county", "ecosystem", "area_m2", "coverage_share", "total_fen", "fen_per_m2", "grade",
    "block", "figures",
)  # fmt: skip


def write(run: Run, ids: NDArray[np.int64], account: CompiledAccount, *, blocks: NDArray[np.int64]) -> None:
    """Write a row for each parcel and every total of an account, in the caller's transaction.

    ``ids`` are the keys of the parcels, ``blocks`` the numbers of the blocks that they stand in.
    """
    rows = _rows(run, ids, account, blocks=blocks)
    _insert(ParcelAccount._meta.db_table, COLUMNS, rows)
    names = ("level", "area", "indicator", "quantity", "unit", "parcels")
    grades = {name: result.grade for name, result in account.results.items()}
    totals = (
        (run.pk, *(getattr(total, name) for name in names), total.value_fen + left(run, total), grades[total.indicator])
        for total in account.totals
    )
    _insert(AccountTotal._meta.db_table, ("run_id", *names, "value_fen", "grade"), totals)


def left(run: Run, total: Total) -> int:
    """Return what of a county's or the region's statistics no parcel had a weight for; it counts in their totals."""
    counties = {"county": [total.area], "region": list(run.unallocated)}.get(total.level, [])
    return sum(run.unallocated.get(county, {}).get(total.indicator, 0) for county in counties)


def _rows(run: Run, ids: NDArray[np.int64], account: CompiledAccount, *, blocks: NDArray[np.int64]) -> Iterator[tuple]:
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
    county, grade = parcels.areas["county"], account.parcel_grade
    own = [ids, county, parcels.ecosystem, parcels.area_m2, known, fen, density, grade, blocks]
    for place, facts in enumerate(zip(*(column.tolist() for column in own), strict=True)):
        quantity = [_or_none(amounts[place]) for amounts in quantities]
        # Statistics may state a value alone, so that a parcel has a value without a quantity.
        missing = [amount is None and not own[place] for amount, own in zip(quantity, values, strict=True)]
        if all(missing):
            continue  # a parcel of which nothing is known has no row: missing is never zero
        figures = {
            "quantity": quantity,
            "value_fen": [None if lacks else value[place] for value, lacks in zip(values, missing, strict=True)],
            "coverage": [None if lacks else own[place] for own, lacks in zip(shares, missing, strict=True)],
        }
        yield (run.pk, *facts, json.dumps(figures, separators=(",", ":")))


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
