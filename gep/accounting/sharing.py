"""Statistics of a county shared out to its parcels: what a unit weighs, and each county's total split to the fen.

gep.md 5.1. A product goes to the land that yields it, by area or by what a layer says of the land; what no parcel has a
weight for stays unallocated and is told by county.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.inputs import CountyStatistics, Parcels
from gep.allocation import allocate_many

IN_YUAN = "yuan"


@dataclass(frozen=True)
class WeightRule:
    """What a unit weighs for a product: its area, or the sum of ``layer`` over it, where it is of one of ``classes``.

    ``land_use`` names survey codes instead, for products whose land no class tells apart; () leaves either open.
    """

    classes: tuple[str, ...] = ()
    land_use: tuple[str, ...] = ()
    layer: str = ""

    @property
    def term(self) -> str:
        """The cell term that the rule needs, "" where the area alone counts."""
        return f"weight.{self.layer}" if self.layer else ""

    def weigh(self, units: Units, parcels: Parcels) -> NDArray[np.float64]:
        """Return the weight of each unit, not negative."""
        chosen = np.ones(len(units), dtype=bool)
        if self.classes:
            chosen &= np.isin(units.code, [int(code) for code in self.classes])
        if self.land_use:
            known = np.zeros(len(parcels), dtype=bool)
            if parcels.land_use is not None:
                known = np.isin(parcels.land_use, self.land_use)
            chosen &= known[units.parcel]
        amount = units.sums[self.term] if self.layer else units.area_m2
        return np.where(chosen, np.maximum(amount, 0.0), 0.0)


@dataclass(frozen=True)
class Product:
    """A product of statistics: its indicator, the unit of its quantity, and its rules in order of preference."""

    code: str
    indicator: str
    unit: str
    rules: tuple[WeightRule, ...]

    def rule(self, layers: frozenset[str], *, surveyed: bool) -> WeightRule:
        """Return the first rule whose layer is there, and whose land use is known; the last one in any case."""
        for rule in self.rules:
            if (not rule.layer or rule.layer in layers) and (surveyed or not rule.land_use):
                return rule
        return self.rules[-1]


@dataclass(frozen=True)
class SharedOut:
    """What sharing out one indicator finds; arrays have the length of the parcels.

    ``quantity`` by product in its unit, NaN where the statistic states a value alone; ``value_fen`` over all products;
    ``unallocated_fen`` by county, over all products.
    """

    quantity: Mapping[str, NDArray[np.float64]]
    value_fen: NDArray[np.int64]
    unallocated_fen: Mapping[str, int]
    product_fen: Mapping[str, Mapping[str, int]]  # by product and county, as stated
    stated: frozenset[str]  # the counties that state any of the products


def cell_terms(rules: Sequence[WeightRule], pieces: Pieces) -> dict[str, NDArray[np.float64]]:
    """Return the layers that rules weigh by."""
    return {rule.term: pieces[rule.layer] for rule in rules if rule.layer}


def share_out(
    products: Sequence[Product],
    statistics: CountyStatistics,
    *,
    weights: Mapping[str, NDArray[np.float64]],
    county: NDArray[np.str_],
    codes: NDArray[np.str_],
) -> SharedOut:
    """Share out the products of one indicator. A county without parcels gets nothing and keeps nothing unallocated."""
    counties, place = np.unique(county, return_inverse=True)
    totals = np.zeros((len(products), len(counties)), dtype=np.int64)
    quantities = np.full((len(products), len(counties)), np.nan)
    for i, product in enumerate(products):
        for name, row in statistics.of(product.code).items():
            at = np.flatnonzero(counties == name)
            totals[i, at] = statistics.value_fen[row] if statistics.has_value[row] else 0
            quantities[i, at] = statistics.quantity[row]
    rows = [weights[product.code] for product in products]
    found = allocate_many(totals, county_of_parcel=place, weights=rows, codes=codes)
    return SharedOut(
        quantity={product.code: _in_proportion(quantities[i], rows[i], place) for i, product in enumerate(products)},
        value_fen=found.parcels_fen.sum(axis=0),
        unallocated_fen={str(name): int(found.unallocated_fen[:, i].sum()) for i, name in enumerate(counties)},
        product_fen={
            product.code: {str(name): int(totals[i, at]) for at, name in enumerate(counties)}
            for i, product in enumerate(products)
        },
        stated=frozenset(county for product in products for county in statistics.of(product.code)),
    )


def in_yuan(value_fen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return values as the quantity of an indicator that has no other."""
    return value_fen / FEN_PER_YUAN


def _in_proportion(
    totals: NDArray[np.float64], weights: NDArray[np.float64], place: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Each county's quantity by weight; a quantity is not money, and keeps its fractions."""
    sums = np.bincount(place, weights=weights, minlength=len(totals))
    with np.errstate(invalid="ignore", divide="ignore"):
        per_weight = np.where(sums > 0, totals / sums, np.nan)
    return np.where(weights > 0, weights * per_weight[place], np.where(np.isnan(totals[place]), np.nan, 0.0))
