"""Statistics of a county shared out to its parcels: what a unit weighs, and each county's total split to the fen.

gep.md 5.1. A product goes to the land that yields it, by area or by what a layer says of the land; what no parcel has a
weight for stays unallocated and is told by county.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.rounding import apportion
from core.units import FEN_PER_YUAN
from gep.accounting import townships
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.grouping import AreaGroups
from gep.accounting.inputs import CountyStatistics, Parcels
from gep.accounting.townships import Groups
from gep.allocation import allocate_many
from gep.method_profiles import switches
from gep.methods import Method
from gep.statistics import Product, WeightRule, valued
from gep.statistics.basis import GROSS, RATIOS
from gep.statistics.external import InflowRefused

IN_YUAN = "yuan"
NEGLIGIBLE = 1e-9  # share of a unit that sums of floats may lose


def usable(product: Product, layers: frozenset[str]) -> tuple[WeightRule, ...]:
    """Return the rules whose layer is there, in order of preference."""
    return tuple(rule for rule in product.rules if not rule.layer or rule.layer in layers)


def weigh(rule: WeightRule, units: Units, parcels: Parcels) -> NDArray[np.float64]:
    """Return what each unit weighs, not negative: its area, times the mean of the rule's layer where it names one.

    The survey's codes tell the land where parcels carry them and the rule names any; the classes where not. A unit that
    the layer says nothing of weighs 0, and ``unweighed_m2`` tells.
    """
    chosen = _chosen(rule, units, parcels)
    if not rule.layer:
        return np.where(chosen, units.area_m2, 0.0)
    sums, valid_m2 = units.sums[term(rule)], units.valid_m2[term(rule)]
    mean = np.divide(sums, valid_m2, out=np.zeros(len(units)), where=valid_m2 > 0)
    return np.where(chosen, units.area_m2 * np.maximum(mean, 0.0), 0.0)


def unweighed_m2(rule: WeightRule, units: Units, parcels: Parcels) -> NDArray[np.float64]:
    """Return the area of each unit whose weight is not known: of the rule's land, and without a value of its layer."""
    if not rule.layer:
        return np.zeros(len(units))
    unknown_m2 = np.maximum(units.area_m2 - units.valid_m2[term(rule)], 0.0)
    some = unknown_m2 > units.area_m2 * NEGLIGIBLE
    return np.where(_chosen(rule, units, parcels) & some, unknown_m2, 0.0)


def _chosen(rule: WeightRule, units: Units, parcels: Parcels) -> NDArray[np.bool_]:
    """Whether each unit is of the land that the rule names."""
    chosen = np.isin(units.code, [int(code) for code in rule.classes])
    if rule.land_use and parcels.land_use is not None:
        surveyed, named = parcels.land_use != "", np.isin(parcels.land_use, rule.land_use)
        chosen = np.where(surveyed[units.parcel], named[units.parcel], chosen)
    return chosen


def term(rule: WeightRule) -> str:
    """Return the name of the cell term that a rule with a layer needs."""
    return f"weight.{rule.layer}"


@dataclass(frozen=True)
class SharedOut:
    """What sharing out one indicator finds; arrays have the length of the parcels.

    ``quantity`` by product in its unit, NaN where the statistic states a value alone and where the land's weight is not
    known, of which ``unweighed_m2`` is the area; ``value_fen`` over all products;
    ``unallocated_fen`` by county, over all products.
    """

    quantity: Mapping[str, NDArray[np.float64]]
    value_fen: NDArray[np.int64]
    unallocated_fen: Mapping[str, int]
    product_fen: Mapping[str, Mapping[str, int]]  # by product and county, as stated
    rule: Mapping[str, Mapping[str, int]]  # by product and county (or group of it), the number of the rule it went by
    stated: frozenset[str]  # the counties that state any of the products
    unweighed_m2: Mapping[str, NDArray[np.float64]]  # by product, 0 in counties that do not state it
    groups: Mapping[str, Groups]  # of the products that counties state by township


def cell_terms(rules: Iterable[WeightRule], pieces: Pieces) -> dict[str, NDArray[np.float64]]:
    """Return the layers that rules weigh by."""
    return {term(rule): pieces[rule.layer] for rule in rules if rule.layer}


