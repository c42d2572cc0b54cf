"""Water purification 水质净化 (R8): oxygen demand, ammonia, nitrogen and phosphorus that wetlands take up."""

import numpy as np
from numpy.typing import NDArray

from gep.indicators.regulating.capacity import capacity_t, counted_share

__all__ = ["capacity_t", "counted_share", "removed_t", "value_yuan"]


def removed_t(capacity_t: NDArray, *, counted_share: NDArray | float) -> NDArray[np.float64]:
    """Return what is taken up of a pollutant: the capacity, as far as it counts."""
    return capacity_t * counted_share


def value_yuan(removed_t: NDArray, *, price_yuan_per_t: NDArray) -> NDArray[np.float64]:
    """Return Σ Q·t over the pollutants, the last axis of both: shape (..., pollutants) becomes (...)."""
    return np.sum(removed_t * price_yuan_per_t, axis=-1)
