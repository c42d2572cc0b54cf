"""Noise abatement 噪声消减 (R12): green belts beside roads, by the barriers that they stand in for."""

import numpy as np
from numpy.typing import NDArray


def value_yuan(belt_m: NDArray, *, barrier_yuan_per_m: NDArray | float) -> NDArray[np.float64]:
    """Return length of belt · what a metre of barrier costs in a year."""
    return belt_m * barrier_yuan_per_m