def by_basis(statistics: CountyStatistics, method: Method, *, catalogue: Mapping[str, Product]) -> CountyStatistics:
    """Return the statistics with each value by the basis that the method asks for.

    What is stated of an indicator without a ratio for that basis is left out; ``ratio_lacking`` names the figure.
    """
    value_fen, kept = statistics.value_fen.copy(), np.ones(len(statistics.product), dtype=bool)
    for indicator in sorted({catalogue[code].indicator for code in statistics.products}):
        members = [code for code in statistics.products if catalogue[code].indicator == indicator]
        rows = np.flatnonzero(np.isin(statistics.product, members) & statistics.has_value)
        if not len(rows) or not _ratio_wanted(method, indicator):
            continue
        if ratio_lacking(method, indicator):
            kept[rows] = False
        else:
            share = method.coefficient(RATIOS, _ratio_wanted(method, indicator))
            value_fen[rows] = valued(value_fen[rows], ratio=share.value)
    return replace(statistics, value_fen=value_fen)[kept]


def ratio_lacking(method: Method, indicator: str) -> str:
    """Return the figure that says what share of an indicator's gross output counts, where nobody stated it; else ""."""
    key = _ratio_wanted(method, indicator)
    return "" if not key or method.states(RATIOS, key) else f"{RATIOS}.{key}"


def _ratio_wanted(method: Method, indicator: str) -> str:
    """The key of the ratio that an indicator's products are valued by, "" where gross output itself counts."""
    basis = method.switch("valuation_basis")
    touched = basis != GROSS and indicator in switches()["valuation_basis"].indicators
    return f"{basis}.{indicator}" if touched else ""


def net_of_external(
    statistics: CountyStatistics, method: Method, *, catalogue: Mapping[str, Product]
) -> CountyStatistics:
    """Return the statistics less what counties state to have come from outside, where the method takes it off.

    It is taken off the values of the same indicator and county, shared among its products by their values. Raises
    InflowRefused where more came from outside than there is.
    """
    outside = [code for code in sorted(statistics.products) if catalogue[code].role == "external"]
    if not outside or not method.switch("subtract_external"):
        return statistics
    value_fen = statistics.value_fen.copy()
    indicator = np.array([catalogue[code].indicator for code in statistics.product.tolist()])
    external = np.isin(statistics.product, outside)
    for row in np.flatnonzero(external & (statistics.value_fen > 0)).tolist():
        own = (indicator == indicator[row]) & (statistics.county == statistics.county[row])
        rows = np.flatnonzero(own & ~external & statistics.has_value)
        inflow, gross = int(statistics.value_fen[row]), int(value_fen[rows].sum())
        if inflow > gross:
            raise InflowRefused(
                f"{indicator[row]} in {statistics.county[row]}: {inflow} fen from outside, {gross} fen in all"
            )
        value_fen[rows] -= apportion(inflow, value_fen[rows])
    return replace(statistics, value_fen=value_fen)


