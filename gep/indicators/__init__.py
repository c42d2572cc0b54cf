"""The indicators' formulas: pure functions of arrays, one module for each, in the three groups of ecosystem products.

Any array shape; missing is NaN and stays NaN; units are in the names. What classes, figures and prices they are given
is decided by a profile (gep.methods); docs/methods has a page for each.
"""

from gep.indicators.cultural import landscape_premium, leisure, tourism
from gep.indicators.provisioning import crops, energy, fishery, forestry, livestock, water_supply
from gep.indicators.regulating import (
    air_purification,
    carbon_sequestration,
    climate_regulation,
    coastal_protection,
    flood_mitigation,
    noise_abatement,
    oxygen_release,
    pest_control,
    sandstorm_prevention,
    soil_retention,
    water_purification,
    water_retention,
)

__all__ = [
    "air_purification",
    "carbon_sequestration",
    "climate_regulation",
    "coastal_protection",
    "crops",
    "energy",
    "fishery",
    "flood_mitigation",
    "forestry",
    "landscape_premium",
    "leisure",
    "livestock",
    "noise_abatement",
    "oxygen_release",
    "pest_control",
    "sandstorm_prevention",
    "soil_retention",
    "tourism",
    "water_purification",
    "water_retention",
    "water_supply",
]
