"""The monetary asset account: what an ecosystem is worth by the services expected of it, from opening to closing.

The worth is the net present value of a yearly flow over the life of the asset, the first year's flow undiscounted
(annuity-due): Σ F / (1 + r)^(i - 1), i from 1 to n. gep.md 1.4, T20.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.coefficients import load
from core.units import FEN_PER_YUAN

TABLE = Path(__file__).parents[1] / "coefficients" / "assets.csv"
LARGEST_FEN = 2.0**63


class AssetTooLarge(ValueError):
    """A worth beyond what int64 fen hold."""


class StateMissing(ValueError):
    """Quantity or price is missing for a type that has an area; the text names the type."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How flows are made present: the yearly discount rate as a share, and the years of life."""

    rate: float
    years: int

    @classmethod
    def of(cls, *, region: str, year: int) -> "Terms":
        """Return the terms of the coefficient table. Raises CoefficientMissing."""
        rows, chain, on = load(TABLE), regions.chain(region), date(year, 12, 31)
        return cls(
            rate=float(rows.at("discount_rate", regions=chain, on=on).value),
            years=int(rows.at("life_years", regions=chain, on=on).value),
        )

    def factor(self) -> float:
        """Return the present value of one a year, the first of it at once. ValueError for a rate of -1 or below."""
        if self.rate <= -1 or self.years < 0:
            raise ValueError(f"{self.years} years at {self.rate} have no present value")
        if self.rate == 0:
            return float(self.years)
        return (1 - (1 + self.rate) ** -self.years) / self.rate * (1 + self.rate)


def present_value(yearly: float, *, terms: Terms) -> float:
    """Return the net present value of a constant yearly flow, in the unit of the flow."""
    return yearly * terms.factor()


@dataclass(frozen=True)
class AssetState:
    """Each ecosystem type in one year, shape (types,): area in m², quantity a year per m², yuan per unit."""

    area_m2: NDArray[np.float64]
    quantity_per_m2: NDArray[np.float64]
    yuan_per_unit: NDArray[np.float64]
    terms: Terms


@dataclass(frozen=True)
class AssetAccount:
    """Fen by type, int64: opening + all items = closing, exactly. Losses are negative."""

    types: tuple[str, ...]
    opening_fen: NDArray[np.int64]
    additions_by_conversion_fen: NDArray[np.int64]
    reductions_by_conversion_fen: NDArray[np.int64]
    enhancement_fen: NDArray[np.int64]
    degradation_fen: NDArray[np.int64]
    revaluation_fen: NDArray[np.int64]
    closing_fen: NDArray[np.int64]


def worth(state: AssetState) -> NDArray[np.int64]:
    """Return what each type is worth in one year, whole fen. Raises AssetTooLarge."""
    return _worth(state.area_m2, state.quantity_per_m2, state.yuan_per_unit, state.terms)


def account(opening: AssetState, closing: AssetState, *, types: Sequence[str]) -> AssetAccount:
    """Return the account from one year to another.

    What changes the worth is taken in turn: the area (conversions), the quantity per area (enhancement or degradation),
    then prices and terms (revaluation). New land is converted at the quantity and price that it has at the end; land
    that is gone leaves at those that it had. Raises StateMissing, AssetTooLarge.
    """
    quantity_before = np.where(opening.area_m2 > 0, opening.quantity_per_m2, closing.quantity_per_m2)
    quantity_after = np.where(closing.area_m2 > 0, closing.quantity_per_m2, quantity_before)
    price_before = np.where(opening.area_m2 > 0, opening.yuan_per_unit, closing.yuan_per_unit)
    price_after = np.where(closing.area_m2 > 0, closing.yuan_per_unit, price_before)
    _refuse_missing(types, opening, closing, quantity_before * price_before * quantity_after * price_after)
    steps = [
        _worth(opening.area_m2, quantity_before, price_before, opening.terms),
        _worth(closing.area_m2, quantity_before, price_before, opening.terms),
        _worth(closing.area_m2, quantity_after, price_before, opening.terms),
        _worth(closing.area_m2, quantity_after, price_after, closing.terms),
    ]
    converted, improved, revalued = (later - earlier for earlier, later in zip(steps, steps[1:], strict=False))
    return AssetAccount(
        types=tuple(types),
        opening_fen=steps[0],
        additions_by_conversion_fen=np.maximum(converted, 0),
        reductions_by_conversion_fen=np.minimum(converted, 0),
        enhancement_fen=np.maximum(improved, 0),
        degradation_fen=np.minimum(improved, 0),
        revaluation_fen=revalued,
        closing_fen=steps[-1],
    )


def _worth(
    area_m2: NDArray[np.float64], quantity: NDArray[np.float64], yuan: NDArray[np.float64], terms: Terms
) -> NDArray[np.int64]:
    flow_fen = np.where(area_m2 > 0, area_m2 * np.nan_to_num(quantity) * np.nan_to_num(yuan) * FEN_PER_YUAN, 0.0)
    worth = np.rint(flow_fen * terms.factor())
    if (np.abs(worth) >= LARGEST_FEN).any():
        raise AssetTooLarge("the worth of a type is beyond 2**63 fen")
    return worth.astype(np.int64)


def _refuse_missing(types: Sequence[str], opening: AssetState, closing: AssetState, known: NDArray) -> None:
    there = (opening.area_m2 > 0) | (closing.area_m2 > 0)
    for place in np.flatnonzero(there & np.isnan(known))[:1]:
        raise StateMissing(f"{types[place]}: quantity or price is missing")
