"""Rounding and sharing out of whole amounts; exact, and the same on every machine."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

LARGEST = 2**63 - 1


class NothingToShareBy(ValueError):
    """A positive total cannot be shared out by weights that are all zero."""


def half_up(value: Decimal | Fraction | int) -> int:
    """Return ``value`` as a whole number, ties away from zero; the one rounding of money."""
    if isinstance(value, Fraction):
        whole, rest = divmod(abs(value.numerator), value.denominator)
        rounded = whole + (2 * rest >= value.denominator)
        return rounded if value >= 0 else -rounded
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percentage_fee(*, price_fen: int, rate: Decimal) -> int:
    """Return ``rate`` (0 to 1) of ``price_fen``, rounded half up to whole fen."""
    return half_up(Fraction(price_fen) * Fraction(rate))


def apportion(total: int, weights: Sequence[int | float] | NDArray) -> NDArray[np.int64]:
    """Share ``total`` out by ``weights`` by the largest remainder; the parts add up to it exactly.

    Shape (n,) in and out. Ties go to the earlier part. Weights are taken at their exact value; NaN, infinite and
    negative ones and a negative total are refused with ValueError, a positive total over all-zero weights with
    NothingToShareBy.
    """
    exact = _whole_weights(np.asarray(weights))
    if total < 0 or (len(exact) and exact.min() < 0):
        raise ValueError("total and weights must not be negative")
    whole = sum(exact.tolist())
    if not whole:
        if total:
            raise NothingToShareBy(f"{total} cannot be shared out: every weight is zero")
        return np.zeros(len(exact), dtype=np.int64)
    if exact.dtype != object and max(total, 1) * whole > LARGEST:
        exact = exact.astype(object)  # Python's whole numbers, which have no end
    products = exact * total
    parts, remainders = products // whole, products % whole
    left = total - sum(parts.tolist())
    parts[np.argsort(-remainders, kind="stable")[:left]] += 1
    return parts.astype(np.int64)


def _whole_weights(weights: NDArray) -> NDArray:
    """Return whole numbers in exactly the given proportions: int64 where they are that already, else Python's."""
    if weights.dtype.kind in "bi":
        return weights.astype(np.int64)
    if weights.dtype.kind != "f":
        fractions = [Fraction(weight) for weight in weights.tolist()]
        scale = lcm(*(fraction.denominator for fraction in fractions))
        return np.array([int(fraction * scale) for fraction in fractions] or [], dtype=object)
    if not np.isfinite(weights).all():
        raise ValueError("weights must be finite numbers")
    mantissas, exponents = np.frexp(weights.astype(np.float64))
    digits = np.ldexp(mantissas, 53).astype(np.int64).astype(object)
    exponents = np.where(mantissas == 0, 0, exponents)
    lowest = exponents[mantissas != 0].min(initial=np.iinfo(np.int32).max)
    shifts = np.where(mantissas == 0, 0, exponents - lowest)
    return digits * np.array([1 << shift for shift in shifts.tolist()], dtype=object)
