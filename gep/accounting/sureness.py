"""How sure an account is: a grade for each figure, and intervals by Monte Carlo over its sums by county and class."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gep.accounting.blocks import BlockResult
from gep.accounting.class_sums import VALUE, ClassAmounts
from gep.accounting.inputs import LAND_COVER, LAND_USE
from gep.accounting.results import IndicatorResult
from gep.accounting.terms import Priced
from gep.methods import Method
from gep.uncertainty import Grade, Interval, PartPrice, Simulation, Spreads, TermTotals, grade_of, simulate

GRADES: tuple[Grade, ...] = ("A", "B", "C")
STATISTIC = "statistic:"


def grade(indicator: str, amounts: ClassAmounts, prices: Mapping[str, Priced], method: Method) -> Grade:
    """Return the grade of an indicator: A counted, B modelled, C where any figure it took is one nobody confirmed."""
    figures = {name for (of, _, names) in amounts.terms if of == indicator for name in names}
    figures |= {name for priced in prices.values() for name in priced.figures}
    tables = {name.split(".")[0] for name in figures if ":" not in name and not name.startswith("prices.")}
    modelled = not all(name.startswith(STATISTIC) for name in figures)
    tables |= {indicator, LAND_COVER, LAND_USE} if modelled else {indicator}
    tags = {row.tag for (table, key), row in method.taken.items() if table in tables or f"{table}.{key}" in figures}
    return grade_of(tags=tags, modelled=modelled)


def parcel_grades(results: Mapping[str, IndicatorResult], *, length: int) -> NDArray[np.str_]:
    """Return the grade of each parcel's total, shape (length,): the mean weighted by the size of values, halves worse.

    "" where nothing has a value.
    """
    size, weighted = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    for result in results.values():
        size += np.abs(result.value_fen)
        weighted += np.abs(result.value_fen) * GRADES.index(result.grade)
    place = (2 * weighted + size) // np.maximum(2 * size, 1)
    return np.where(size > 0, np.array(GRADES)[np.minimum(place, len(GRADES) - 1)], "")


def intervals(
    amounts: ClassAmounts,
    results: Mapping[str, IndicatorResult],
    blocks: Sequence[BlockResult],
    method: Method,
    *,
    draws: int,
    seed: int,
) -> Simulation:
    """Return what ``draws`` draws of every figure come to; the same for a seed, whatever the blocks."""
    spreads = Spreads(region=method.region, year=method.year)
    prices = {
        (name, part): PartPrice(priced.yuan_per_unit, priced.figures)
        for name, result in results.items()
        for part, priced in (result.prices or {VALUE: Priced(1.0, ())}).items()
    }
    simulation = simulate(
        TermTotals.of(amounts.terms),
        prices=prices,
        spreads=spreads,
        seed=seed,
        places=county_places(blocks),
        draws=draws,
    )
    for row in spreads.taken.values():
        method.note("uncertainty", row)
    return simulation


def with_unallocated(simulation: Simulation, unallocated: Mapping[str, Mapping[str, int]]) -> Simulation:
    """Return the intervals of values with what no parcel had a weight for, which is in the totals too."""
    by_indicator: dict[str, int] = {}
    for left in unallocated.values():
        for name, fen in left.items():
            by_indicator[name] = by_indicator.get(name, 0) + fen
    by_county = {county: sum(left.values()) for county, left in unallocated.items()}
    return replace(
        simulation,
        value_fen=_moved(simulation.value_fen, by_indicator),
        county_fen=_moved(simulation.county_fen, by_county),
        total_fen=_by(simulation.total_fen, sum(by_county.values())),
    )


def _moved(intervals: Mapping[str, Interval], fen: Mapping[str, int]) -> dict[str, Interval]:
    return {name: _by(interval, fen.get(name, 0)) for name, interval in intervals.items()}


def _by(interval: Interval, fen: int) -> Interval:
    return replace(interval, low95=interval.low95 + fen, high95=interval.high95 + fen, expected=interval.expected + fen)


def county_places(blocks: Sequence[BlockResult]) -> dict[str, tuple[float, float]]:
    """Return the mean place of each county's parcels, in metres."""
    sums: dict[str, tuple[int, int, int]] = {}
    for block in blocks:
        for county, (count, x, y) in block.places.items():
            known = sums.get(county, (0, 0, 0))
            sums[county] = known[0] + count, known[1] + x, known[2] + y
    return {county: (x / count, y / count) for county, (count, x, y) in sums.items() if count}
