"""Water retention 水源涵养 (R1): what stays of a year's rain. HJ 1173-2021, A.1; HJ 1175-2021, B.1 to B.3.

Depths in mm, any shape, NaN where an input is missing. A depth times an area is a volume: 1 mm over 1 hm² is 10 m³.
"""

import numpy as np
from numpy.typing import NDArray

from core.units import MM_PER_M

LARGEST_W = 5.0  # Budyko's parameter is capped there


def retained_mm(
    *, precipitation_mm: NDArray, evapotranspiration_mm: NDArray, runoff_share: NDArray, clip_negative: bool = False
) -> NDArray[np.float64]:
    """Return the retained depth of a year (R1a): P - alpha·P - ET, P the year's rain or that of rains with runoff.

    A negative depth (more evaporates than stays) is kept unless ``clip_negative`` says to count it as none.
    """
    depth = precipitation_mm - runoff_share * precipitation_mm - evapotranspiration_mm
    return np.maximum(depth, 0.0) if clip_negative else depth


def stored_mm(
    *, precipitation_mm: NDArray, runoff_rain_share: NDArray | float, bare_runoff_share: NDArray | float,
    runoff_share: NDArray | float,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the depth that an ecosystem keeps of the rains with runoff (R1b, project scale): J·r.

    J = J0·K, the year's rain and the share of it in rains with runoff; r = R0 - Rg, the runoff share of bare soil less
    that of the ecosystem.
    """
    return precipitation_mm * runoff_rain_share * (bare_runoff_share - runoff_share)


def volume_m3(depth_mm: NDArray, *, area_m2: NDArray | float) -> NDArray[np.float64]:
    """Return the volume of a depth of water over an area; 1 mm over 1 ha is 10 m³."""
    return depth_mm / MM_PER_M * area_m2


def budyko_yield_mm(
    *,
    precipitation_mm: NDArray,
    reference_evapotranspiration_mm: NDArray,
    crop_share: NDArray,
    available_water_mm: NDArray,
    season: float,
    vegetated: NDArray | bool = True,
) -> NDArray[np.float64]:
    """Return the water yield of a year by Budyko's curve (R1c), to check R1a by; it is not the retained water.

    AET/P = 1 + φ - (1 + φ^w)^(1/w), φ = Kc·ET0/P, w = Z·AWC/P + 1.25 and 5 at most; where nothing grows AET is
    min(Kc·ET0, P). ``available_water_mm`` is min(root, soil depth)·PAWC, ``season`` Z. As in InVEST's water yield.
    """
    wanted_mm = crop_share * reference_evapotranspiration_mm
    dryness = wanted_mm / precipitation_mm
    w = np.minimum(season * available_water_mm / precipitation_mm + 1.25, LARGEST_W)
    evaporated_share = np.where(
        vegetated, 1 + dryness - (1 + dryness**w) ** (1 / w), np.minimum(wanted_mm, precipitation_mm) / precipitation_mm
    )
    return (1 - evaporated_share) * precipitation_mm
