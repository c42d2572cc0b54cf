"""Climate regulation (R9) by ecosystem unit: transpiration, evaporation of waters, or cooler air as measured."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import MM_PER_M
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, CountyFigure, Indicator, Physical, Priced, Stored, Term, Variant
from gep.indicators import climate_regulation
from gep.methods import Method

NAME = "climate_regulation"
PLANTS, WATER, AIR = f"{NAME}.vegetation", f"{NAME}.water", f"{NAME}.measured"  # scopes, and names of sums over pieces
DAYS = CountyFigure("cooling_days", NAME, "cooling_days")  # terms are for one day of cooling
DAYS_OF_YEAR = 365


def _vegetation(units: Units, method: Method) -> Physical:
    """What plants cool in a day; waters are in scope, and not known here."""
    heat = method.of_class(NAME, "heat", indicator=PLANTS, codes=units.code)
    energy_kwh = np.nan_to_num(
        climate_regulation.vegetation_kwh(
            units.area_m2, heat_kj_per_m2_day=heat, days=1.0, cop=method.figure(NAME, "cop")
        )
    )  # NaN: no plants
    known = method.in_scope(PLANTS, units.code) | method.out_of_scope(NAME, units.code)
    figures = (f"{NAME}.heat.{CLASS}", f"{NAME}.cop")
    return Physical((Term("vegetation", energy_kwh, figures),), np.where(known, units.area_m2, 0.0))


def _kwh_per_m3(method: Method) -> float:
    """What a cubic metre that evaporates in the season of cooling saves."""
    with_cop = method.switch("climate_variant") == "water_with_cop"
    saved = climate_regulation.water_surface_kwh(
        np.ones(1),
        latent_heat_kj_per_kg=method.figure(NAME, "latent_heat"),
        humidifier_kwh_per_m3=method.figure(NAME, "humidifier"),
        cop=method.figure(NAME, "cop") if with_cop else None,
    )
    return float(saved[0])


def _evaporated(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {WATER: pieces["evapotranspiration_mm"]}


def _vegetation_and_water(units: Units, method: Method) -> Physical:
    """Plants, and what evaporates from waters on a day of cooling: the year's share of a day at least."""
    plants = _vegetation(units, method)
    waters = method.in_scope(WATER, units.code)
    evaporated_m3 = np.where(waters, units.sums[WATER] / MM_PER_M, 0.0) / DAYS_OF_YEAR
    figures = ("layer:evapotranspiration_mm", f"{NAME}.latent_heat")
    cooled = Term("water", evaporated_m3 * _kwh_per_m3(method), figures)
    return Physical((*plants.terms, cooled), np.where(waters, units.valid_m2[WATER], plants.known_m2))


def _vegetation_and_stated_water(units: Units, method: Method) -> Physical:
    """Plants, and waters as weights for what the county states to evaporate from them in the season of cooling."""
    plants = _vegetation(units, method)
    waters = method.in_scope(WATER, units.code)
    figures = ("statistic:water_surface_evaporation", f"{NAME}.latent_heat")
    weight = Term("water", np.where(waters, units.area_m2, 0.0), figures)
    return Physical((*plants.terms, weight), np.where(waters, units.area_m2, plants.known_m2))


def _stated_water(method: Method) -> Mapping[str, Stored]:
    return {"water": Stored("water_surface_evaporation", _kwh_per_m3(method), ())}


def _cooler(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {AIR: pieces["temperature_difference_c"]}


def _measured(units: Units, method: Method) -> Physical:
    """The air over a unit, up to the height that it cools, by how much cooler it is; warmer air counts below 0."""
    in_scope = method.in_scope(AIR, units.code)
    energy_kwh = climate_regulation.cooled_air_kwh(
        np.where(in_scope, units.sums[AIR], 0.0),
        air_m3=method.figure(NAME, "air_height"),  # over one square metre; the sums are °C·m²
        hours=method.figure(NAME, "cooling_hours"),
        cop=method.figure(NAME, "cop"),
        air_kg_per_m3=method.figure(NAME, "air_density"),
        heat_kj_per_kg_c=method.figure(NAME, "air_heat"),
    )
    figures = ("layer:temperature_difference_c", *(f"{NAME}.{key}" for key in ("air_height", "cooling_hours", "cop")))
    out = method.out_of_scope(AIR, units.code)
    known_m2 = np.where(out, units.area_m2, np.where(in_scope, units.valid_m2[AIR], 0.0))
    return Physical((Term("air", energy_kwh, figures),), known_m2)


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: Priced(float(method.price("electricity").for_unit("kWh")), ("prices.electricity",))}


CLIMATE_REGULATION = Indicator(
    name=NAME,
    parts={MAIN: "kwh", "vegetation": "kwh", "water": "kwh", "air": "kwh"},
    variants={
        "measured": Variant(
            physical=_measured,
            layers=lambda method, there: ("temperature_difference_c",),
            cell_terms=_cooler,
            lacks=("vegetation", "water"),
        ),
        "vegetation_and_stated_water": Variant(
            physical=_vegetation_and_stated_water,
            statistics=lambda method: ("water_surface_evaporation",),
            stores=_stated_water,
            by_county={"vegetation": DAYS},
            lacks=("air",),
        ),
        "vegetation_and_water": Variant(
            physical=_vegetation_and_water,
            layers=lambda method, there: ("evapotranspiration_mm",),
            cell_terms=_evaporated,
            by_county={"vegetation": DAYS, "water": DAYS},
            lacks=("air",),
        ),
        "vegetation": Variant(physical=_vegetation, by_county={"vegetation": DAYS}, lacks=("air",)),
    },
    prices=_prices,
    sums=("vegetation", "water", "air"),
)
