"""Soil retention 土壤保持 (R2): what cover and practice keep in place, by RUSLE. HJ 1173-2021, annex A.

Units: erosivity R MJ·mm/(hm²·h·a), erodibility K t·hm²·h/(hm²·MJ·mm), retention t/(hm²·a). Any shape; NaN stays NaN.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

COVER_BINS = (0, 10, 30, 50, 70, 90)  # percent, each bin from its figure up to the next
CAI_FULL_COVER = 78.3  # percent, above which Cai's curve has no loss
WARM, COLD = 0.3937, 0.3101  # A.6: erosivity of daily rain in the warm and the cold half-year


def erosivity_daily(rain_mm: NDArray, *, warm: bool, threshold_mm: float = 12.0) -> float:
    """Return the erosivity of a half-month of daily rains, A.6: alpha times the sum of P^1.7265 over erosive days."""
    erosive = rain_mm[rain_mm >= threshold_mm]
    return float((WARM if warm else COLD) * np.sum(erosive**1.7265))


def erosivity_year(half_months: NDArray, *, warm: NDArray[np.bool_], years: int = 1) -> float:
    """Return R of the mean year (A.5) from the sums of P^1.7265 of each half-month, shape (..., 24), over ``years``."""
    return float(np.sum(np.where(warm, WARM, COLD) * half_months)) / years


def daily_rain_power(
    rain_mm: NDArray, *, threshold_mm: float, exponent: float, years: float = 1.0
) -> NDArray[np.float64]:
    """Return the sum of P^exponent over the erosive days of the mean year, from daily rain of shape (days, ...).

    The days of one half-year; NaN where any of them is missing. What the layers ``daily_rain_power_warm`` and
    ``daily_rain_power_cold`` hold (A.6: 1.7265).
    """
    erosive = np.where(rain_mm >= threshold_mm, rain_mm, 0.0) ** exponent
    return np.asarray(np.sum(np.where(np.isnan(rain_mm), np.nan, erosive), axis=0) / years, dtype=np.float64)


def erosivity_of_half_years(
    warm: NDArray, cold: NDArray, *, warm_factor: float = WARM, cold_factor: float = COLD
) -> NDArray[np.float64]:
    """Return R of the mean year (A.5, A.6) from ``daily_rain_power`` of the warm and the cold half-year."""
    return warm_factor * warm + cold_factor * cold


def erosivity_zhang(
    rain_mm: NDArray, *, erosive_day_mm: float, erosive_year_mm: float, threshold_mm: float = 12.0
) -> float:
    """Return the erosivity of a half-month of daily rains by Zhang's model: α·ΣP^β over erosive days.

    β = 0.8363 + 18.144/P_d12 + 24.455/P_y12 from the mean rain of an erosive day and of a year's erosive days;
    α = 21.586·β^-7.1891. The alternative to A.6.
    """
    exponent = 0.8363 + 18.144 / erosive_day_mm + 24.455 / erosive_year_mm
    erosive = rain_mm[rain_mm >= threshold_mm]
    return float(21.586 * exponent**-7.1891 * np.sum(erosive**exponent))


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


def slope_length_of_upslope(
    sine: NDArray, *, upslope_m2: NDArray, cell_m: float, across: NDArray | float = 1.0, constant: float = 0.0896,
    largest: float = np.inf,
) -> NDArray[np.float64]:  # fmt: skip
    """Return L of a cell from the area that drains into it (Desmet and Govers), ``largest`` at most.

    L = ((A + D²)^(m+1) - A^(m+1)) / (D^(m+2)·x^m·22.13^m); ``across`` is x = |sin aspect| + |cos aspect|.
    """
    rill = (sine / constant) / (3.0 * sine**0.8 + 0.56)
    m = rill / (1 + rill)
    gained = (upslope_m2 + cell_m**2) ** (m + 1) - upslope_m2 ** (m + 1)
    return np.minimum(gained / (cell_m ** (m + 2) * across**m * 22.13**m), largest)


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


def cover_factor_cai(cover_share: NDArray) -> NDArray[np.float64]:
    """Return C by Cai's curve: 1 on bare ground, 0.6508 - 0.3436·lg f (f in percent) up to 78.3 %, 0 above."""
    percent = cover_share * 100
    with np.errstate(divide="ignore"):
        curve = 0.6508 - 0.3436 * np.log10(percent)
    factor = np.select([percent <= 0, percent < CAI_FULL_COVER], [1.0, np.minimum(curve, 1.0)], default=0.0)
    return np.where(np.isnan(cover_share), np.nan, factor)


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


def nutrient_t(retained_t: NDArray, *, content_share: NDArray | float) -> NDArray[np.float64]:
    """Return the nitrogen or phosphorus that stayed with the soil."""
    return retained_t * content_share


def delivered_share(
    connectivity: NDArray, *, half_at: float, steepness: float, largest: float = 0.8
) -> NDArray[np.float64]:
    """Return the share of lost soil that reaches a stream, SDRmax / (1 + exp((IC0 - IC)/k)); 0.8 at most."""
    return largest / (1 + np.exp((half_at - connectivity) / steepness))


def avoided_export_t(
    avoided_erosion_t: NDArray, *, delivered_share: NDArray, trapped_t: NDArray | float = 0.0
) -> NDArray[np.float64]:
    """Return the sediment that did not reach a stream: avoided erosion · SDR, and what was trapped on the way."""
    return avoided_erosion_t * delivered_share + trapped_t
