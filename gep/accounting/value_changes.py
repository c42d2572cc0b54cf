"""How much of the change of each indicator between two accounts is method, quantity and price. gep.md 5.3, LMDI.

The old year is recalculated with the new method first; what that changes is the effect of method, and the split of
quantity and price starts from there. docs/methods/change.md.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from core.rounding import half_up
from core.units import FEN_PER_YUAN
from gep.accounting.flows import Flow, Name, flows
from gep.accounting.results import CompiledAccount
from gep.change.decomposition import decompose


@dataclass(frozen=True)
class ValueChange:
    """One indicator, in fen: opening + method + quantity + price + unsplit = closing, exactly.

    ``opening_fen`` is as the opening account was stated. ``unsplit_fen`` is the change of what only one year has, or of
    which a value alone is stated; ``unsplit`` names those parts. ``constant_price_fen`` is the opening year, by the new
    method, at the prices of the closing account; None where a part has no price in it.
    """

    indicator: str
    opening_fen: int
    method_fen: int
    quantity_fen: int
    price_fen: int
    unsplit_fen: int
    closing_fen: int
    constant_price_fen: int | None
    unsplit: tuple[str, ...] = ()

    @property
    def recalculated_fen(self) -> int:
        """The opening year by the new method, at its own prices."""
        return self.opening_fen + self.method_fen


def value_changes(
    opening: CompiledAccount, recalculated: CompiledAccount, closing: CompiledAccount
) -> dict[str, ValueChange]:
    """Return the change of every indicator that any of the accounts has, those of ``closing`` first.

    ``recalculated`` is the opening year by the method of ``closing``; it may be ``opening`` itself.
    """
    before, after = flows(recalculated), flows(closing)
    names = dict.fromkeys([*closing.results, *recalculated.results, *opening.results])
    return {
        name: _change(
            name,
            opening.indicator_fen(name) if name in opening.results else 0,
            {key: flow for key, flow in before.items() if key[0] == name},
            {key: flow for key, flow in after.items() if key[0] == name},
        )
        for name in names
    }


def _change(name: str, opening_fen: int, before: dict[Name, Flow], after: dict[Name, Flow]) -> ValueChange:
    effects, unsplit_fen, unsplit = {"quantity": 0, "price": 0}, 0, []
    for key in dict.fromkeys([*after, *before]):
        one, other = before.get(key), after.get(key)
        if one and other and _measured(one) and _measured(other):
            for effect, fen in _effects(one, other).items():
                effects[effect] += fen
        else:
            unsplit_fen += (other.value_fen if other else 0) - (one.value_fen if one else 0)
            unsplit.append(key[1] or name)
    recalculated_fen = sum(flow.value_fen for flow in before.values())
    return ValueChange(
        indicator=name,
        opening_fen=opening_fen,
        method_fen=recalculated_fen - opening_fen,
        quantity_fen=effects["quantity"],
        price_fen=effects["price"],
        unsplit_fen=unsplit_fen,
        closing_fen=sum(flow.value_fen for flow in after.values()),
        constant_price_fen=_at_closing_prices(before, after),
        unsplit=tuple(unsplit),
    )


def _measured(flow: Flow) -> bool:
    """Whether value and quantity belong together: a value without a quantity has no price."""
    return not math.isnan(flow.yuan_per_unit) or (flow.quantity == 0 and flow.value_fen == 0)


def _factors(flow: Flow) -> tuple[float, float]:
    """Quantity and price, whose product is the value to the fen: what rounding parcels lost, the quantity lost."""
    if not flow.yuan_per_unit > 0:  # NaN is not above 0 either
        return flow.quantity, 0.0
    return flow.value_fen / FEN_PER_YUAN / flow.yuan_per_unit, flow.yuan_per_unit


def _effects(one: Flow, other: Flow) -> dict[str, int]:
    pairs = zip(("quantity", "price"), _factors(one), _factors(other), strict=True)
    split = decompose(
        np.array([one.value_fen]),
        np.array([other.value_fen]),
        factors={effect: (np.array([before]), np.array([after])) for effect, before, after in pairs},
    )
    return {effect: int(fen[0]) for effect, fen in split.effects_fen.items()}


def _at_closing_prices(before: dict[Name, Flow], after: dict[Name, Flow]) -> int | None:
    total = 0
    for key, flow in before.items():
        if flow.quantity == 0 and flow.value_fen == 0:
            continue
        if math.isnan(flow.quantity) or key not in after or math.isnan(after[key].yuan_per_unit):
            return None
        total += half_up(Fraction(flow.quantity) * Fraction(after[key].yuan_per_unit) * FEN_PER_YUAN)
    return total
