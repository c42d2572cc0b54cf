"""The flows of an account: quantity and value of every priced part and stated product, whole and by class."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.accounting.class_sums import VALUE
from gep.accounting.results import CompiledAccount, IndicatorResult, Stated
from gep.accounting.terms import MAIN
from gep.allocation import split_signed

Name = tuple[str, str]  # indicator, and its priced part or stated product


@dataclass(frozen=True, slots=True)
class Flow:
    """One priced part or stated product over the whole account; ``quantity`` NaN where a value alone is stated.

    ``yuan_per_unit`` is the method's price, or what a stated value comes to for a unit; NaN where there is neither.
    """

    unit: str
    quantity: float
    value_fen: int
    yuan_per_unit: float


@dataclass(frozen=True)
class ClassFlow:
    """A flow by class: its quantity a year, and yuan per unit; what is stated as a value alone is counted in yuan."""

    quantity: Mapping[int, float]
    yuan_per_unit: Mapping[int, float]


def flows(account: CompiledAccount) -> dict[Name, Flow]:
    """Return every flow; those of an indicator add up to its value, what no parcel had a weight for among them."""
    found: dict[Name, Flow] = {}
    for name, result in account.results.items():
        if name in account.stated:
            found |= {
                (name, product): Flow(stated.unit, stated.quantity, stated.value_fen, _stated_price(stated))
                for product, stated in account.stated[name].items()
            }
        else:
            found |= _priced(result)
    return found


def _stated_price(stated: Stated) -> float:
    """NaN where the quantity is missing or zero, for a value without a quantity has no price."""
    return stated.value_fen / FEN_PER_YUAN / stated.quantity if stated.quantity else float("nan")


def _priced(result: IndicatorResult) -> dict[Name, Flow]:
    quantity = {part: float(np.sort(np.nan_to_num(of_part(result, part))).sum()) for part in result.prices}
    fen = [quantity[part] * priced.yuan_per_unit * FEN_PER_YUAN for part, priced in result.prices.items()]
    whole = int(result.value_fen.sum())
    split = split_signed(whole, np.array(fen)).tolist() if any(fen) else [0] * len(fen)
    return {
        (result.indicator, part): Flow(_unit(result, part), quantity[part], value, result.prices[part].yuan_per_unit)
        for part, value in zip(quantity, split, strict=True)
    }


def of_part(result: IndicatorResult, part: str) -> NDArray[np.float64]:
    """Return the quantity of a part, shape (parcels,)."""
    return result.quantity if part == MAIN else result.parts[_column(result, part)]


def _column(result: IndicatorResult, part: str) -> str:
    return next(column for column in result.parts if column.rpartition("_")[0] == part)


def _unit(result: IndicatorResult, part: str) -> str:
    return result.unit if part == MAIN else _column(result, part).rpartition("_")[2]


def by_class(account: CompiledAccount) -> dict[Name, ClassFlow]:
    """Return every flow by class; what no parcel had a weight for is in no class."""
    found: dict[Name, ClassFlow] = {}
    for name, result in account.results.items():
        for part, priced in result.prices.items():
            quantity = account.classes.of_class(name, part)
            found[name, part] = ClassFlow(quantity, dict.fromkeys(quantity, priced.yuan_per_unit))
    for (name, part, figures), amounts in account.classes.terms.items():
        if part == VALUE:
            product = figures[0].partition(":")[2]
            quantity = over_counties(account.classes.product_quantity.get((name, product), {}))
            found[name, product] = _of_values(over_counties(amounts), quantity)
    return found


def over_counties(amounts: Mapping[tuple[str, int], float]) -> dict[int, float]:
    """Return amounts by class, over all counties."""
    found: dict[int, float] = {}
    for (_, code), amount in sorted(amounts.items()):
        found[code] = found.get(code, 0.0) + amount
    return found


def _of_values(yuan: Mapping[int, float], quantity: Mapping[int, float]) -> ClassFlow:
    counted = {code: quantity.get(code, np.nan) for code in yuan}
    if not all(amount > 0 for code, amount in counted.items() if yuan[code]):  # NaN is not above 0 either
        return ClassFlow(yuan, dict.fromkeys(yuan, 1.0))
    prices = {code: yuan[code] / amount if amount > 0 else 0.0 for code, amount in counted.items()}
    return ClassFlow({code: amount if amount > 0 else 0.0 for code, amount in counted.items()}, prices)


def class_area_m2(account: CompiledAccount) -> dict[int, float]:
    """Return the area of each class over all counties, 0 the unknown one."""
    return over_counties(account.classes.area_m2)
