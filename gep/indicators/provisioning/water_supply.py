"""Water supply 供水 (P6): water drawn for households, industry and fields, by use.

The same cubic metre must not be valued as retained water (R1) too; gep.guards refuses it.
"""

import numpy as np
from numpy.typing import NDArray


def value_yuan(supplied_m3: NDArray, *, price_yuan_per_m3: NDArray) -> NDArray[np.float64]:
    """Return Σ Q·p over the uses, the last axis of both: shape (..., uses) becomes (...)."""
    return np.sum(supplied_m3 * price_yuan_per_m3, axis=-1)
