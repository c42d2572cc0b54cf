"""Carbon sequestration 固碳 (R5): carbon dioxide fixed in a year, by four methods.

By biomass (R5a), by rate (R5b), by net ecosystem production (R5c), by dry matter (R5d). Any shape; NaN stays NaN.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.units import CO2_PER_C, M2_PER_HA

G_PER_T = 1_000_000
Bracket = Literal["inner", "outer"]


def biomass_t_per_ha(
    stock_m3_per_ha: NDArray, *, slope: NDArray | float, intercept: NDArray | float
) -> NDArray[np.float64]:
    """Return the dry biomass of a stand from its volume, B = a·V + b; a and b go by forest type."""
    return slope * stock_m3_per_ha + intercept


def co2_from_biomass(
    earlier_t_per_ha: NDArray, *, later_t_per_ha: NDArray, years: float, carbon_share: float
) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) from two surveys of biomass (R5a): (C2 - C1)/(t2 - t1)·44/12; a loss is below 0."""
    return (later_t_per_ha - earlier_t_per_ha) * carbon_share / years * CO2_PER_C


def co2_from_rate(rate_tc_per_ha: NDArray, *, soil_share: NDArray | float = 0.0) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) of a rate in t C/(hm²·a) (R5b); ``soil_share`` is what the soil adds to the vegetation's."""
    return rate_tc_per_ha * (1 + soil_share) * CO2_PER_C


def co2_from_nep(nep_gc_per_m2: NDArray) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) of a net ecosystem production in g C/(m²·a) (R5c)."""
    return nep_gc_per_m2 * M2_PER_HA / G_PER_T * CO2_PER_C


def co2_from_dry_matter(dry_matter_t_per_ha: NDArray, *, co2_per_dry_matter: float) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) fixed by that growth (R5d). Gross: what decays again in the year is not taken off."""
    return dry_matter_t_per_ha * co2_per_dry_matter


def carbon_t(co2_t: NDArray) -> NDArray[np.float64]:
    """Return the carbon in that carbon dioxide, for a price per t C."""
    return co2_t / CO2_PER_C


def nep_gc_per_m2(npp_gc_per_m2: NDArray, *, respired_gc_per_m2: NDArray) -> NDArray[np.float64]:
    """Return net ecosystem production: net primary production less what the soil's life respires."""
    return npp_gc_per_m2 - respired_gc_per_m2


def respired_gc_per_m2(temperature_c: NDArray, *, rain_mm: NDArray, bracket: Bracket = "inner") -> NDArray[np.float64]:
    """Return the heterotrophic respiration of a month, g C/m²: 0.22·(e^(0.0913·T) + ln(0.3145·R + 1))·30·46.5 %.

    The source prints the bracket ambiguously; ``outer`` reads 30·46.5 % as part of the second term only and gives about
    half.
    """
    warmth, wetness = np.exp(0.0913 * temperature_c), np.log(0.3145 * rain_mm + 1)
    if bracket == "outer":
        return 0.22 * (warmth + wetness * 30 * 0.465)
    return 0.22 * (warmth + wetness) * 30 * 0.465


def absorbed_mj_per_m2(solar_mj_per_m2: NDArray, *, fpar: NDArray) -> NDArray[np.float64]:
    """Return the light that vegetation absorbs, APAR = SOL·FPAR·0.5 (CASA)."""
    return solar_mj_per_m2 * fpar * 0.5


def light_use_gc_per_mj(
    *, cold_stress: NDArray, heat_stress: NDArray, water_stress: NDArray, largest: NDArray | float
) -> NDArray[np.float64]:
    """Return the efficiency of light, ε = Tε1·Tε2·Wε·ε_max (CASA); the stresses are shares, 1 is none."""
    return cold_stress * heat_stress * water_stress * largest


def npp_gc_per_m2(absorbed_mj_per_m2: NDArray, *, light_use_gc_per_mj: NDArray) -> NDArray[np.float64]:
    """Return net primary production, APAR·ε (CASA)."""
    return absorbed_mj_per_m2 * light_use_gc_per_mj
