"""A county's statistic shared out to its parcels, exact to the fen. gep.md 5.1; largest remainder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.rounding import apportion


@dataclass(frozen=True, slots=True)
class Allocated:
    """Shares in fen, shape (parcels,), and what no parcel had a weight for; together the total."""

    parcels_fen: NDArray[np.int64]
    unallocated_fen: int


def allocate(total_fen: int, *, weights: NDArray[np.float64], codes: Sequence[str]) -> Allocated:
    """Share ``total_fen`` out by non-negative weights, shape (parcels,); ties go to the parcel whose code is first.

    A total that no parcel has a weight for stays unallocated; it is never spread silently.
    """
    order = np.argsort(np.asarray(codes, dtype=str), kind="stable")
    shares = np.zeros(len(order), dtype=np.int64)
    if not np.any(np.asarray(weights) > 0):
        return Allocated(parcels_fen=shares, unallocated_fen=total_fen)
    shares[order] = apportion(total_fen, np.asarray(weights)[order])
    return Allocated(parcels_fen=shares, unallocated_fen=0)
