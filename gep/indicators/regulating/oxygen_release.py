"""Oxygen release 释氧 (R6): what goes out as carbon dioxide goes in."""

import numpy as np
from numpy.typing import NDArray

O2_PER_CO2 = 32 / 44


def o2_from_co2(co2_t: NDArray) -> NDArray[np.float64]:
    """Return the oxygen released with that carbon dioxide, by stoichiometry, t."""
    return co2_t * O2_PER_CO2


def o2_from_dry_matter(dry_matter_t: NDArray, *, o2_per_dry_matter: float) -> NDArray[np.float64]:
    """Return the oxygen released with that growth, t; sources say 1.19 or 1.20 t per t of dry matter."""
    return dry_matter_t * o2_per_dry_matter
