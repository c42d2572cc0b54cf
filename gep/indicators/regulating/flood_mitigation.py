"""Flood mitigation 洪水调蓄 (R4): storm water held by vegetation, lakes, reservoirs, marshes, paddies."""

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_KM2, MM_PER_M

M3_PER_LAKE_UNIT = 10_000  # the lake model gives 10⁴ m³


def storage_mm(curve_number: NDArray) -> NDArray[np.float64]:
    """Return what the ground can hold, S = 25400/CN - 254."""
    return 25_400 / curve_number - 254


def storm_runoff_mm(storm_mm: NDArray, *, curve_number: NDArray) -> NDArray[np.float64]:
    """Return the runoff of a storm by the curve number method: (P - 0.2S)²/(P + 0.8S) where P > 0.2S, else none."""
    held = storage_mm(curve_number)
    runoff = (storm_mm - 0.2 * held) ** 2 / (storm_mm + 0.8 * held)
    return np.where(storm_mm <= 0.2 * held, 0.0 * runoff, runoff)


def vegetation_m3(storm_mm: NDArray, *, runoff_mm: NDArray, area_m2: NDArray | float) -> NDArray[np.float64]:
    """Return what vegetation held of a year's storms, A·(Ps - Rs)."""
    return (storm_mm - runoff_mm) / MM_PER_M * area_m2


def lake_m3(area_km2: NDArray, *, intercept: float, exponent: float, changes: NDArray | float) -> NDArray[np.float64]:
    """Return what a lake of that area regulates, e^a·S^b·T·10⁴ m³; T is how often its water changes in a year."""
    return np.exp(intercept) * area_km2**exponent * changes * M3_PER_LAKE_UNIT


def reservoir_m3(storage_m3: NDArray, *, flood_share: NDArray | float) -> NDArray[np.float64]:
    """Return the part of a reservoir's storage that is kept for floods."""
    return storage_m3 * flood_share


def marsh_m3(area_km2: NDArray, *, depth_m: NDArray | float) -> NDArray[np.float64]:
    """Return what a marsh holds back: its area times the depth of water that it takes up."""
    return area_km2 * M2_PER_KM2 * depth_m


def paddy_m3(area_m2: NDArray, *, bund_m: NDArray | float, fills: NDArray | float) -> NDArray[np.float64]:
    """Return what paddies hold between their bunds, filled so often in a year."""
    return area_m2 * bund_m * fills


def observed_m3(storage_m3: NDArray) -> NDArray[np.float64]:
    """Return what a water took up in its rises, from its storage in the order of time, shape (..., times) to (...)."""
    return np.sum(np.maximum(np.diff(storage_m3, axis=-1), 0.0), axis=-1)
