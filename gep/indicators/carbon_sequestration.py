"""Carbon sequestration 固碳 (R5): carbon dioxide fixed in a year, from dry matter or from net ecosystem production."""

import numpy as np
from numpy.typing import NDArray

from core.units import CO2_PER_C, M2_PER_HA

G_PER_T = 1_000_000
O2_PER_CO2 = 32 / 44


def co2_from_dry_matter(dry_matter_t_per_ha: NDArray, *, co2_per_dry_matter: float) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) fixed by that growth (R5d). Gross: what decays again in the year is not taken off."""
    return dry_matter_t_per_ha * co2_per_dry_matter


def co2_from_nep(nep_gc_per_m2: NDArray) -> NDArray[np.float64]:
    """Return t CO2/(hm²·a) of a net ecosystem production in g C/(m²·a) (R5c)."""
    return nep_gc_per_m2 * M2_PER_HA / G_PER_T * CO2_PER_C


def oxygen_t(co2_t: NDArray) -> NDArray[np.float64]:
    """Return the oxygen released with that carbon dioxide, by stoichiometry."""
    return co2_t * O2_PER_CO2
