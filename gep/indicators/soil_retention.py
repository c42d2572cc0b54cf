"""Soil retention 土壤保持 (R2): what cover and practice keep in place, by RUSLE. HJ 1173-2021, annex A.

Units: erosivity R MJ·mm/(hm²·h·a), erodibility K t·hm²·h/(hm²·MJ·mm), retention t/(hm²·a). Any shape; NaN stays NaN.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

COVER_BINS = (0, 10, 30, 50, 70, 90)  # percent, each bin from its figure up to the next
WARM, COLD = 0.3937, 0.3101  # A.6: erosivity of daily rain in the warm and the cold half-year


def erosivity_daily(rain_mm: NDArray, *, warm: bool, threshold_mm: float = 12.0) -> float:
    """Return the erosivity of a half-month of daily rains, A.6: alpha times the sum of P^1.7265 over erosive days."""
    erosive = rain_mm[rain_mm >= threshold_mm]
    return float((WARM if warm else COLD) * np.sum(erosive**1.7265))


def erosivity_annual(precipitation_mm: NDArray, *, factor: float, exponent: float) -> NDArray[np.float64]:
    """Return the erosivity of a year's rain by a power law, where daily rain is not to be had."""
    return factor * precipitation_mm**exponent


def erodibility_epic(
    *, sand_percent: NDArray, silt_percent: NDArray, clay_percent: NDArray, organic_carbon_percent: NDArray
) -> NDArray[np.float64]:
    """Return K_EPIC (A.7) from texture and organic carbon, all in percent."""
    rest = 1 - sand_percent / 100
    texture = 0.2 + 0.3 * np.exp(-0.0256 * sand_percent * (1 - silt_percent / 100))
    fines = (silt_percent / (clay_percent + silt_percent)) ** 0.3
    carbon = 1 - 0.25 * organic_carbon_percent / (organic_carbon_percent + np.exp(3.72 - 2.95 * organic_carbon_percent))
    return texture * fines * carbon * (1 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest)))


def erodibility(epic: NDArray) -> NDArray[np.float64]:
    """Return K in metric units (A.8) from K_EPIC."""
    return (-0.01383 + 0.51575 * epic) * 0.1317


def slope_sine(dem_m: NDArray, *, cell_m: float) -> NDArray[np.float64]:
    """Return the sine of the slope of a terrain grid, by central differences (one-sided at its edge)."""
    south, east = np.gradient(dem_m, cell_m)
    tangent = np.hypot(south, east)
    return tangent / np.sqrt(1 + tangent * tangent)


def slope_length_factor(
    sine: NDArray, *, length_m: NDArray | float, constant: float = 0.089, longest_m: float = np.inf
) -> NDArray[np.float64]:
    """Return L (A.9-A.11) of a slope of that length, which counts up to ``longest_m``."""
    rill = (sine / constant) / (3.0 * sine**0.8 + 0.56)
    return (np.minimum(length_m, longest_m) / 22.13) ** (rill / (1 + rill))


def slope_factor(sine: NDArray) -> NDArray[np.float64]:
    """Return S (A.12), in four pieces by the angle of the slope."""
    degrees = np.degrees(np.arcsin(sine))
    gentle, middle, steep = 10.8 * sine + 0.03, 16.8 * sine - 0.5, 21.9 * sine - 0.96
    chosen = np.select([degrees < 5.14, degrees < 10.20, degrees < 28.81], [gentle, middle, steep], default=9.5988)
    return np.where(np.isnan(sine), np.nan, chosen)


def cover_factor(
    *, cover: NDArray, vegetation_percent: NDArray, table: Mapping[str, float | tuple[float, ...]]
) -> NDArray[np.float64]:
    """Return C for each cell: ``cover`` holds the cover group of its class ("forest", "dry", …, "" unknown).

    ``table`` gives a group one figure, six (one for each of COVER_BINS), or two for ``dry``: intercept and slope
    of C = a + b·log10(share), kept within 0 to 1. A bin holds its lower edge. NaN where cover or vegetation is unknown.
    """
    factors = np.full(cover.shape, np.nan)
    for group, figures in table.items():
        own = cover == group
        factors[own] = _of_group(group, figures, vegetation_percent[own])
    return factors


def _of_group(group: str, figures: float | tuple[float, ...], percent: NDArray) -> NDArray[np.float64]:
    if not isinstance(figures, tuple):
        return np.full(percent.shape, figures)
    if group == "dry":
        intercept, slope = figures
        with np.errstate(divide="ignore"):
            return np.clip(intercept + slope * np.log10(percent / 100), 0.0, 1.0)
    place = np.clip(np.searchsorted(COVER_BINS, percent, side="right") - 1, 0, len(COVER_BINS) - 1)
    return np.where(np.isnan(percent), np.nan, np.asarray(figures)[place])


def potential_t_per_ha(
    *, erosivity: NDArray, erodibility: NDArray, slope_length: NDArray, slope: NDArray | float
) -> NDArray[np.float64]:
    """Return the soil that bare land would lose, R·K·L·S."""
    return erosivity * erodibility * slope_length * slope


def retained_t_per_ha(
    potential_t_per_ha: NDArray, *, cover: NDArray, practice: NDArray | float = 1.0
) -> NDArray[np.float64]:
    """Return what cover and practice keep of it, R·K·L·S·(1 - C·P); P is 1 unless ``soil_P_factor`` is on."""
    return potential_t_per_ha * (1 - cover * practice)


def sediment_m3(retained_t: NDArray, *, sedimentation_share: float, bulk_density_t_per_m3: float) -> NDArray:
    """Return the volume that would have silted up waters."""
    return retained_t * sedimentation_share / bulk_density_t_per_m3