def share_out(
    products: Sequence[Product],
    statistics: CountyStatistics,
    *,
    weights: Mapping[str, Sequence[NDArray[np.float64]]],
    unweighed_m2: Mapping[str, Sequence[NDArray[np.float64]]],
    county: NDArray[np.str_],
    town: NDArray[np.str_],
    codes: NDArray[np.str_],
) -> SharedOut:
    """Share out the products of one indicator.

    ``weights`` and ``unweighed_m2`` hold for each product one array a rule, in order of preference; a county goes by
    the first under which any of its parcels weighs. A county without parcels gets nothing and keeps nothing
    unallocated. What a county states by township goes to the parcels of each, by the rule that weighs there. Raises
    TownshipsRefused.
    """
    areas = AreaGroups.of(county)
    counties, place = areas.names, areas.place
    names = tuple(str(name) for name in counties)
    whole = {
        p.code: Groups(names, place, np.array([statistics.fen_of(p.code, name) for name in names], dtype=np.int64), {})
        for p in products
    }
    plain = {p.code: choose(weights[p.code], place, len(names)).weights for p in products}
    by_township = townships.split(products, statistics, weights=plain, county=county, town=town)
    groups = whole | by_township
    chosen = {code: choose(weights[code], own.place, len(own.names)) for code, own in groups.items()}
    fen, unallocated_fen = _allocated(groups, chosen, names, codes=codes)
    unweighed, quantity = {}, {}
    for product in products:
        own, by_rule = groups[product.code], chosen[product.code]
        states = np.isin(counties, list(statistics.of(product.code)))[place]
        unknown_m2 = _of_rules(unweighed_m2[product.code], by_rule.rule, own.place)
        unweighed[product.code] = np.where(states, unknown_m2, 0.0)
        amounts = _in_proportion(_quantities(product, own, statistics), by_rule.weights, own.place)
        unknown = (unweighed[product.code] > 0) & (by_rule.weights == 0)
        quantity[product.code] = np.where(unknown, np.nan, amounts)
    return SharedOut(
        quantity=quantity,
        value_fen=fen,
        unallocated_fen=unallocated_fen,
        product_fen={code: dict(zip(names, own.fen.tolist(), strict=True)) for code, own in whole.items()},
        rule={code: dict(zip(own.names, chosen[code].rule.tolist(), strict=True)) for code, own in groups.items()},
        stated=frozenset(name for product in products for name in statistics.of(product.code)),
        unweighed_m2=unweighed,
        groups=by_township,
    )


def _allocated(
    groups: Mapping[str, Groups], chosen: Mapping[str, "Chosen"], counties: Sequence[str], *, codes: NDArray[np.str_]
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """The fen of each parcel over all products, and of each county what no parcel of its groups has a weight for."""
    fen, left = np.zeros(len(codes), dtype=np.int64), dict.fromkeys(counties, 0)
    alike: dict[tuple[str, ...], list[str]] = {}
    for code, own in groups.items():
        alike.setdefault(own.names, []).append(code)
    for names, members in alike.items():
        found = allocate_many(
            np.array([groups[code].fen for code in members]),
            county_of_parcel=groups[members[0]].place,
            weights=[chosen[code].weights for code in members],
            codes=codes,
        )
        fen += found.parcels_fen.sum(axis=0)
        for name, unallocated in zip(names, found.unallocated_fen.sum(axis=0).tolist(), strict=True):
            left[townships.county_of(name)] += unallocated
    return fen, left


def _quantities(product: Product, own: Groups, statistics: CountyStatistics) -> NDArray[np.float64]:
    """What each group has of a county's quantity: as its value is of the county's."""
    rows, total = statistics.of(product.code), dict[str, int]()
    for name, fen in zip(own.names, own.fen.tolist(), strict=True):
        total[townships.county_of(name)] = total.get(townships.county_of(name), 0) + fen
    quantities = []
    for name, fen in zip(own.names, own.fen.tolist(), strict=True):
        county = townships.county_of(name)
        stated = float(statistics.quantity[rows[county]]) if county in rows else np.nan
        quantities.append(stated * fen / total[county] if name != county and total[county] else stated)
    return np.array(quantities, dtype=np.float64)


@dataclass(frozen=True)
class Chosen:
    """The weights of a product, and the number of the rule that each county goes by."""

    weights: NDArray[np.float64]
    rule: NDArray[np.int64]


def choose(by_rule: Sequence[NDArray[np.float64]], place: NDArray[np.int64], counties: int) -> Chosen:
    """Return for each county the weights of the first rule that weighs anything there; the last one where none does."""
    rule = np.full(counties, len(by_rule) - 1)
    for number in reversed(range(len(by_rule))):
        rule[np.bincount(place, weights=by_rule[number], minlength=counties) > 0] = number
    return Chosen(_of_rules(by_rule, rule, place), rule)


def _of_rules(
    by_rule: Sequence[NDArray[np.float64]], rule: NDArray[np.int64], place: NDArray[np.int64]
) -> NDArray[np.float64]:
    """For each parcel what stands under the rule of its county."""
    found = np.zeros(len(place))
    for number, own in enumerate(by_rule):
        mine = rule[place] == number
        found[mine] = own[mine]
    return found


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
