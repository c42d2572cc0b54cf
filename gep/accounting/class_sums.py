"""Sums by county and ecosystem class: of every term, of the value of every indicator, of the area."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.units import FEN_PER_YUAN
from gep.accounting.bindings import INDICATORS
from gep.accounting.blocks import AMOUNT_UNIT, BlockResult, TermName
from gep.accounting.capacities import Counted
from gep.accounting.sharing import SharedOut
from gep.accounting.terms import MAIN, Priced
from gep.allocation import split_signed
from gep.statistics import Product

VALUE = "value"  # the part that a shared-out indicator's money stands under, in yuan
Place = tuple[str, int]  # county and class


@dataclass(frozen=True)
class ClassAmounts:
    """Every term summed by county and class, with the area of each county and class.

    What statistics state is there too: under the part VALUE in yuan, a product of the figure ``statistic:<product>``,
    shared among classes as it is among parcels.
    """

    terms: Mapping[TermName, Mapping[Place, float]]
    area_m2: Mapping[Place, float]

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


def shared_terms(
    blocks: Sequence[BlockResult], products: Sequence[Product], shared: SharedOut
) -> dict[TermName, dict[Place, float]]:
    """Return the money of shared-out products by county and class, in yuan, by the weights that shared it out."""
    terms: dict[TermName, dict[Place, float]] = {}
    for product in products:
        rule, weights = shared.rule[product.code], dict[Place, int]()
        for block in blocks:
            for number, by_place in enumerate(block.class_weights[product.code]):
                _add(weights, {place: own for place, own in by_place.items() if rule[place[0]] == number})
        of_county: dict[str, int] = {}
        for (county, _), weight in weights.items():
            of_county[county] = of_county.get(county, 0) + weight
        terms[product.indicator, VALUE, (f"statistic:{product.code}",)] = {
            (county, code): shared.product_fen[product.code].get(county, 0) / FEN_PER_YUAN * weight / of_county[county]
            for (county, code), weight in weights.items()
        }
    return terms


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
