"""What an account comes to: a result for each indicator, totals for each area, sums for each ecosystem class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gep.accounting.class_sums import ClassAmounts
from gep.accounting.condition_sums import ConditionSums
from gep.accounting.inputs import LEVELS
from gep.accounting.parcel_columns import ParcelColumns
from gep.accounting.terms import MAIN, Priced
from gep.allocation import Calibrated
from gep.methods import Method
from gep.uncertainty import Grade, Simulation


@dataclass(frozen=True)
class IndicatorResult:
    """One indicator for each parcel, shape (parcels,).

    ``quantity`` in ``unit``, NaN where no part of the parcel is known; ``value_fen`` int64; ``coverage_share`` the
    share of the parcel that is known: with data, or out of the indicator's scope. ``parts`` are further quantities by
    name_unit, ``prices`` what one unit of each priced part is worth.
    """

    indicator: str
    variant: str
    unit: str
    quantity: NDArray[np.float64]
    value_fen: NDArray[np.int64]
    coverage_share: NDArray[np.float64]
    parts: Mapping[str, NDArray[np.float64]]
    prices: Mapping[str, Priced]
    grade: Grade = "C"

    @property
    def yuan_per_unit(self) -> float:
        """The value of one unit of the quantity, over all parts; NaN where there is no quantity."""
        if set(self.prices) == {MAIN}:
            return self.prices[MAIN].yuan_per_unit
        total = float(np.nansum(self.quantity))
        return float(self.value_fen.sum()) / 100 / total if total else float("nan")


@dataclass(frozen=True, slots=True)
class Stated:
    """What counties state of a product together: ``quantity`` in ``unit``, NaN where one states a value alone."""

    quantity: float
    unit: str
    value_fen: int


@dataclass(frozen=True)
class Total:
    """The sum of an indicator over the parcels of one area."""

    level: str
    area: str
    indicator: str
    quantity: float
    unit: str
    value_fen: int
    parcels: int


@dataclass(frozen=True)
class CompiledAccount:
    """What compiling finds."""

    parcels: ParcelColumns
    results: Mapping[str, IndicatorResult]
    pending: Mapping[str, tuple[str, ...]]  # indicators that lack inputs, and which
    totals: tuple[Total, ...]
    classes: ClassAmounts
    by_class_fen: Mapping[str, Mapping[str, int]]  # by class, then indicator; "0" the unknown class
    unallocated: Mapping[str, Mapping[str, int]]  # fen that no parcel had a weight for, by county, then indicator
    parcel_grade: NDArray[np.str_]  # of each parcel's total, "" where it has no value
    method: Method
    simulation: Simulation | None = None  # intervals, where draws were asked for
    condition: ConditionSums = field(default_factory=ConditionSums)
    stated: Mapping[str, Mapping[str, Stated]] = field(default_factory=dict)  # by indicator and product
    calibrated: Mapping[str, Calibrated] = field(default_factory=dict)  # modelled indicators with official values

    @property
    def total_fen(self) -> int:
        """The value over all indicators and parcels, with what is not allocated to any."""
        return sum(self.indicator_fen(name) for name in self.results)

    def indicator_fen(self, indicator: str) -> int:
        """The value of an indicator over all parcels, with what is not allocated to any."""
        left = sum(by_indicator.get(indicator, 0) for by_indicator in self.unallocated.values())
        return int(self.results[indicator].value_fen.sum()) + left


def totals(parcels: ParcelColumns, results: Mapping[str, IndicatorResult]) -> Iterator[Total]:
    """Sum every indicator over the areas of every level; in the order of the parcels' codes, whatever their own."""
    for level in LEVELS:
        areas = parcels.grouped(level)
        order = areas.ordered(parcels.by_code)
        starts, names = areas.starts(order), areas.names
        for indicator, result in results.items():
            quantity = result.quantity[order]
            there = ~np.isnan(quantity)
            sums = np.add.reduceat(np.where(there, quantity, 0.0), starts)
            fen = np.add.reduceat(result.value_fen[order], starts)
            known = np.add.reduceat(there.astype(np.int64), starts)
            for area, some, value, count in zip(
                names.tolist(), sums.tolist(), fen.tolist(), known.tolist(), strict=True
            ):
                yield Total(level, area, indicator, some, result.unit, value, count)
