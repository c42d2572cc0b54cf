"""Fishery products 水产品 (P4): a county's output, and the weights of ponds and reservoirs."""

import numpy as np
from numpy.typing import NDArray

from gep.indicators.provisioning.produce import value_yuan

__all__ = ["stocking_weight", "value_yuan"]


def stocking_weight(area_m2: NDArray, *, yield_t_per_ha: NDArray | float = 1.0) -> NDArray[np.float64]:
    """Return the weight of a water: its area, times the yield of its kind where yields are known."""
    return area_m2 * yield_t_per_ha
