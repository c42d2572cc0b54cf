"""An account that would count twice, or mix bases, is refused before it is calculated."""

import pytest

from gep import guards, methods


def profile(name="GBT46869_2025", *, valued=None, **switches):
    found = methods.profile(name, switches=switches)
    fields = {field: getattr(found, field) for field in found.__dataclass_fields__}
    return methods.Profile(**fields | ({} if valued is None else {"valued_parts": valued}))


def test_no_profile_breaks_a_guard_by_itself():
    for name in methods.profile_names():
        own = profile(name)
        guards.check(own, chosen=dict.fromkeys(own.indicators, "dry_matter"))


def test_the_same_cubic_metre_is_valued_once():
    both = profile(include_water_supply=True)
    with pytest.raises(guards.WaterCountedTwice, match="include_water_retention = false"):
        guards.check(both, chosen=dict.fromkeys(both.indicators, ""))
    one = profile(include_water_supply=True, include_water_retention=False)
    assert "water_retention" not in one.indicators
    guards.check(one, chosen=dict.fromkeys(one.indicators, ""))


def test_nutrients_are_valued_with_the_soil_or_with_the_water():
    chosen = {"soil_retention": "rusle", "water_purification": "capacity"}
    with pytest.raises(guards.NutrientsCountedTwice, match="nitrogen, phosphorus and water_purification tn"):
        guards.check(profile(valued={"water_purification": ("cod", "tn")}), chosen=chosen)
    guards.check(profile(valued={"soil_retention": ("sediment",)}), chosen=chosen)
    guards.check(profile(valued={"water_purification": ("cod",)}), chosen=chosen)


def test_carbon_and_oxygen_rest_on_one_basis():
    with pytest.raises(guards.BasisMismatch, match="carbon is by nep, oxygen by dry_matter"):
        guards.check(profile(), chosen={"carbon_sequestration": "nep", "oxygen_release": "dry_matter"})
    guards.check(profile(), chosen={"carbon_sequestration": "nep", "oxygen_release": "nep"})
