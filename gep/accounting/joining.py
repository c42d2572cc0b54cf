"""Joins what blocks came to into one account: quantities of the whole, values in whole fen, totals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gep import valuation
from gep.accounting import capacities, class_sums, results, sharing, sureness
from gep.accounting.bindings import INDICATORS
from gep.accounting.blocks import BlockResult
from gep.accounting.capacities import Counted
from gep.accounting.class_sums import ClassAmounts, Place
from gep.accounting.inputs import LEVELS, CountyStatistics
from gep.accounting.parcel_columns import ParcelColumns
from gep.accounting.plan import Plan
from gep.accounting.results import CompiledAccount, IndicatorResult, Stated
from gep.accounting.sharing import IN_YUAN, SharedOut
from gep.accounting.terms import MAIN
from gep.allocation import Calibrated, calibrate
from gep.statistics import Product

OFFICIAL = "official_"  # and the name of an indicator: the item of statistics that states its official value


def join(
    blocks: Sequence[BlockResult], plan: Plan, *, statistics: CountyStatistics, draws: int = 0, seed: int = 0
) -> CompiledAccount:
    """Return the account of ``blocks``, its parcels in their order. The order of blocks changes no figure.

    ``draws`` > 0 adds intervals. Raises TooFewDraws.
    """
    for block in blocks:
        plan.method.taken.update(block.taken)
    parcels = _parcels(blocks)
    modelled = {name: _modelled(name, blocks, parcels, plan, statistics) for name in plan.chosen}
    shared = {name: _shared_out(name, blocks, parcels, plan, statistics) for name in plan.products}
    found = {name: result for name, (result, _) in modelled.items()}
    found |= {name: _of_shared(name, out, plan, parcels) for name, out in shared.items()}
    counted = {name: of for name, (_, of) in modelled.items()}
    amounts = _amounts(blocks, plan, counted, shared, statistics)
    found = {
        name: replace(result, grade=sureness.grade(name, amounts, result.prices, plan.method))
        for name, result in found.items()
    }
    simulation = None
    if draws:
        simulation = sureness.with_unallocated(
            sureness.intervals(amounts, found, blocks, plan.method, draws=draws, seed=seed), _unallocated(shared)
        )
    return CompiledAccount(
        parcels=parcels,
        results=found,
        pending=plan.pending,
        totals=tuple(results.totals(parcels, found)),
        classes=amounts,
        by_class_fen=class_sums.by_class_fen(
            amounts,
            values_fen={name: int(result.value_fen.sum()) for name, result in found.items()},
            prices={name: result.prices for name, result in found.items()},
        ),
        unallocated=_unallocated(shared),
        parcel_grade=sureness.parcel_grades(found, length=len(parcels)),
        method=plan.method,
        simulation=simulation,
        condition=class_sums.condition(blocks, lacking=plan.condition_lacks),
        calibrated=_calibrated(found, parcels, statistics),
        stated={name: _stated(plan.products[name], out, statistics) for name, out in shared.items()},
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
        area_factor=joined("area_factor"),
        inside_share=joined("inside_share"),
    )


def _modelled(
    name: str, blocks: Sequence[BlockResult], parcels: ParcelColumns, plan: Plan, statistics: CountyStatistics
) -> tuple[IndicatorResult, Counted]:
    """An indicator that was calculated unit by unit."""
    indicator = INDICATORS[name]
    variant = indicator.variants[plan.chosen[name]]
    known_share = np.concatenate([block.known_share[name] for block in blocks])
    quantity = {
        part: np.where(known_share > 0, np.concatenate([block.quantity[name][part] for block in blocks]), np.nan)
        for part in indicator.parts
        if part not in variant.lacks
    }
    counted = capacities.count(
        indicator, variant, plan.method, quantity=quantity, parcels=parcels, statistics=statistics
    )
    for part in counted.share:
        share = counted.of_parcels(part, parcels.grouped("county"))
        nothing = (quantity[part] == 0) & (part not in indicator.emissions)  # a land that stores none is known to
        quantity[part] = np.where(nothing, 0.0, quantity[part] * share)
    if indicator.sums:
        quantity[MAIN] = _known_sum([quantity[part] for part in indicator.sums if part in quantity])
    prices = {part: priced for part, priced in indicator.prices(plan.method).items() if part in quantity}
    worth = [
        np.where(np.isnan(quantity[part]), 0.0, quantity[part]) * priced.yuan_per_unit
        for part, priced in prices.items()
    ]
    yuan = sum(worth, np.zeros(len(parcels)))
    asked = [quantity[part] for part in counted.share if part not in counted.figure]
    result = IndicatorResult(
        indicator=name,
        variant=plan.chosen[name],
        unit=indicator.unit,
        quantity=quantity[MAIN],
        value_fen=valuation.value_fen(yuan, yuan_per_unit=1.0),
        coverage_share=known_share * _stated_share(asked),
        parts={f"{part}_{indicator.parts[part]}": own for part, own in quantity.items() if part != MAIN},
        prices=prices,
    )
    return result, counted


def _known_sum(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The sum of what is known of several parts; NaN where nothing is."""
    known = np.sum([~np.isnan(part) for part in parts], axis=0)
    return np.where(known > 0, np.sum([np.where(np.isnan(part), 0.0, part) for part in parts], axis=0), np.nan)


