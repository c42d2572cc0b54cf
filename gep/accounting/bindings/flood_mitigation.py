"""Flood mitigation (R4) by ecosystem unit: what vegetation, lakes, marshes and paddies hold back."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_KM2, MM_PER_M
from gep.accounting.bindings import reservoirs
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Term, Variant
from gep.indicators import flood_mitigation
from gep.methods import Method

NAME = "flood_mitigation"
STORM, PLANTS = f"{NAME}.storm", f"{NAME}.vegetation"
PARTS = ("lake", "marsh", "paddy")


def _storms(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {STORM: pieces["storm_precipitation_mm"]}


def _waters(units: Units, method: Method) -> Physical:
    """Lakes, marshes and paddies; each unit of a lake is taken as a lake of its own."""
    held = {
        "lake": flood_mitigation.lake_m3(
            units.area_m2 / M2_PER_KM2,
            intercept=method.figure(NAME, "lake.intercept"),
            exponent=method.figure(NAME, "lake.exponent"),
            changes=method.figure(NAME, "lake.changes"),
        ),
        "marsh": flood_mitigation.marsh_m3(units.area_m2 / M2_PER_KM2, depth_m=method.figure(NAME, "marsh.depth")),
        "paddy": flood_mitigation.paddy_m3(
            units.area_m2, bund_m=method.figure(NAME, "paddy.bund"), fills=method.figure(NAME, "paddy.fills")
        ),
    }
    figures = {
        "lake": (f"{NAME}.lake.changes",),
        "marsh": (f"{NAME}.marsh.depth",),
        "paddy": (f"{NAME}.paddy.bund", f"{NAME}.paddy.fills"),
    }
    in_part = {part: method.in_scope(f"{NAME}.{part}", units.code) for part in PARTS}
    terms = tuple(
        Term(shown, np.where(in_part[part], held[part], 0.0), figures[part]) for part in PARTS for shown in (MAIN, part)
    )
    known = np.any(list(in_part.values()), axis=0) | method.out_of_scope(NAME, units.code)
    return Physical(terms, np.where(known, units.area_m2, 0.0))


def _waters_and_vegetation(units: Units, method: Method) -> Physical:
    """The waters, and what vegetation holds of the year's storms, by the share that runs off it."""
    waters = _waters(units, method)
    growing = method.in_scope(PLANTS, units.code)
    runoff_share = method.of_class(NAME, "storm_runoff", indicator=PLANTS, codes=units.code)
    storm_m3 = np.where(growing, units.sums[STORM] / MM_PER_M, 0.0)
    runoff_m3 = np.where(growing, storm_m3 * np.nan_to_num(runoff_share), 0.0)
    terms = [
        term
        for part in (MAIN, "vegetation")
        for term in (
            Term(part, storm_m3, ("layer:storm_precipitation_mm",)),
            Term(part, -runoff_m3, ("layer:storm_precipitation_mm", f"{NAME}.storm_runoff.{CLASS}")),
        )
    ]
    return Physical((*waters.terms, *terms), np.where(growing, units.valid_m2[STORM], waters.known_m2))


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: reservoirs.storage(method)}


FLOOD_MITIGATION = Indicator(
    name=NAME,
    parts={MAIN: "m3", "vegetation": "m3", **dict.fromkeys(PARTS, "m3")},
    variants={
        "waters_and_vegetation": Variant(
            physical=_waters_and_vegetation,
            layers=lambda method, there: ("storm_precipitation_mm",),
            cell_terms=_storms,
        ),
        "waters": Variant(physical=_waters),
    },
    prices=_prices,
)
