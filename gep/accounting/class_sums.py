"""Sums by county and ecosystem class: of every term, of the value of every indicator, of the area."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.units import FEN_PER_YUAN
from gep.accounting import condition_sums, townships
from gep.accounting.bindings import INDICATORS
from gep.accounting.blocks import AMOUNT_UNIT, BlockResult, TermName
from gep.accounting.capacities import Counted
from gep.accounting.condition_sums import ConditionSums
from gep.accounting.inputs import CountyStatistics
from gep.accounting.sharing import SharedOut
from gep.accounting.terms import MAIN, Priced
from gep.accounting.townships import Groups
from gep.allocation import split_signed
from gep.statistics import Product

VALUE = "value"  # the part that a shared-out indicator's money stands under, in yuan
Place = tuple[str, int]  # county and class


@dataclass(frozen=True)
class ClassAmounts:
    """Every term summed by county and class, with the area of each county and class.

    What statistics state is there too: under the part VALUE in yuan, a product of the figure ``statistic:<product>``,
    shared among classes as it is among parcels. ``product_quantity`` is what of each product, in its own unit, goes to
    each class; NaN where a county states a value alone.
    """

    terms: Mapping[TermName, Mapping[Place, float]]
    area_m2: Mapping[Place, float]
    product_quantity: Mapping[tuple[str, str], Mapping[Place, float]] = field(default_factory=dict)

    def of_class(self, indicator: str, part: str) -> dict[int, float]:
        """Return the amount of a part in each class, over all counties."""
        found: dict[int, float] = {}
        for (name, of_part, _), by_place in self.terms.items():
            if (name, of_part) == (indicator, part):
                for (_, code), amount in sorted(by_place.items()):
                    found[code] = found.get(code, 0.0) + amount
        return found


def add_up(blocks: Sequence[BlockResult], *, counted: Mapping[str, Counted]) -> ClassAmounts:
    """Add the blocks' whole numbers, then turn the sums into amounts by what each county states."""
    sums: dict[TermName, dict[Place, int]] = {}
    area: dict[Place, int] = {}
    for block in blocks:
        _add(area, block.class_area)
        for name, by_class in block.class_amounts.items():
            _add(sums.setdefault(name, {}), by_class)
    terms: dict[TermName, dict[Place, float]] = {}
    for (indicator, part, figures), by_class in sums.items():
        shown = (part, MAIN) if part in INDICATORS[indicator].sums else (part,)
        for place, total in by_class.items():
            named = counted[indicator].figures(part, place[0], figures)
            amount = total * AMOUNT_UNIT * counted[indicator].of_county(part, place[0])
            for of_part in shown:
                own = terms.setdefault((indicator, of_part, named), {})
                own[place] = own.get(place, 0.0) + amount
    return ClassAmounts(terms=terms, area_m2={place: total * AMOUNT_UNIT for place, total in area.items()})


@dataclass(frozen=True)
class SharedAmounts:
    """What of one indicator's products goes to each county and class: money as terms in yuan, quantity by product."""

    terms: Mapping[TermName, Mapping[Place, float]]
    quantity: Mapping[tuple[str, str], Mapping[Place, float]]


def shared_amounts(
    blocks: Sequence[BlockResult], products: Sequence[Product], shared: SharedOut, statistics: CountyStatistics
) -> SharedAmounts:
    """Return what shared-out products come to by county and class, by the weights that shared them out."""
    terms: dict[TermName, dict[Place, float]] = {}
    quantity: dict[tuple[str, str], dict[Place, float]] = {}
    for product in products:
        share = _class_shares(blocks, product, shared)
        rows = statistics.of(product.code)
        terms[product.indicator, VALUE, (f"statistic:{product.code}",)] = {
            place: shared.product_fen[product.code].get(place[0], 0) / FEN_PER_YUAN * one
            for place, one in share.items()
        }
        quantity[product.indicator, product.code] = {
            place: float(statistics.quantity[rows[place[0]]]) * one for place, one in share.items() if place[0] in rows
        }
    return SharedAmounts(terms, quantity)


def _class_shares(blocks: Sequence[BlockResult], product: Product, shared: SharedOut) -> dict[Place, float]:
    """The share of its county's total that each class gets, by the groups of parcels that it was shared out among."""
    rule, weights = shared.rule[product.code], dict[Place, int]()
    groups = shared.groups.get(product.code)
    of_block = groups.group_of if groups else {}
    for block in blocks:
        for number, by_place in enumerate(block.class_weights[product.code]):
            for (name, code), own in by_place.items():
                place = of_block.get(name, name), code
                if rule[place[0]] == number:
                    weights[place] = weights.get(place, 0) + own
    of_group: dict[str, int] = {}
    for (group, _), weight in weights.items():
        of_group[group] = of_group.get(group, 0) + weight
    part = _parts(groups, shared.product_fen[product.code])
    share: dict[Place, float] = {}
    for (group, code), weight in weights.items():
        place = townships.county_of(group), code
        share[place] = share.get(place, 0.0) + part.get(group, 1.0) * weight / of_group[group]
    return share


def _parts(groups: Groups | None, county_fen: Mapping[str, int]) -> dict[str, float]:
    """The part of its county's total that each township gets."""
    if groups is None:
        return {}
    return {
        name: fen / county_fen[townships.county_of(name)]
        for name, fen in zip(groups.names, groups.fen.tolist(), strict=True)
        if name != townships.county_of(name)
    }


def condition(blocks: Sequence[BlockResult], *, lacking: tuple[str, ...]) -> ConditionSums:
    """Return what the condition account rests on, over all blocks."""
    if lacking:
        return ConditionSums(lacking)
    sums: dict[str, dict[Place, int]] = {}
    for block in blocks:
        for name, by_place in block.condition.items():
            _add(sums.setdefault(name, {}), by_place)
    amounts = {
        name: {place: total * AMOUNT_UNIT for place, total in sums.get(name, {}).items()}
        for name in ("", *condition_sums.VARIABLES)
    }
    known_m2 = amounts.pop("")
    return ConditionSums((), amounts, known_m2, condition_sums.best_of([block.condition_best for block in blocks]))


def by_class_fen(
    amounts: ClassAmounts, *, values_fen: Mapping[str, int], prices: Mapping[str, Mapping[str, Priced]]
) -> dict[str, dict[str, int]]:
    """Split the value of each indicator among the classes; the parts add up to it exactly, negative ones kept."""
    found: dict[str, dict[str, int]] = {}
    for indicator, total_fen in values_fen.items():
        yuan: dict[int, float] = {}
        for part, priced in (prices[indicator] or {VALUE: Priced(1.0, ())}).items():
            for code, amount in amounts.of_class(indicator, part).items():
                yuan[code] = yuan.get(code, 0.0) + amount * priced.yuan_per_unit
        codes = sorted(yuan)
        if not any(yuan.values()):
            continue
        parts = split_signed(total_fen, np.array([yuan[code] * FEN_PER_YUAN for code in codes]))
        for code, fen in zip(codes, parts.tolist(), strict=True):
            found.setdefault(str(code), {})[indicator] = fen
    return found


def _add(sums: dict[Place, int], more: Mapping[Place, int]) -> None:
    for place, amount in more.items():
        sums[place] = sums.get(place, 0) + amount
