"""Climate regulation (R9) by ecosystem unit: transpiration by class, evaporation of waters from a layer."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import MM_PER_M
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Term, Variant
from gep.indicators import climate_regulation
from gep.methods import Method

NAME = "climate_regulation"
PLANTS, WATER = f"{NAME}.vegetation", f"{NAME}.water"  # scopes of the two parts, and the name of the sum over pieces
DAYS_OF_YEAR = 365


def _evaporated(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {WATER: pieces["evapotranspiration_mm"]}


def _vegetation(units: Units, method: Method) -> Physical:
    """What plants cool; waters are in scope, and not known here."""
    heat = method.of_class(NAME, "heat", indicator=PLANTS, codes=units.code)
    energy_kwh = np.nan_to_num(
        climate_regulation.vegetation_kwh(
            units.area_m2,
            heat_kj_per_m2_day=heat,
            days=method.figure(NAME, "cooling_days"),
            cop=method.figure(NAME, "cop"),
        )
    )  # NaN: no plants
    figures = (f"{NAME}.heat.{CLASS}", f"{NAME}.cooling_days", f"{NAME}.cop")
    known = method.in_scope(PLANTS, units.code) | method.out_of_scope(NAME, units.code)
    terms = tuple(Term(part, energy_kwh, figures) for part in (MAIN, "vegetation"))
    return Physical(terms, np.where(known, units.area_m2, 0.0))


def _vegetation_and_water(units: Units, method: Method) -> Physical:
    """Plants, and what evaporates from waters on the days of cooling: the year's share of days at least."""
    plants = _vegetation(units, method)
    waters = method.in_scope(WATER, units.code)
    days_share = method.figure(NAME, "cooling_days") / DAYS_OF_YEAR
    evaporated_m3 = np.where(waters, units.sums[WATER] / MM_PER_M, 0.0) * days_share
    with_cop = method.switch("climate_variant") == "water_with_cop"
    energy_kwh = climate_regulation.water_surface_kwh(
        evaporated_m3,
        latent_heat_kj_per_kg=method.figure(NAME, "latent_heat"),
        humidifier_kwh_per_m3=method.figure(NAME, "humidifier"),
        cop=method.figure(NAME, "cop") if with_cop else None,
    )
    figures = ("layer:evapotranspiration_mm", f"{NAME}.cooling_days", f"{NAME}.latent_heat")
    terms = tuple(Term(part, energy_kwh, figures) for part in (MAIN, "water"))
    return Physical((*plants.terms, *terms), np.where(waters, units.valid_m2[WATER], plants.known_m2))


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: Priced(float(method.price("electricity").for_unit("kWh")), ("prices.electricity",))}


CLIMATE_REGULATION = Indicator(
    name=NAME,
    parts={MAIN: "kwh", "vegetation": "kwh", "water": "kwh"},
    variants={
        "vegetation_and_water": Variant(
            physical=_vegetation_and_water,
            layers=lambda method, there: ("evapotranspiration_mm",),
            cell_terms=_evaporated,
        ),
        "vegetation": Variant(physical=_vegetation),
    },
    prices=_prices,
)
