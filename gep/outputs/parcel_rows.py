"""The parcels of an account as rows of a table, some at a time; behind them what no parcel had a weight for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.accounting import CompiledAccount
from gep.coverage import ParcelOutlines
from gep.outputs.statement import Statement
from gep.outputs.sums import IN_YUAN, UNALLOCATED

ROWS_AT_ONCE = 32_768


@dataclass(frozen=True)
class Rows:
    """Columns of one length, and the outline of each row in the statement's CRS, missing where it has none."""

    columns: dict[str, NDArray]
    outlines: ParcelOutlines


def batches(statement: Statement, *, at_once: int = ROWS_AT_ONCE) -> Iterator[Rows]:
    """Give every parcel in the account's order, about ``at_once`` rows at a time, then the pseudo-parcels.

    A pseudo-parcel ``unallocated-<county>`` has no outline and no area; it holds what the statistics of the county
    could share out to no parcel, so that every column of fen adds up to its total.
    """
    first, waiting = 0, []
    for number in range(statement.parcels.blocks):
        waiting.append(statement.outlines(number))
        count = sum(len(outlines) for outlines in waiting)
        if count >= at_once or number == statement.parcels.blocks - 1:
            yield Rows(columns(statement.account, slice(first, first + count)), ParcelOutlines.joined(waiting))
            first, waiting = first + count, []
    left = pseudo_parcels(statement.account)
    if len(left["parcel_id"]):
        yield Rows(left, ParcelOutlines.of(np.full(len(left["parcel_id"]), None, dtype=object)))


def columns(account: CompiledAccount, some: slice | NDArray[np.int64]) -> dict[str, NDArray]:
    """Return the columns of some parcels; fen are int64, a missing quantity is NaN."""
    found: dict[str, Any] = {
        "parcel_id": account.parcels.codes[some],
        "county": account.parcels.areas["county"][some],
        "ecosystem": account.parcels.ecosystem[some],
        "area_m2": account.parcels.area_m2[some],
        "coverage_share": account.parcels.inside_share[some],
    }
    total_fen = np.zeros(len(found["parcel_id"]), dtype=np.int64)
    for name, result in account.results.items():
        found[f"{name}_{result.unit}"] = result.quantity[some]
        found |= {f"{name}_{part}": quantity[some] for part, quantity in result.parts.items()}
        found[f"{name}_fen"] = result.value_fen[some]
        if name in account.calibrated:
            found[f"{name}_calibrated_fen"] = account.calibrated[name].parcels_fen[some]
        found[f"{name}_coverage_share"] = result.coverage_share[some]
        total_fen += result.value_fen[some]
    return {**found, "total_fen": total_fen, "grade": account.parcel_grade[some]}


def pseudo_parcels(account: CompiledAccount) -> dict[str, NDArray]:
    """Return the same columns for ``unallocated-<county>``; quantities are NaN, save those that are yuan."""
    counties = sorted(county for county, fen in account.unallocated.items() if any(fen.values()))
    nothing = np.full(len(counties), np.nan)
    found: dict[str, Any] = {
        "parcel_id": np.array([f"{UNALLOCATED}-{county}" for county in counties], dtype=str),
        "county": np.array(counties, dtype=str),
        "ecosystem": np.full(len(counties), "", dtype=str),
        "area_m2": np.zeros(len(counties)),
        "coverage_share": nothing,
    }
    total_fen = np.zeros(len(counties), dtype=np.int64)
    for name, result in account.results.items():
        fen = np.array([account.unallocated[county].get(name, 0) for county in counties], dtype=np.int64)
        found[f"{name}_{result.unit}"] = fen / FEN_PER_YUAN if result.unit == IN_YUAN else nothing
        found |= {f"{name}_{part}": nothing for part in result.parts}
        found[f"{name}_fen"] = fen
        if name in account.calibrated:
            found[f"{name}_calibrated_fen"] = fen
        found[f"{name}_coverage_share"] = nothing
        total_fen += fen
    return {**found, "total_fen": total_fen, "grade": np.full(len(counties), "", dtype=str)}
