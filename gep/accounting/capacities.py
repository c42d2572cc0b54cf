"""The capacity rule: what land could take out of air or water counts up to what the county emits. gep.md 3.7."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.accounting.inputs import CountyStatistics
from gep.accounting.terms import Indicator, Variant
from gep.methods import Method

ACTUAL = "actual_if_below"


@dataclass(frozen=True)
class Capped:
    """The share of its capacity that counts in each county, by part; NaN where the county's emission is not stated.

    ``parts`` are the capacities that add up to the indicator's own quantity, capped or not.
    """

    share: Mapping[str, Mapping[str, float]]
    parts: tuple[str, ...] = ()

    def of_parcels(self, part: str, county: NDArray[np.str_]) -> NDArray[np.float64]:
        """Return the share for each parcel, 1 where the part is not capped."""
        if part not in self.share:
            return np.ones(len(county))
        names, place = np.unique(county, return_inverse=True)
        return np.array([self.share[part].get(str(name), np.nan) for name in names])[place]

    def of_county(self, part: str, county: str) -> float:
        """Return the share for a county, 0 where its emission is not stated."""
        share = self.share.get(part, {}).get(county, 1.0)
        return 0.0 if np.isnan(share) else share


def cap(
    indicator: Indicator,
    method: Method,
    *,
    quantity: Mapping[str, NDArray[np.float64]],
    codes: NDArray[np.str_],
    county: NDArray[np.str_],
    statistics: CountyStatistics,
) -> Capped:
    """Return how much of each capacity counts; capacities are summed in the order of the parcels' codes."""
    if not indicator.emissions or method.switch("capacity_rule") != ACTUAL:
        return Capped({}, tuple(indicator.emissions))
    names, place = np.unique(county, return_inverse=True)
    order = np.lexsort((codes, place))
    starts = np.searchsorted(place[order], np.arange(len(names)))
    share: dict[str, dict[str, float]] = {}
    for part, statistic in indicator.emissions.items():
        stated = statistics.of(statistic)
        capacity = np.add.reduceat(np.nan_to_num(quantity[part][order]), starts)
        share[part] = {
            str(name): _share(capacity[i], statistics.quantity[stated[str(name)]]) if str(name) in stated else np.nan
            for i, name in enumerate(names)
        }
    return Capped(share, tuple(indicator.emissions))


def _share(capacity: float, emission: float) -> float:
    return min(1.0, float(emission) / float(capacity)) if capacity > 0 else 1.0


def store(
    variant: Variant,
    method: Method,
    *,
    quantity: Mapping[str, NDArray[np.float64]],
    codes: NDArray[np.str_],
    county: NDArray[np.str_],
    statistics: CountyStatistics,
) -> Capped:
    """Return what a unit of weight stores in each county, by part; NaN where the county states nothing."""
    names, place = np.unique(county, return_inverse=True)
    order = np.lexsort((codes, place))
    starts = np.searchsorted(place[order], np.arange(len(names)))
    share: dict[str, dict[str, float]] = {}
    for part, stored in variant.stores(method).items():
        stated = statistics.of(stored.statistic)
        weight = np.add.reduceat(np.nan_to_num(quantity[part][order]), starts)
        share[part] = {
            str(name): stored.share * float(statistics.quantity[stated[str(name)]]) / float(weight[i])
            if str(name) in stated and weight[i] > 0
            else np.nan
            for i, name in enumerate(names)
        }
    return Capped(share)
