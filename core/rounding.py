"""Rounding and sharing out of whole amounts; exact, and the same on every machine."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


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
    exact = [Fraction(weight) for weight in np.asarray(weights).tolist()]
    if total < 0 or any(weight < 0 for weight in exact):
        raise ValueError("total and weights must not be negative")
    whole = sum(exact)
    if not whole:
        if total:
            raise NothingToShareBy(f"{total} cannot be shared out: every weight is zero")
        return np.zeros(len(exact), dtype=np.int64)
    raw = [total * weight / whole for weight in exact]
    parts = [part.numerator // part.denominator for part in raw]
    by_remainder = sorted(range(len(raw)), key=lambda place: (parts[place] - raw[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return np.array(parts, dtype=np.int64)
