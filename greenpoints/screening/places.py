"""Places are geohashes of at most six letters (about 1.2 x 0.6 km): are two of them the same or next to each other?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

LETTERS = 6
_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_BITS = 5 * LETTERS


def near(place: NDArray[Any], one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Tell of each pair of positions in ``place`` whether their cells touch; "" touches nothing.

    Two records of one act need not lie in one cell: a station at its edge is located now on this side, now on that.
    """
    if not len(one):
        return np.zeros(0, bool)
    distinct, where = np.unique(place.astype(str), return_inverse=True)
    west, east, south, north = np.array([_cell(str(text)) for text in distinct], np.int64).T[:, where]
    along = (west[one] <= east[other] + 1) & (west[other] <= east[one] + 1)
    across = (south[one] <= north[other] + 1) & (south[other] <= north[one] + 1)
    known = (place[one] != "") & (place[other] != "")
    return known & along & across


def _cell(geohash: str) -> tuple[int, int, int, int]:
    """Return the first and last column and row of a cell, counted in cells of six letters."""
    bits = 0
    for letter in geohash:
        bits = bits * 32 + _ALPHABET.index(letter)
    free = _BITS - 5 * len(geohash)
    low, high = bits << free, ((bits + 1) << free) - 1
    return _every_second_bit(low, 1), _every_second_bit(high, 1), _every_second_bit(low, 0), _every_second_bit(high, 0)


def _every_second_bit(bits: int, lowest: int) -> int:
    """Longitude has the first bit, so of thirty bits the odd places belong to it, the even ones to latitude."""
    return sum(((bits >> (2 * n + lowest)) & 1) << n for n in range(_BITS // 2))
