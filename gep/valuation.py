"""From quantities to money: a dated price with its basis, and the one rounding to whole fen."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.coefficients import Coefficient
from core.units import FEN_PER_YUAN, KG_PER_T

LARGEST_FEN = 2**53  # above it a float64 no longer tells one fen from the next


class PriceBasisMismatch(ValueError):
    """A price that is per something else than the quantity, such as t C for t CO2."""


class ValueTooLarge(ValueError):
    """A single value beyond what can be told to the fen."""


@dataclass(frozen=True, slots=True)
class Price:
    """A price in yuan for one ``per`` ("m3", "t", "t CO2"), of the year in which it was stated."""

    yuan: Decimal
    per: str
    year: int

    @classmethod
    def of(cls, row: Coefficient) -> "Price":
        """Return the price that a row of the price table states."""
        if row.unit != "CNY":
            raise PriceBasisMismatch(f"the price {row.key!r} is in {row.unit}, not in CNY")
        return cls(yuan=row.value, per=row.per, year=row.valid_from.year)

    def for_unit(self, unit: str) -> Decimal:
        """Return the yuan for one ``unit``; PriceBasisMismatch where the price is per something else."""
        if self.per != unit:
            raise PriceBasisMismatch(f"the price is per {self.per!r}, the quantity is in {unit!r}")
        return self.yuan


def tax_yuan_per_t(yuan_per_equivalent: float, *, equivalent_kg: float) -> float:
    """Return what a tonne of a pollutant is taxed, from the tax on one equivalent and the mass of one."""
    return yuan_per_equivalent / equivalent_kg * KG_PER_T


def value_fen(quantity: NDArray[np.float64], *, yuan_per_unit: Decimal | float) -> NDArray[np.int64]:
    """Return the value of each quantity in whole fen, rounded once, half up (ties away from zero).

    A missing quantity (NaN) has the value 0 and must be told apart by its coverage; ValueTooLarge beyond 2**53 fen.
    """
    fen = np.nan_to_num(quantity) * (float(yuan_per_unit) * FEN_PER_YUAN)
    size = np.abs(fen)
    if np.any(size >= LARGEST_FEN):
        raise ValueTooLarge("a single value is beyond 2**53 fen")
    whole = np.floor(size)
    return (np.sign(fen) * (whole + (size - whole >= 0.5))).astype(np.int64)
