"""Forestry products 林产品 (P2): timber, bamboo, resin, oil-tea; and the weights of compartments."""

import numpy as np
from numpy.typing import NDArray

from gep.indicators.provisioning.produce import value_yuan

__all__ = ["increment_weight", "value_yuan"]


def increment_weight(area_m2: NDArray, *, stock_m3_per_ha: NDArray, increment_share: NDArray) -> NDArray[np.float64]:
    """Return the weight of a compartment without a felling licence: the wood that grows on it in a year, in m³·m²/hm².

    A weight is told apart from a harvest by its use alone: it shares out a county's output and is never summed.
    """
    return area_m2 * stock_m3_per_ha * increment_share
