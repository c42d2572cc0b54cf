"""The accounts of SEEA EA that an account can fill: extent, condition, assets. What they lack is told, not guessed.

Method: docs/methods/seea.md and change.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.coefficients import CoefficientMissing
from gep import ecosystems
from gep.accounting import CompiledAccount, condition_sums, flows
from gep.accounting.condition_sums import VARIABLES, ConditionSums
from gep.accounting.flows import ClassFlow, Name
from gep.accounting.land_changes import OUTSIDE
from gep.accounting.terms import MAIN
from gep.change.areas import whole_mm2
from gep.change.extent import UNKNOWN
from gep.outputs import words
from gep.outputs.statement import Statement
from gep.outputs.sums import IN_YUAN, UNALLOCATED
from gep.seea import assets, condition, supply_use
from gep.seea.assets import AssetAccount, AssetState, Terms
from gep.seea.condition import ConditionAccount, State
from gep.seea.supply_use import SupplyUse

NO_PLACE = -1  # the class of what no parcel had a weight for
ROUNDING = 1e-9


@dataclass(frozen=True)
class ExtentRow:
    """One type in mm². ``reappraisal`` is what the closing survey measures otherwise on the same ground."""

    type: str
    opening_mm2: int | None
    additions_mm2: int | None
    reductions_mm2: int | None
    reappraisal_mm2: int | None
    closing_mm2: int


def extent(statement: Statement) -> list[ExtentRow]:
    """Return the extent by class: opening + additions - reductions + reappraisal = closing; closing alone of one year.

    The type OUTSIDE, land that one of the years does not cover, closes with what the closing account does not hold.
    """
    closing = {
        UNKNOWN if code == ecosystems.NO_CLASS else str(code): int(whole_mm2(np.array([area]))[0])
        for code, area in flows.class_area_m2(statement.account).items()
    }
    if statement.opening is None:
        return [ExtentRow(code, None, None, None, None, closing[code]) for code in _ordered(set(closing))]
    found, rows = statement.opening.extent, []
    places = {code: place for place, code in enumerate(found.types)}
    for code in _ordered({*closing, *places}):
        sides = (found.opening_mm2, found.additions_mm2, found.reductions_mm2, found.closing_mm2)
        before, more, less, after = (int(side[places[code]]) if code in places else 0 for side in sides)
        stated = after if code in (OUTSIDE, UNKNOWN) else closing.get(code, 0)
        rows.append(ExtentRow(code, before, more, less, stated - after, stated))
    return rows


def _ordered(codes: set[str]) -> list[str]:
    """In the order of the classification, then land outside, then what is of no known type."""
    order = [kind.code for kind in ecosystems.CLASSES] + [OUTSIDE, UNKNOWN]
    return [code for code in order if code in codes]


def physical(statement: Statement) -> SupplyUse:
    """Return the physical tables in thousandths of each service's unit, products told apart.

    What no class had a weight for stands under its own type. A product of which a value alone is stated is left out.
    """
    account = statement.account
    by_service = {service: quantity for service, quantity in _quantities(account).items() if quantity}
    types = [str(code) for code in sorted({code for each in by_service.values() for code in each} - {NO_PLACE})]
    if any(NO_PLACE in each for each in by_service.values()):
        types.append(UNALLOCATED)
    places = [NO_PLACE if code == UNALLOCATED else int(code) for code in types]
    supply = {
        service: supply_use.whole(np.array([quantity.get(code, 0.0) for code in places])).tolist()
        for service, quantity in by_service.items()
    }
    return supply_use.tabulate(supply, types=types)


def service_unit(account: CompiledAccount, service: str) -> str:
    """Return the unit of a service of the physical tables."""
    name, _, product = service.partition(".")
    return account.stated[name][product].unit if product else account.results[name].unit


def _quantities(account: CompiledAccount) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for name in words.in_order(account.results):
        result = account.results[name]
        if name in account.stated:
            found |= {f"{name}.{product}": _of_product(account, name, product) for product in account.stated[name]}
        elif result.unit != IN_YUAN:
            found[name] = account.classes.of_class(name, MAIN)
    return found


def _of_product(account: CompiledAccount, name: str, product: str) -> dict[int, float]:
    stated = account.stated[name][product]
    if np.isnan(stated.quantity):
        return {}
    found = flows.over_counties(account.classes.product_quantity.get((name, product), {}))
    left = stated.quantity - sum(found.values())
    return found | ({NO_PLACE: left} if left > ROUNDING * abs(stated.quantity) else {})


def condition_lacks(statement: Statement) -> tuple[str, ...]:
    """Return the layers for want of which there is no condition account."""
    return statement.account.condition.lacking


def condition_account(statement: Statement) -> ConditionAccount | None:
    """Return the quality index by class for both years (the opening NaN without it); None where layers are missing.

    The best of a class is taken over both years, so that one yardstick measures both.
    """
    after = statement.account
    if after.condition.lacking:
        return None
    before = statement.opening.recalculated if statement.opening else None
    best = condition_sums.best_of([after.condition.best, *([before.condition.best] if before else [])])
    types = [code for code in _ordered(set(map(str, flows.class_area_m2(after)))) if code not in (OUTSIDE, UNKNOWN)]
    nothing = State(np.array([], dtype=str), np.zeros(0), np.zeros(0))
    opening = _state(before, best) if before and not before.condition.lacking else nothing
    return condition.account(opening, _state(after, best), types=types)


def _state(account: CompiledAccount, best: Mapping[str, Mapping[int, float]]) -> State:
    """Each class twice: the area whose index is known, and the rest."""
    types, areas, index = [], [], []
    known = flows.over_counties(account.condition.known_m2)
    for code, area_m2 in flows.class_area_m2(account).items():
        known_m2 = min(known.get(code, 0.0), area_m2)
        types += [str(code)] * 2
        areas += [known_m2, area_m2 - known_m2]
        index += [_index(account.condition, code, known_m2, best), np.nan]
    return State(np.array(types, dtype=str), np.array(areas), np.array(index))


def _index(sums: ConditionSums, code: int, known_m2: float, best: Mapping[str, Mapping[int, float]]) -> float:
    """The index of a class from the means of its variables: it is linear in each, none being above its best."""
    if known_m2 <= 0:
        return float("nan")
    shares = [
        condition.relative_density(
            np.array([flows.over_counties(sums.weighted[name]).get(code, 0.0) / known_m2]),
            reference=best[name].get(code, 0.0),
        )
        for name in VARIABLES
    ]
    return float(condition.quality_index(leaf_area=shares[0], vegetation_cover=shares[1], production=shares[2])[0])


def asset_account(statement: Statement) -> AssetAccount | None:
    """Return the net present value of the exchange values by class; without an opening year all but closing is 0.

    The opening year is taken by the method of this account. None where no discount rate is stated for one of the years.
    Raises AssetTooLarge.
    """
    try:
        return _asset_account(statement)
    except CoefficientMissing:
        return None


def _asset_account(statement: Statement) -> AssetAccount:
    after = statement.account
    before = statement.opening.recalculated if statement.opening else None
    classes = sorted({*flows.class_area_m2(after), *(flows.class_area_m2(before) if before else {})})
    later = _exchange(flows.by_class(after))
    earlier = _exchange(flows.by_class(before)) if before else {}
    found = _nothing(classes)
    for name in dict.fromkeys([*later, *earlier]):
        closing = _asset_state(after, later.get(name), classes)
        opening = _asset_state(before, earlier.get(name), classes) if before else None
        one = assets.account(opening, closing, types=found.types) if opening else _closing_alone(closing, found.types)
        found = _added(found, one)
    return found


def _exchange(by_name: Mapping[Name, ClassFlow]) -> dict[Name, ClassFlow]:
    return {name: flow for name, flow in by_name.items() if supply_use.is_exchange_value(name[0])}


def _asset_state(account: CompiledAccount, flow: ClassFlow | None, classes: list[int]) -> AssetState:
    area = flows.class_area_m2(account)
    area_m2 = np.array([area.get(code, 0.0) for code in classes])
    quantity, yuan = np.zeros(len(classes)), np.zeros(len(classes))
    if flow:
        quantity = np.array([flow.quantity.get(code, 0.0) for code in classes])
        yuan = np.array([flow.yuan_per_unit.get(code, 0.0) for code in classes])
    per_m2 = np.divide(quantity, area_m2, out=np.zeros(len(classes)), where=area_m2 > 0)
    return AssetState(area_m2, per_m2, yuan, Terms.of(region=account.method.region, year=account.method.year))


ASSET_FIELDS = (
    "opening_fen", "additions_by_conversion_fen", "reductions_by_conversion_fen", "enhancement_fen", "degradation_fen",
    "revaluation_fen", "closing_fen",
)  # fmt: skip


def _nothing(classes: list[int]) -> AssetAccount:
    zero = np.zeros(len(classes), dtype=np.int64)
    return AssetAccount(tuple(map(str, classes)), **dict.fromkeys(ASSET_FIELDS, zero))


def _closing_alone(closing: AssetState, types: tuple[str, ...]) -> AssetAccount:
    zero: NDArray[np.int64] = np.zeros(len(types), dtype=np.int64)
    return AssetAccount(types, **{**dict.fromkeys(ASSET_FIELDS, zero), "closing_fen": assets.worth(closing)})


def _added(one: AssetAccount, other: AssetAccount) -> AssetAccount:
    return AssetAccount(one.types, **{name: getattr(one, name) + getattr(other, name) for name in ASSET_FIELDS})
