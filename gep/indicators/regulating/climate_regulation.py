"""Climate regulation 气候调节 (R9): the electricity for cooling that transpiration and evaporation save."""

import numpy as np
from numpy.typing import NDArray

from core.units import KG_PER_T

KJ_PER_KWH = 3_600
WATER_KG_PER_M3 = 1_000


def vegetation_kwh(
    area_m2: NDArray, *, heat_kj_per_m2_day: NDArray | float, days: float, cop: float
) -> NDArray[np.float64]:
    """Return G·A·d/(3600·r): the heat that plants take up on the days of cooling, by what an air conditioner would use.

    ``cop`` is the cold that it gives for one unit of electricity.
    """
    return area_m2 * heat_kj_per_m2_day * days / (KJ_PER_KWH * cop)


def water_surface_kwh(
    evaporated_m3: NDArray, *, latent_heat_kj_per_kg: float, humidifier_kwh_per_m3: float, cop: float | None
) -> NDArray[np.float64]:
    """Return E·ρ·q/(3600·r) + E·γ of the water that evaporates in the season: its cooling and its moistening.

    ``cop`` None leaves the cooling undivided (variant A); a figure is variant B.
    """
    cooling = evaporated_m3 * WATER_KG_PER_M3 * latent_heat_kj_per_kg / (KJ_PER_KWH * (cop or 1.0))
    return cooling + evaporated_m3 * humidifier_kwh_per_m3


def cooled_air_kwh(
    cooler_c: NDArray,
    *,
    air_m3: NDArray | float,
    hours: NDArray | float,
    cop: float,
    air_kg_per_m3: float,
    heat_kj_per_kg_c: float,
) -> NDArray[np.float64]:
    """Return ΔT·ρ·c·V·h/(3600·r) of a measured difference in temperature; the air is changed once in an hour."""
    return cooler_c * air_kg_per_m3 * heat_kj_per_kg_c * air_m3 * hours / (KJ_PER_KWH * cop)


def latent_heat_kj_per_ha(evapotranspiration_mm: NDArray, *, latent_heat_kj_per_kg: float) -> NDArray[np.float64]:
    """Return the heat that evapotranspiration takes up on one hectare, to check the other figures by."""
    return evapotranspiration_mm * 10 * KG_PER_T * latent_heat_kj_per_kg  # 1 mm over 1 hm² is 10 t
