"""A whole in fen split into parts of which some are negative; the parts add up to it exactly."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from core.rounding import NothingToShareBy


def split_signed(total_fen: int, amounts: Sequence[float | Fraction] | NDArray) -> NDArray[np.int64]:
    """Split ``total_fen`` into whole parts near the signed, unrounded ``amounts`` (fen), shape (n,); sum is exact.

    What the amounts and the total differ by is shared out by the amounts' sizes, so that amounts which nearly cancel
    are not blown up; then the largest remainders, the earlier part first. For amounts without a negative one this is
    the proportional largest-remainder rule. NothingToShareBy where every amount is 0 and the total is not; ValueError
    for NaN or infinite amounts.
    """
    if not np.isfinite(np.asarray([float(amount) for amount in amounts])).all():
        raise ValueError("amounts must be finite numbers")
    exact = [Fraction(amount) for amount in np.asarray(amounts, dtype=object).tolist()]
    size = sum(map(abs, exact))
    if not size:
        if total_fen:
            raise NothingToShareBy(f"{total_fen} fen cannot be split: every part is zero")
        return np.zeros(len(exact), dtype=np.int64)
    drift = (total_fen - sum(exact)) / size
    wanted = [amount + drift * abs(amount) for amount in exact]
    parts = [floor(amount) for amount in wanted]
    largest_first = sorted(range(len(parts)), key=lambda i: (parts[i] - wanted[i], i))
    for i in largest_first[: total_fen - sum(parts)]:
        parts[i] += 1
    return np.array(parts, dtype=np.int64)
