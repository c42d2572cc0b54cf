"""What counties state of modelled parts: how much of a capacity counts, what is stored, a figure of their own.

The capacity rule: what land could take out of air or water counts up to what the county emits. gep.md 3.7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gep.accounting.grouping import AreaGroups
from gep.accounting.inputs import CountyStatistics
from gep.accounting.parcel_columns import ParcelColumns
from gep.accounting.terms import Indicator, Variant
from gep.methods import Method

ACTUAL = "actual_if_below"
STATISTIC = "statistic:"


@dataclass(frozen=True)
class Counted:
    """What an amount of each part is multiplied by in each county; NaN where the county does not state what it takes.

    ``figure`` names, by part and county, the figure that a multiplier is, where the terms do not name it already.
    """

    share: Mapping[str, Mapping[str, float]]
    figure: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of_parcels(self, part: str, counties: AreaGroups) -> NDArray[np.float64]:
        """Return the multiplier for each parcel, 1 where the part has none."""
        if part not in self.share:
            return np.ones(len(counties.place))
        return np.array([self.share[part].get(str(name), np.nan) for name in counties.names])[counties.place]

    def of_county(self, part: str, county: str) -> float:
        """Return the multiplier for a county, 0 where the county does not state what it takes."""
        share = self.share.get(part, {}).get(county, 1.0)
        return 0.0 if np.isnan(share) else share

    def figures(self, part: str, county: str, named: tuple[str, ...]) -> tuple[str, ...]:
        """Return the figures that an amount of a county is a product of, given those that its term names."""
        figure = self.figure.get(part, {}).get(county, "")
        return (*named, figure) if figure else named


@dataclass(frozen=True)
class _Counties:
    """Parcels in the order of their counties and codes, so that sums do not depend on their own."""

    names: tuple[str, ...]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, parcels: ParcelColumns) -> "_Counties":
        counties = parcels.grouped("county")
        order = counties.ordered(parcels.by_code)
        return cls(tuple(str(name) for name in counties.names), order, counties.starts(order))

    def sums(self, amount: NDArray[np.float64]) -> dict[str, float]:
        """Return the sum of each county; what is missing adds nothing."""
        sums = np.add.reduceat(np.nan_to_num(amount[self.order]), self.starts)
        return dict(zip(self.names, sums.tolist(), strict=True))


def count(
    indicator: Indicator,
    variant: Variant,
    method: Method,
    *,
    quantity: Mapping[str, NDArray[np.float64]],
    parcels: ParcelColumns,
    statistics: CountyStatistics,
) -> Counted:
    """Return what each part is multiplied by in each county. ``quantity`` by part, shapes (parcels,).

    Raises CoefficientMissing where a county states no figure of its own and the method has none either.
    """
    counties = _Counties.of(parcels)
    share = _emitted(indicator, method, quantity, counties, statistics) if indicator.emissions else {}
    share |= _stored(variant, method, quantity, counties, statistics)
    figure: dict[str, dict[str, str]] = {}
    for part, own in variant.by_county.items():
        stated = statistics.of(own.statistic)
        share[part] = {
            name: float(statistics.quantity[stated[name]]) if name in stated else method.figure(own.table, own.key)
            for name in counties.names
        }
        figure[part] = {
            name: f"{STATISTIC}{own.statistic}" if name in stated else f"{own.table}.{own.key}"
            for name in counties.names
        }
    return Counted(share, figure)


def _emitted(
    indicator: Indicator,
    method: Method,
    quantity: Mapping[str, NDArray[np.float64]],
    counties: _Counties,
    statistics: CountyStatistics,
) -> dict[str, dict[str, float]]:
    """The share of its capacity that counts in each county, NaN where the county's emission is not stated."""
    if method.switch("capacity_rule") != ACTUAL:
        return {}
    share = {}
    for part, statistic in indicator.emissions.items():
        stated = statistics.of(statistic)
        share[part] = {
            name: _below(capacity, float(statistics.quantity[stated[name]])) if name in stated else np.nan
            for name, capacity in counties.sums(quantity[part]).items()
        }
    return share


def _below(capacity: float, emission: float) -> float:
    return min(1.0, emission / capacity) if capacity > 0 else 1.0


def _stored(
    variant: Variant,
    method: Method,
    quantity: Mapping[str, NDArray[np.float64]],
    counties: _Counties,
    statistics: CountyStatistics,
) -> dict[str, dict[str, float]]:
    """What a unit of weight stores in each county, NaN where the county states nothing."""
    share = {}
    for part, stored in variant.stores(method).items():
        stated = statistics.of(stored.statistic)
        share[part] = {
            name: stored.share * float(statistics.quantity[stated[name]]) / weight
            if name in stated and weight > 0
            else np.nan
            for name, weight in counties.sums(quantity[part]).items()
        }
    return share
