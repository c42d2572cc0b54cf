"""Ecological energy 生态能源 (P5): the electricity that running water gives."""

import numpy as np
from numpy.typing import NDArray


def value_yuan(energy_kwh: NDArray, *, price_yuan_per_kwh: NDArray | float) -> NDArray[np.float64]:
    """Return V = E·p."""
    return energy_kwh * price_yuan_per_kwh


def runoff_weight(area_m2: NDArray, *, yield_mm: NDArray) -> NDArray[np.float64]:
    """Return the weight of a part of a station's catchment: the water that runs off it, mm·m²."""
    return area_m2 * yield_mm
