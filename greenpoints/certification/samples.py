"""Which events of a batch are audited: chosen by a public rule, so that nobody picks them and anybody can check."""

import hashlib
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def size(events: int, *, share: Fraction, least: int) -> int:
    """Return how many of ``events`` are audited: the share, rounded up, but ``least`` of them, or all there are."""
    return min(events, max(least, -int(-events * share // 1)))


def chosen(events: int, *, size: int, seed: str) -> NDArray[np.int64]:
    """Return ``size`` places among ``events`` places from 0, ascending, shape (size,).

    The same seed chooses the same places for good: each place is given a number by splitmix64 from the seed's SHA-256,
    and the smallest numbers are taken. No generator of a library is involved, whose stream a release may change.
    """
    start = np.uint64(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    with np.errstate(over="ignore"):
        number = start + (np.arange(events, dtype=np.uint64) + np.uint64(1)) * _GOLDEN
        number = (number ^ (number >> np.uint64(30))) * _MIX_1
        number = (number ^ (number >> np.uint64(27))) * _MIX_2
        number = number ^ (number >> np.uint64(31))
    return np.sort(np.argsort(number, kind="stable")[:size]).astype(np.int64)
