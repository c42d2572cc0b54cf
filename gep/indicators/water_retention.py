"""Water retention 水源涵养 (R1a): rain less surface runoff less evapotranspiration. HJ 1173-2021, A.1."""

import numpy as np
from numpy.typing import NDArray

from core.units import MM_PER_M


def retained_mm(
    *, precipitation_mm: NDArray, evapotranspiration_mm: NDArray, runoff_share: NDArray, clip_negative: bool = False
) -> NDArray[np.float64]:
    """Return the retained depth of a year, mm: P - alpha·P - ET; any shape, NaN where an input is missing.

    A negative depth (more evaporates than stays) is kept unless ``clip_negative`` says to count it as none.
    """
    depth = precipitation_mm - runoff_share * precipitation_mm - evapotranspiration_mm
    return np.maximum(depth, 0.0) if clip_negative else depth


def volume_m3(depth_mm: NDArray, *, area_m2: NDArray | float) -> NDArray[np.float64]:
    """Return the volume of a depth of water over an area; 1 mm over 1 ha is 10 m³."""
    return depth_mm / MM_PER_M * area_m2
