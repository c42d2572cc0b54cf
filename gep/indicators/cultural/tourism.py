"""Tourism and wellness 旅游康养 (C1): by travel cost, or by the share of income that the ecosystem draws."""

import numpy as np
from numpy.typing import NDArray


def time_yuan(hours: NDArray, *, wage_yuan_per_hour: NDArray | float, wage_share: float) -> NDArray[np.float64]:
    """Return what the time of a visit is worth: a share of the wage that could have been earned in it."""
    return hours * wage_yuan_per_hour * wage_share


def travel_cost_yuan(
    visits: NDArray,
    *,
    travel_yuan: NDArray | float,
    time_yuan: NDArray | float,
    surplus_yuan: NDArray | float = 0.0,
) -> NDArray[np.float64]:
    """Return V = N·(TE + TV + CS): what visitors spend on the way, the worth of their time, and their surplus.

    The surplus is no exchange value: leave it at 0 for SEEA.
    """
    return visits * (travel_yuan + time_yuan + surplus_yuan)


def revenue_yuan(income_yuan: NDArray, *, ecosystem_share: NDArray | float) -> NDArray[np.float64]:
    """Return the part of tourism's income that the ecosystem draws."""
    return income_yuan * ecosystem_share


def memo_nonuse_yuan(
    residents: NDArray, *, willing_yuan_per_year: NDArray | float, payers_share: NDArray | float
) -> NDArray[np.float64]:
    """Return what residents say that they would pay for what they do not use: W·R·P. A memo, never part of GEP."""
    return residents * payers_share * willing_yuan_per_year
