"""Water retention (R1) by ecosystem unit: docs/methods/water_retention.md."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import MM_PER_M
from gep.accounting.bindings import reservoirs
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Term, Variant, area_terms
from gep.indicators import water_retention
from gep.methods import Method

NAME = "water_retention"
STORED = f"{NAME}.storage"
RAIN, EVAPORATED = f"{NAME}.rain", f"{NAME}.evaporated"
YIELD, VEGETATED = f"{NAME}.yield", f"{NAME}.vegetated"
BUDYKO = ("precipitation_mm", "reference_evapotranspiration_mm", "available_water_mm")


def _rain(method: Method) -> str:
    """The layer of the rain that the balance counts: the year's, or that of days with runoff."""
    return "precipitation_mm" if method.switch("p_in_water_balance") == "annual" else "runoff_precipitation_mm"


def _depths(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    """Rain and evapotranspiration where both are known."""
    rain, evaporated = pieces[_rain(method)], pieces["evapotranspiration_mm"]
    unknown = np.isnan(rain) | np.isnan(evaporated)
    return {RAIN: np.where(unknown, np.nan, rain), EVAPORATED: np.where(unknown, np.nan, evaporated)}


def _balance(units: Units, method: Method) -> Physical:
    """Rain less surface runoff less evapotranspiration, of the unit as a whole (R1a)."""
    runoff_share = method.of_class(NAME, "runoff", indicator=NAME, codes=units.code)
    in_scope = method.in_scope(NAME, units.code)
    rain_m3 = np.where(in_scope, units.sums[RAIN] / MM_PER_M, 0.0)
    evaporated_m3 = np.where(in_scope, units.sums[EVAPORATED] / MM_PER_M, 0.0)
    runoff_m3 = np.where(in_scope, rain_m3 * np.nan_to_num(runoff_share), 0.0)
    kept = np.ones(len(units))
    if method.switch("clip_negative"):
        kept[rain_m3 - runoff_m3 - evaporated_m3 < 0] = 0.0
    terms = (
        Term(MAIN, rain_m3 * kept, (f"layer:{_rain(method)}",)),
        Term(MAIN, -runoff_m3 * kept, (f"layer:{_rain(method)}", f"{NAME}.runoff.{CLASS}")),
        Term(MAIN, -evaporated_m3 * kept, ("layer:evapotranspiration_mm",)),
    )
    out = method.out_of_scope(NAME, units.code)
    return Physical(terms, np.where(out, units.area_m2, np.where(in_scope, units.valid_m2[RAIN], 0.0)))


def _depths_and_yield(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    """The depths of the balance, and by Budyko's curve what a cell yields of its rain, to check them by (R1c)."""
    rain_mm, wanted_mm, available_mm = (pieces[layer] for layer in BUDYKO)
    crop_share = method.of_class(NAME, "crop_share", indicator=NAME, codes=pieces.code)
    yielded = water_retention.budyko_yield_mm(
        precipitation_mm=np.where(rain_mm > 0, rain_mm, np.nan),
        reference_evapotranspiration_mm=wanted_mm,
        crop_share=crop_share,
        available_water_mm=available_mm,
        season=method.figure(NAME, "season"),
        vegetated=method.in_scope(VEGETATED, pieces.code),
    )
    return {**_depths(pieces, method), YIELD: yielded}


def _balance_and_yield(units: Units, method: Method) -> Physical:
    balance = _balance(units, method)
    known = (units.valid_m2[YIELD] > 0) | method.out_of_scope(NAME, units.code)
    yield_m3 = np.where(known, np.where(method.in_scope(NAME, units.code), units.sums[YIELD] / MM_PER_M, 0.0), np.nan)
    term = Term("yield", yield_m3, tuple(f"layer:{layer}" for layer in BUDYKO))
    return Physical((*balance.terms, term), balance.known_m2)


def _storage(units: Units, method: Method) -> Physical:
    """What forest keeps of the rains with runoff, against bare soil (R1b)."""
    gain = method.of_class(NAME, "runoff_gain", indicator=STORED, codes=units.code)
    depth_mm = water_retention.stored_mm(
        precipitation_mm=np.full(len(units), method.figure(NAME, "storage_rain")),
        runoff_rain_share=1.0,  # the figure is J0·K already
        bare_runoff_share=gain,
        runoff_share=0.0,
    )
    figures = (f"{NAME}.storage_rain", f"{NAME}.runoff_gain.{CLASS}")
    return area_terms(units, method, indicator=STORED, per_m2={MAIN: (depth_mm / MM_PER_M, figures)})


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: reservoirs.storage(method)}


WATER_RETENTION = Indicator(
    name=NAME,
    parts={MAIN: "m3", "yield": "m3"},
    variants={
        "balance_and_yield": Variant(
            physical=_balance_and_yield,
            layers=lambda method, there: tuple(dict.fromkeys((_rain(method), "evapotranspiration_mm", *BUDYKO))),
            cell_terms=_depths_and_yield,
        ),
        "balance": Variant(
            physical=_balance,
            layers=lambda method, there: (_rain(method), "evapotranspiration_mm"),
            cell_terms=_depths,
            lacks=("yield",),
        ),
        "storage": Variant(physical=_storage, lacks=("yield",)),
    },
    prices=_prices,
)
