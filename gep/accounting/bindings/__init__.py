"""The indicators as the engine runs them. Formulas stand in gep.indicators, figures in the coefficient tables.

A binding names the layers an indicator needs, sums what must be summed cell by cell, and calls the formula for each
ecosystem unit. A new indicator is a module here and a line in INDICATORS.
"""

from collections.abc import Collection, Mapping

from gep.accounting.bindings.carbon_sequestration import CARBON_SEQUESTRATION, OXYGEN_RELEASE
from gep.accounting.bindings.climate_regulation import CLIMATE_REGULATION
from gep.accounting.bindings.flood_mitigation import FLOOD_MITIGATION
from gep.accounting.bindings.pest_control import PEST_CONTROL
from gep.accounting.bindings.purification import AIR_PURIFICATION, WATER_PURIFICATION
from gep.accounting.bindings.soil_retention import DERIVATIONS as SOIL_DERIVATIONS
from gep.accounting.bindings.soil_retention import SOIL_RETENTION
from gep.accounting.bindings.water_retention import WATER_RETENTION
from gep.accounting.terms import Derivation, Indicator

INDICATORS: Mapping[str, Indicator] = {
    indicator.name: indicator
    for indicator in (
        WATER_RETENTION,
        SOIL_RETENTION,
        FLOOD_MITIGATION,
        CARBON_SEQUESTRATION,
        OXYGEN_RELEASE,
        AIR_PURIFICATION,
        WATER_PURIFICATION,
        CLIMATE_REGULATION,
        PEST_CONTROL,
    )
}
DERIVATIONS: tuple[Derivation, ...] = SOIL_DERIVATIONS


def derivation(layer: str, there: Collection[str]) -> Derivation | None:
    """Return how a layer follows from those that are there: of several ways the first whose needs are met."""
    return next((way for way in DERIVATIONS if way.layer == layer and set(way.needs) <= set(there)), None)


def raw_layers(layer: str) -> tuple[str, ...]:
    """Return what a layer would be derived from that nobody gave, itself where it follows from no other.

    Of several ways the last, which asks for least.
    """
    return next((way.needs for way in reversed(DERIVATIONS) if way.layer == layer), (layer,))
