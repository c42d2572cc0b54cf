"""Joins what blocks came to into one account: quantities of the whole, values in whole fen, totals."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gep import valuation
from gep.accounting import capacities, results
from gep.accounting.bindings import INDICATORS
from gep.accounting.blocks import AMOUNT_UNIT, BlockResult, TermName
from gep.accounting.capacities import Capped
from gep.accounting.inputs import LEVELS, CountyStatistics
from gep.accounting.plan import Plan
from gep.accounting.results import ClassAmounts, CompiledAccount, IndicatorResult, ParcelColumns
from gep.accounting.terms import MAIN


def join(blocks: Sequence[BlockResult], plan: Plan, *, statistics: CountyStatistics) -> CompiledAccount:
    """Return the account of ``blocks``, its parcels in their order. The order of blocks changes no figure."""
    for block in blocks:
        plan.method.taken.update(block.taken)
    parcels = _parcels(blocks)
    joined = {name: _result(name, blocks, parcels, plan, statistics) for name in plan.chosen}
    found = {name: result for name, (result, _) in joined.items()}
    return CompiledAccount(
        parcels=parcels,
        results=found,
        pending=plan.pending,
        totals=tuple(results.totals(parcels, found)),
        classes=_classes(blocks, {name: capped for name, (_, capped) in joined.items()}),
        method=plan.method,
    )


def _parcels(blocks: Sequence[BlockResult]) -> ParcelColumns:
    def joined(name: str) -> NDArray:
        return np.concatenate([getattr(block, name) for block in blocks])

    return ParcelColumns(
        codes=joined("codes"),
        areas={level: np.concatenate([block.areas[level] for block in blocks]) for level in LEVELS},
        ecosystem=joined("ecosystem"),
        area_m2=joined("area_m2"),
        geometric_area_m2=joined("geometric_area_m2"),
        inside_share=joined("inside_share"),
    )


def _result(
    name: str, blocks: Sequence[BlockResult], parcels: ParcelColumns, plan: Plan, statistics: CountyStatistics
) -> tuple[IndicatorResult, Capped]:
    indicator = INDICATORS[name]
    known_share = np.concatenate([block.known_share[name] for block in blocks])
    quantity = {
        part: np.where(known_share > 0, np.concatenate([block.quantity[name][part] for block in blocks]), np.nan)
        for part in indicator.parts
    }
    county = parcels.areas["county"]
    capped = capacities.cap(
        indicator, plan.method, quantity=quantity, codes=parcels.codes, county=county, statistics=statistics
    )
    for part in indicator.emissions:
        quantity[part] = quantity[part] * capped.of_parcels(part, county)
    if indicator.emissions:
        quantity[MAIN] = sum((quantity[part] for part in indicator.emissions), np.zeros(len(parcels)))
    prices = indicator.prices(plan.method)
    yuan = sum((quantity[part] * priced.yuan_per_unit for part, priced in prices.items()), np.zeros(len(parcels)))
    result = IndicatorResult(
        indicator=name,
        variant=plan.chosen[name],
        unit=indicator.unit,
        quantity=quantity[MAIN],
        value_fen=valuation.value_fen(yuan, yuan_per_unit=1.0),
        coverage_share=known_share,
        parts={f"{part}_{unit}": quantity[part] for part, unit in indicator.parts.items() if part != MAIN},
        prices=prices,
    )
    return result, capped


def _classes(blocks: Sequence[BlockResult], capped: Mapping[str, Capped]) -> ClassAmounts:
    """Add the blocks' whole numbers, then turn the sums into amounts, of capacities as much as counts."""
    sums: dict[TermName, dict[tuple[str, int], int]] = {}
    area: dict[tuple[str, int], int] = {}
    for block in blocks:
        _add(area, block.class_area)
        for name, by_class in block.class_amounts.items():
            _add(sums.setdefault(name, {}), by_class)
    return ClassAmounts(
        terms={
            (indicator, part, figures): {
                place: total * AMOUNT_UNIT * capped[indicator].of_county(part, place[0])
                for place, total in by_class.items()
            }
            for (indicator, part, figures), by_class in sums.items()
        },
        class_area_m2={place: total * AMOUNT_UNIT for place, total in area.items()},
    )


def _add(sums: dict[tuple[str, int], int], more: Mapping[tuple[str, int], int]) -> None:
    for place, amount in more.items():
        sums[place] = sums.get(place, 0) + amount
