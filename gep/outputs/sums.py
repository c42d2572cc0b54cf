"""Sums of an account's fen by area, with what no parcel had a weight for: whole numbers, the same in any order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.units import FEN_PER_YUAN
from gep.accounting import CompiledAccount

UNALLOCATED = "unallocated"
IN_YUAN = "yuan"


@dataclass(frozen=True)
class AreaSum:
    """What one area comes to: fen and quantity by indicator. A quantity in yuan is the fen, told in yuan."""

    code: str
    parcels: int
    area_m2: float
    fen: Mapping[str, int]
    quantity: Mapping[str, float]

    @property
    def total_fen(self) -> int:
        """The value over all indicators."""
        return sum(self.fen.values())


def by_area(account: CompiledAccount, *, level: str) -> dict[str, AreaSum]:
    """Return the sums of the areas of a level, by code. A county holds what is unallocated in it, a town does not."""
    areas_of = account.parcels.grouped(level)
    names, place = areas_of.names, areas_of.place
    quantities = {(t.area, t.indicator): t.quantity for t in account.totals if t.level == level}
    counts = np.bincount(place, minlength=len(names))
    order = areas_of.ordered(account.parcels.by_code)
    areas = np.add.reduceat(account.parcels.area_m2[order], areas_of.starts(order))
    fen = {name: np.zeros(len(names), dtype=np.int64) for name in account.results}
    for name, result in account.results.items():
        np.add.at(fen[name], place, result.value_fen)
    return {
        str(area): _area_sum(
            account, str(area), level, int(counts[i]), float(areas[i]),
            {name: int(fen[name][i]) for name in fen}, quantities,
        )
        for i, area in enumerate(names)
    }  # fmt: skip


def _area_sum(
    account: CompiledAccount, area: str, level: str, parcels: int, area_m2: float, fen: dict[str, int],
    quantities: Mapping[tuple[str, str], float],
) -> AreaSum:  # fmt: skip
    whole = {name: value + _unallocated_fen(account, name, area, level) for name, value in fen.items()}
    units = {name: result.unit for name, result in account.results.items()}
    quantity = {
        name: value / FEN_PER_YUAN if units[name] == IN_YUAN else quantities[area, name]
        for name, value in whole.items()
    }
    return AreaSum(area, parcels, area_m2, whole, quantity)


def _unallocated_fen(account: CompiledAccount, indicator: str, area: str, level: str) -> int:
    if level not in ("county", "region"):
        return 0
    counties = [area] if level == "county" else list(account.unallocated)
    return sum(account.unallocated.get(county, {}).get(indicator, 0) for county in counties)


def quantity_by_area(account: CompiledAccount, quantity: NDArray[np.float64], *, level: str) -> dict[str, float]:
    """Return the sum of a quantity over the parcels of each area, smallest first; missing counts nothing."""
    areas = account.parcels.grouped(level)
    names, place = areas.names, areas.place
    known = np.nan_to_num(quantity)
    order = np.lexsort((known, place))
    sums = np.add.reduceat(known[order], np.searchsorted(place[order], np.arange(len(names))))
    return dict(zip(names.tolist(), sums.tolist(), strict=True))


def whole(account: CompiledAccount) -> AreaSum:
    """Return the sum over everything."""
    (found,) = by_area(account, level="region").values()
    return found


def unallocated(account: CompiledAccount) -> dict[str, int]:
    """Return the fen of each indicator that no parcel had a weight for."""
    return {name: _unallocated_fen(account, name, "", "region") for name in account.results}


def area_name(code: str) -> str:
    """Return the Chinese name of a region by its code, "" where the code is of no region known here."""
    return regions.table()[code].zh if code in regions.table() else ""
