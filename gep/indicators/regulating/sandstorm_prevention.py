"""Sandstorm prevention 防风固沙 (R3): wind erosion that plants hold back. HJ 1173-2021.

No profile has it on: Fuzhou is humid. Losses in t/(km²·a); any shape; NaN stays NaN.
"""

import numpy as np
from numpy.typing import NDArray


def erodible_share(
    *, sand_percent: NDArray, silt_percent: NDArray, clay_percent: NDArray, organic_percent: NDArray,
    carbonate_percent: NDArray,
) -> NDArray[np.float64]:  # fmt: skip
    """Return EF, the share of the soil that wind can move, from texture, organic matter and calcium carbonate."""
    texture = 0.31 * sand_percent + 0.17 * silt_percent + 0.33 * sand_percent / clay_percent
    return (29.09 + texture - 2.59 * organic_percent - 0.95 * carbonate_percent) / 100


def crust_factor(*, clay_percent: NDArray, organic_percent: NDArray) -> NDArray[np.float64]:
    """Return SCF, what the crust of the soil leaves to the wind."""
    return 1 / (1 + 0.0066 * clay_percent**2 + 0.021 * organic_percent**2)


def roughness_factor(*, ridge_m: NDArray, ridge_distance_m: NDArray, chain_percent: NDArray) -> NDArray[np.float64]:
    """Return K′ = exp(1.86·Kr - 2.41·Kr^0.934 - 0.127·Crr), Kr = 0.2·ΔH²/L, of ridges and clods."""
    ridges = 0.2 * ridge_m**2 / ridge_distance_m
    return np.exp(1.86 * ridges - 2.41 * ridges**0.934 - 0.127 * chain_percent)


def cover_factor(cover_percent: NDArray, *, exponent: NDArray | float) -> NDArray[np.float64]:
    """Return C = e^(-a·SC); ``exponent`` a goes by kind of cover, the coefficient table says how."""
    return np.exp(-exponent * cover_percent)


def loss_t_per_km2(
    *,
    weather: NDArray,
    erodible_share: NDArray,
    crust: NDArray,
    roughness: NDArray,
    cover: NDArray | float = 1.0,
    distance_m: float,
) -> NDArray[np.float64]:
    """Return the soil that wind takes: (2z/s²)·Qmax·e^-(z/s)², Qmax = 109.8·F, s = 150.71·F^-0.3711.

    F = WF·EF·SCF·K′, times C for land as it is. No loss where F is 0.
    """
    driving = weather * erodible_share * crust * roughness * cover
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = 150.71 * driving**-0.3711
        lost = 2 * distance_m / reach**2 * 109.8 * driving * np.exp(-((distance_m / reach) ** 2))
    return np.where(driving == 0, 0.0, lost)


def retained_t_per_km2(potential_t_per_km2: NDArray, *, actual_t_per_km2: NDArray) -> NDArray[np.float64]:
    """Return what plants hold back: the loss of bare land less the loss of land as it is."""
    return potential_t_per_km2 - actual_t_per_km2


def sanded_m2(retained_t: NDArray, *, bulk_density_t_per_m3: float, depth_m: float) -> NDArray[np.float64]:
    """Return the land that the sand would have covered so deep, Q/(ρ·h)."""
    return retained_t / (bulk_density_t_per_m3 * depth_m)
