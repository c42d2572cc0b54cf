"""What an area can take up in a year, and what of it counts 净化能力 of air and water.

A capacity by area exceeds what a county emits by orders of magnitude; under ``actual_if_below`` it counts up to that.
"""

import numpy as np
from numpy.typing import NDArray

from core.units import KG_PER_T, M2_PER_HA


def capacity_t(area_m2: NDArray, *, rate_kg_per_ha: NDArray | float) -> NDArray[np.float64]:
    """Return the pollutant that an area can take up in a year, t."""
    return area_m2 / M2_PER_HA * rate_kg_per_ha / KG_PER_T


def counted_share(capacity_t: float, *, emission_t: float) -> float:
    """Return the share of a county's capacity that has something to take up, min(1, emission/capacity).

    Each parcel's capacity times this share adds up to min(capacity, emission). NaN where either is not known.
    """
    if np.isnan(capacity_t) or np.isnan(emission_t):
        return float("nan")
    return 1.0 if capacity_t <= emission_t else emission_t / capacity_t