def _stated_share(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64] | float:
    """How many of the parts that rest on a county's statistics are known, as a share."""
    return np.mean([~np.isnan(part) for part in parts], axis=0) if parts else 1.0


def _shared_out(
    name: str, blocks: Sequence[BlockResult], parcels: ParcelColumns, plan: Plan, statistics: CountyStatistics
) -> SharedOut:
    products = plan.products[name]

    def by_rule(by_block: Sequence[Sequence[NDArray[np.float64]]]) -> list[NDArray[np.float64]]:
        return [np.concatenate(of_rule) for of_rule in zip(*by_block, strict=True)]

    return sharing.share_out(
        products,
        statistics,
        weights={product.code: by_rule([block.weights[product.code] for block in blocks]) for product in products},
        unweighed_m2={
            product.code: by_rule([block.unweighed_m2[product.code] for block in blocks]) for product in products
        },
        county=parcels.areas["county"],
        town=parcels.areas["town"],
        codes=parcels.codes,
    )


def _of_shared(name: str, shared: SharedOut, plan: Plan, parcels: ParcelColumns) -> IndicatorResult:
    """An indicator that statistics state; its own quantity is the sum of the products that are in its unit."""
    unit = plan.method.unit(name)
    units = {product.code: product.unit for product in plan.products[name]}
    own = [np.nan_to_num(shared.quantity[code]) for code, of_product in units.items() if of_product == unit]
    quantity = sharing.in_yuan(shared.value_fen) if unit == IN_YUAN else sum(own, np.zeros(len(parcels)))
    counties = parcels.grouped("county")
    is_stated = np.isin(counties.names, list(shared.stated))[counties.place]
    unweighed_m2 = np.max([np.zeros(len(parcels)), *shared.unweighed_m2.values()], axis=0)
    unknown_share = np.minimum(unweighed_m2 / np.maximum(parcels.area_m2, np.finfo(float).tiny), 1.0)
    coverage_share = np.where(is_stated, 1.0 - unknown_share, 0.0)
    return IndicatorResult(
        indicator=name,
        variant="statistics",
        unit=unit,
        quantity=np.where(coverage_share > 0, quantity, np.nan),
        value_fen=shared.value_fen,
        coverage_share=coverage_share,
        parts={f"{code}_{of_product}": shared.quantity[code] for code, of_product in units.items()},
        prices={},
    )


def _amounts(
    blocks: Sequence[BlockResult], plan: Plan, counted: dict[str, Counted], shared: dict[str, SharedOut],
    statistics: CountyStatistics,
) -> ClassAmounts:  # fmt: skip
    amounts = class_sums.add_up(blocks, counted=counted)
    terms = dict(amounts.terms)
    quantity: dict[tuple[str, str], Mapping[Place, float]] = {}
    for name, out in shared.items():
        found = class_sums.shared_amounts(blocks, plan.products[name], out, statistics)
        terms |= found.terms
        quantity |= found.quantity
    return ClassAmounts(terms=terms, area_m2=amounts.area_m2, product_quantity=quantity)


def _stated(products: Sequence[Product], shared: SharedOut, statistics: CountyStatistics) -> dict[str, Stated]:
    """What the counties of the account state of each product."""
    found = {}
    for product in products:
        fen = shared.product_fen[product.code]
        rows = [row for county, row in statistics.of(product.code).items() if county in fen]
        quantity = float(np.sort(statistics.quantity[rows]).sum())
        found[product.code] = Stated(quantity, product.unit, sum(fen.values()))
    return found


def _calibrated(
    found: Mapping[str, IndicatorResult], parcels: ParcelColumns, statistics: CountyStatistics
) -> dict[str, Calibrated]:
    """What parcels would be worth by the official values of their counties, beside the model and never in its place.

    A county whose model has no value of the official one's sign is left as modelled and has no factor.
    """
    calibrated, county = {}, parcels.areas["county"]
    for name, result in found.items():
        official_fen = {
            of: fen
            for of in sorted(statistics.of(f"{OFFICIAL}{name}"))
            if (fen := statistics.fen_of(f"{OFFICIAL}{name}", of)) and int(result.value_fen[county == of].sum()) > 0
        }
        if official_fen:
            calibrated[name] = calibrate(
                result.value_fen, county=county, codes=parcels.codes, official_fen=official_fen
            )
    return calibrated


def _unallocated(shared: dict[str, SharedOut]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, out in shared.items():
        for county, fen in out.unallocated_fen.items():
            if fen:
                found.setdefault(county, {})[name] = fen
    return found
