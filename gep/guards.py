"""What an account must not do, as checks that name what they refuse: count twice, mix bases, lose a factor of ten.

``check`` is asked before an account is calculated; the others hold published or stated figures against each other.
"""

from collections.abc import Mapping

import numpy as np

from core.units import MM_PER_M
from gep.indicators.regulating.oxygen_release import O2_PER_CO2
from gep.method_profiles import Profile

NUTRIENTS = ({"nitrogen", "phosphorus"}, {"tn", "tp"})  # kept with soil, taken from water
LOOSEST_OXYGEN = 0.02  # 1.19 or 1.20 t O2 over 1.63 t CO2 of dry matter is within it


class GuardBroken(ValueError):
    """A rule of the method that an account or a published figure breaks; ``code`` is stable, for clients."""

    code = "guard_broken"


class WaterCountedTwice(GuardBroken):
    """Water supply and water retention would both value the same cubic metre."""

    code = "water_counted_twice"


class NutrientsCountedTwice(GuardBroken):
    """Nitrogen or phosphorus would be valued with the soil and again with the water."""

    code = "nutrients_counted_twice"


class BasisMismatch(GuardBroken):
    """Carbon and oxygen rest on different bases, or a price is per another basis than the quantity."""

    code = "basis_mismatch"


class FactorLost(GuardBroken):
    """A volume is not the depth times the area; mostly by a power of ten."""

    code = "factor_lost"


class MisprintFound(GuardBroken):
    """A printed figure is not what its own inputs give."""

    code = "misprint_found"


def check(profile: Profile, *, chosen: Mapping[str, str]) -> None:
    """Refuse an account that breaks a guard; ``chosen`` is the variant of each indicator that will be calculated.

    Raises WaterCountedTwice, NutrientsCountedTwice, BasisMismatch.
    """
    if {"water_retention", "water_supply"} <= set(chosen):
        raise WaterCountedTwice(
            "water_supply and water_retention would both value the same cubic metre; leave one of them out with "
            "include_water_supply = false or include_water_retention = false"
        )
    if {"soil_retention", "water_purification"} <= set(chosen):
        with_soil, with_water = (
            {part for part in parts if profile.values(indicator, part)}
            for indicator, parts in zip(("soil_retention", "water_purification"), NUTRIENTS, strict=True)
        )
        if with_soil and with_water:
            raise NutrientsCountedTwice(
                f"soil_retention values {', '.join(sorted(with_soil))} and water_purification "
                f"{', '.join(sorted(with_water))}; only one of the two may"
            )
    if {"carbon_sequestration", "oxygen_release"} <= set(chosen):
        carbon, oxygen = chosen["carbon_sequestration"], chosen["oxygen_release"]
        if carbon != oxygen:
            raise BasisMismatch(f"carbon is by {carbon}, oxygen by {oxygen}; both must rest on one basis")


def check_carbon_unit(*, switch: str, per: str) -> None:
    """Refuse a carbon price whose basis is not the one that the switch ``carbon_unit`` states. Raises BasisMismatch."""
    stated = {"tCO2": "t CO2", "tC": "t C"}[switch]
    if per != stated:
        raise BasisMismatch(f"carbon_unit is {switch}, the price of carbon is per {per}: a factor of 44/12 apart")


def check_oxygen(*, co2_t: float, o2_t: float) -> None:
    """Refuse oxygen that does not go with the carbon dioxide, 32 to 44 by mass. Raises BasisMismatch."""
    ratio = o2_t / co2_t
    if abs(ratio / O2_PER_CO2 - 1) > LOOSEST_OXYGEN:
        raise BasisMismatch(f"O2 : CO2 is {ratio:.3f} where photosynthesis gives {O2_PER_CO2:.3f}")


def check_volume(volume_m3: float, *, depth_mm: float, area_m2: float) -> None:
    """Refuse a volume that is not the depth over the area; 1 mm over 1 hm² is 10 m³. Raises FactorLost."""
    right = depth_mm / MM_PER_M * area_m2
    if abs(volume_m3 - right) <= abs(right) * 1e-3:
        return
    power = np.log10(abs(volume_m3 / right)) if volume_m3 and right else np.nan
    lost = f"; a factor of 10^{round(power)} is lost" if abs(power - np.round(power)) < 1e-3 else ""
    raise FactorLost(f"{volume_m3:.6g} m³ is not {depth_mm:.6g} mm over {area_m2:.6g} m², {right:.6g} m³{lost}")


def check_printed(printed: str, *, computed: float) -> None:
    """Refuse a printed figure that its inputs do not give, to its last digit. Raises MisprintFound.

    The text says so where two neighbouring digits were swapped.
    """
    decimals = len(printed.partition(".")[2])
    if abs(float(printed) - computed) <= 0.5 * 10**-decimals * (1 + 1e-9):
        return
    right = f"{computed:.{decimals}f}"
    swapped = any(
        printed[:i] + printed[i + 1] + printed[i] + printed[i + 2 :] == right for i in range(len(printed) - 1)
    )
    raise MisprintFound(f"{printed} is printed, {right} is computed{'; two digits are swapped' if swapped else ''}")
