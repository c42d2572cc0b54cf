"""Float weights as the exact numbers that they are: their sums by group, and exact remainders where it matters."""

from dataclasses import dataclass
from fractions import Fraction
from math import ldexp

import numpy as np
from numpy.typing import NDArray

HALF_BITS = 27  # 53 bits of a float in two halves, whose sums over up to 2**26 parcels stay exact in a float


@dataclass(frozen=True)
class ExactSums:
    """Sums of the weights of each group as whole numbers of ``2**lowest``, the unit in which every weight is whole."""

    whole: NDArray[np.object_]  # Python integers, shape (groups,)
    lowest: int

    def in_units(self, weight: float) -> int:
        """Return a weight in the same unit."""
        return int(Fraction(weight) / Fraction(2) ** self.lowest)

    def share(self, total: int, group: int) -> tuple[float, float]:
        """Return ``total`` over the group's sum (of weights, not of units) as a float and what that leaves out."""
        whole = self.whole[group]
        nearest = total / whole  # of Python's integers: rounded correctly
        numerator, denominator = nearest.as_integer_ratio()
        beyond = (total * denominator - numerator * whole) / (whole * denominator)
        return ldexp(nearest, -self.lowest), ldexp(beyond, -self.lowest)

    def quotient(self, total: int, weight: float, group: int) -> tuple[int, int]:
        """Return the whole part and the remainder of ``total * weight / sum``; the remainder in units of the sum."""
        return divmod(total * self.in_units(weight), self.whole[group])


def exact_sums(weights: NDArray[np.float64], *, group: NDArray[np.intp], groups: int) -> ExactSums:
    """Return the exact sums of positive weights by group, shapes (n,) and (n,); none is rounded."""
    mantissas, exponents = np.frexp(weights)
    digits = np.ldexp(mantissas, 53).astype(np.int64)
    powers, place = _distinct(exponents)
    key = place * groups + group
    high = np.bincount(key, weights=digits >> HALF_BITS, minlength=len(powers) * groups).astype(np.int64)
    low = np.bincount(key, weights=digits & ((1 << HALF_BITS) - 1), minlength=len(powers) * groups).astype(np.int64)
    whole = np.zeros(groups, dtype=object)
    for row, power in enumerate(powers.tolist()):
        part = slice(row * groups, (row + 1) * groups)
        shift = power - int(powers[0])
        whole += (high[part].astype(object) << (HALF_BITS + shift)) + (low[part].astype(object) << shift)
    return ExactSums(whole=whole, lowest=int(powers[0]) - 53)


def _distinct(exponents: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the exponents that occur, in order, and the place of each in them; by counting, as sorting is slow."""
    lowest = int(exponents.min())
    occurs = np.bincount(exponents - lowest) > 0
    return np.flatnonzero(occurs) + lowest, (np.cumsum(occurs) - 1)[exponents - lowest]
