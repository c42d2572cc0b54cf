"""Landscape premium 景观增值 (C3): what is paid more for rooms with a view of green or water."""

import numpy as np
from numpy.typing import NDArray

from gep import annuities


def housing_yuan(
    floor_m2: NDArray, *, price_yuan_per_m2: NDArray | float, premium_share: NDArray | float, rate: float, years: int
) -> NDArray[np.float64]:
    """Return the yearly premium of homes: floor area · price · premium, spread over the homes' years.

    A home's price is paid once and a year's account takes a year of it.
    """
    return floor_m2 * price_yuan_per_m2 * premium_share * annuities.capital_recovery_share(rate=rate, years=years)


def hotel_yuan(room_revenue_yuan: NDArray, *, premium_share: NDArray | float) -> NDArray[np.float64]:
    """Return the premium in a year's income from rooms."""
    return room_revenue_yuan * premium_share


def decay_weight(area_m2: NDArray, *, distance_m: NDArray, reach_m: float) -> NDArray[np.float64]:
    """Return the weight of a green or water parcel in a home's premium: area · exp(-distance/reach)."""
    return area_m2 * np.exp(-distance_m / reach_m)
