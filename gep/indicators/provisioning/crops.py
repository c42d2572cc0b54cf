"""Crops 农产品 (P1): a county's output of each crop, and the weights by which parcels share in it."""

import numpy as np
from numpy.typing import NDArray

from gep.indicators.provisioning.produce import value_yuan

__all__ = ["growth_weight", "net_area_m2", "value_yuan"]


def net_area_m2(area_m2: NDArray, *, ridge_share: NDArray | float) -> NDArray[np.float64]:
    """Return the area that bears crops: the parcel's less its ridges 田坎, whose share the survey states."""
    return area_m2 * (1 - ridge_share)


def growth_weight(area_m2: NDArray, *, npp_gc_per_m2: NDArray | float = 1.0) -> NDArray[np.float64]:
    """Return the weight of a field: its area, times the growth on it where growth is known."""
    return area_m2 * npp_gc_per_m2
