"""How sure an account is: a grade for each figure, and intervals by Monte Carlo over its sums by county and class."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gep.accounting.blocks import BlockResult
from gep.accounting.class_sums import VALUE, ClassAmounts
from gep.accounting.results import IndicatorResult
from gep.accounting.terms import Priced
from gep.methods import Method
from gep.uncertainty import Grade, PartPrice, Simulation, Spreads, TermTotals, grade_of, simulate

GRADES: tuple[Grade, ...] = ("A", "B", "C")
STATISTIC = "statistic:"


def grade(indicator: str, amounts: ClassAmounts, prices: Mapping[str, Priced], method: Method) -> Grade:
    """Return the grade of an indicator: A counted, B modelled, C where any figure it took is one nobody confirmed."""
    figures = {name for (of, _, names) in amounts.terms if of == indicator for name in names}
    figures |= {name for priced in prices.values() for name in priced.figures}
    tables = {name.split(".")[0] for name in figures if ":" not in name and not name.startswith("prices.")}
    tags = {
        row.tag
        for (table, key), row in method.taken.items()
        if table in tables | {indicator} or f"{table}.{key}" in figures
    }
    return grade_of(tags=tags, modelled=not all(name.startswith(STATISTIC) for name in figures))


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
    prices = {
        (name, part): PartPrice(priced.yuan_per_unit, priced.figures)
        for name, result in results.items()
        for part, priced in (result.prices or {VALUE: Priced(1.0, ())}).items()
    }
    return simulate(
        TermTotals.of(amounts.terms),
        prices=prices,
        spreads=Spreads(region=method.region, year=method.year),
        seed=seed,
        places=county_places(blocks),
        draws=draws,
    )


def county_places(blocks: Sequence[BlockResult]) -> dict[str, tuple[float, float]]:
    """Return the mean place of each county's parcels, in metres."""
    sums: dict[str, tuple[int, int, int]] = {}
    for block in blocks:
        for county, (count, x, y) in block.places.items():
            known = sums.get(county, (0, 0, 0))
            sums[county] = known[0] + count, known[1] + x, known[2] + y
    return {county: (x / count, y / count) for county, (count, x, y) in sums.items() if count}
