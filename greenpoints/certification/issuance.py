"""How many units a pool of grams becomes, exactly. Pure whole numbers and fractions.

``units = floor(verified mg x (1 - deduction) / 10^6)``; ``buffer = ceil(units x buffer share)``; the rest is tradable.
What is neither is deducted for good. Source of the form: carbon-inclusion rules of the city, see docs/registry.md.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.rounding import apportion, half_up

MG_PER_KG = 1_000_000
KG_PER_T = 1_000


@dataclass(frozen=True, slots=True)
class Issuance:
    """What a pool becomes. ``units_kg = tradable_kg + buffer_kg``; ``issued_mg + deducted_mg`` is what was verified."""

    units_kg: int
    buffer_kg: int
    issued_mg: int
    deducted_mg: int

    @property
    def tradable_kg(self) -> int:
        """Return the units that the pool may sell."""
        return self.units_kg - self.buffer_kg


def issuance(verified_mg: int, *, deduction: Fraction, buffer: Fraction) -> Issuance:
    """Return what ``verified_mg`` become; ``deduction`` and ``buffer`` are shares from 0 to 1. ValueError otherwise."""
    if verified_mg < 0 or not (0 <= deduction <= 1 and 0 <= buffer <= 1):
        raise ValueError("a pool is not negative, and shares lie between 0 and 1")
    units_kg = int(verified_mg * (1 - deduction) // MG_PER_KG)
    buffer_kg = -int(-units_kg * buffer // 1)
    issued_mg = units_kg * MG_PER_KG
    return Issuance(units_kg, buffer_kg, issued_mg, verified_mg - issued_mg)


def shares(issued_mg: int, *, pooled_mg: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much of the issued grams comes from each contribution, shape (n,); the parts add up exactly."""
    return apportion(issued_mg, pooled_mg)


def value_fen(units_kg: int, *, fen_per_t: int) -> int:
    """Return the price of units, rounded half up to whole fen."""
    return half_up(Fraction(units_kg * fen_per_t, KG_PER_T))


def revenue_shares(price_fen: int, *, fund_share: Fraction) -> tuple[int, int]:
    """Return what the points fund and the operation get of a price; the parts add up, the odd fen goes to the fund."""
    operation_fen = int(price_fen * (1 - fund_share))
    return price_fen - operation_fen, operation_fen
