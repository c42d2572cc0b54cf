"""Places are geohashes of at most six letters (about 1.2 x 0.6 km): are two of them the same or next to each other?"""

from typing import Any

import numpy as np
import pandas as pd
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
    where, distinct = pd.factorize(place)
    west, east, south, north = (bound[where] for bound in _cells(distinct.tolist()))
    along = (west[one] <= east[other] + 1) & (west[other] <= east[one] + 1)
    across = (south[one] <= north[other] + 1) & (south[other] <= north[one] + 1)
    known = (place[one] != "") & (place[other] != "")
    return known & along & across


def _cells(geohashes: list[str]) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the first and last column, the first and last row of each cell, counted in cells of six letters."""
    padded = "".join(text.ljust(LETTERS, _ALPHABET[0]) for text in geohashes).encode("ascii")
    letters = _VALUE[np.frombuffer(padded, np.uint8).reshape(-1, LETTERS)]
    low = (letters << (5 * np.arange(LETTERS - 1, -1, -1))).sum(axis=1)
    free = 5 * (LETTERS - np.array([len(text) for text in geohashes], np.int64))
    high = low + (1 << free) - 1
    # Longitude has the first bit, so of thirty bits the odd places belong to it, the even ones to latitude.
    return _every_second_bit(low, 1), _every_second_bit(high, 1), _every_second_bit(low, 0), _every_second_bit(high, 0)


def _every_second_bit(bits: Ints, lowest: int) -> Ints:
    found = np.zeros_like(bits)
    for n in range(_BITS // 2):
        found |= ((bits >> (2 * n + lowest)) & 1) << n
    return found


_VALUE = np.zeros(128, np.int64)
_VALUE[np.frombuffer(_ALPHABET.encode("ascii"), np.uint8)] = np.arange(len(_ALPHABET))
