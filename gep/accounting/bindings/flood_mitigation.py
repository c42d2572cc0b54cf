"""Flood mitigation (R4) by ecosystem unit: what vegetation, lakes, reservoirs, marshes and paddies hold back."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_KM2, MM_PER_M
from gep.accounting.bindings import reservoirs
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, CountyFigure, Indicator, Physical, Priced, Stored, Term, Variant
from gep.indicators import flood_mitigation
from gep.methods import Method

NAME = "flood_mitigation"
STORM, PLANTS = f"{NAME}.storm", f"{NAME}.vegetation"
RESERVOIR = "reservoir"
PARTS = ("vegetation", "lake", RESERVOIR, "marsh", "paddy")
CHANGES = CountyFigure("lake_level_changes", NAME, "lake.changes")
FIGURES = {
    "lake": (),  # of one change of its water; how often it changes is the county's figure
    "marsh": (f"{NAME}.marsh.depth",),
    "paddy": (f"{NAME}.paddy.bund", f"{NAME}.paddy.fills"),
}


def _storms(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {STORM: pieces["storm_precipitation_mm"]}


def _waters(units: Units, method: Method, *, storage: Callable[[Method], Stored] | None) -> Physical:
    """Lakes, marshes and paddies, each unit of a lake taken as a lake of its own; reservoirs weigh by area."""
    held = {
        "lake": flood_mitigation.lake_m3(
            units.area_m2 / M2_PER_KM2,
            intercept=method.figure(NAME, "lake.intercept"),
            exponent=method.figure(NAME, "lake.exponent"),
            changes=1.0,
        ),
        "marsh": flood_mitigation.marsh_m3(units.area_m2 / M2_PER_KM2, depth_m=method.figure(NAME, "marsh.depth")),
        "paddy": flood_mitigation.paddy_m3(
            units.area_m2, bund_m=method.figure(NAME, "paddy.bund"), fills=method.figure(NAME, "paddy.fills")
        ),
    }
    in_part = {part: method.in_scope(f"{NAME}.{part}", units.code) for part in (*held, RESERVOIR)}
    terms = [Term(part, np.where(in_part[part], amount, 0.0), FIGURES[part]) for part, amount in held.items()]
    if storage:
        stored = storage(method)
        figures = (f"statistic:{stored.statistic}", *stored.figures)
        terms.append(Term(RESERVOIR, np.where(in_part[RESERVOIR], units.area_m2, 0.0), figures))
    known = np.any([inside for part, inside in in_part.items() if storage or part != RESERVOIR], axis=0)
    known |= method.out_of_scope(NAME, units.code)
    return Physical(tuple(terms), np.where(known, units.area_m2, 0.0))


def _waters_and_vegetation(units: Units, method: Method, *, storage: Callable[[Method], Stored] | None) -> Physical:
    """The waters, and what vegetation holds of the year's storms, by the share that runs off it."""
    waters = _waters(units, method, storage=storage)
    growing = method.in_scope(PLANTS, units.code)
    runoff_share = method.of_class(NAME, "storm_runoff", indicator=PLANTS, codes=units.code)
    storm_m3 = np.where(growing, units.sums[STORM] / MM_PER_M, 0.0)
    runoff_m3 = np.where(growing, storm_m3 * np.nan_to_num(runoff_share), 0.0)
    terms = (
        Term("vegetation", storm_m3, ("layer:storm_precipitation_mm",)),
        Term("vegetation", -runoff_m3, ("layer:storm_precipitation_mm", f"{NAME}.storm_runoff.{CLASS}")),
    )
    return Physical((*waters.terms, *terms), np.where(growing, units.valid_m2[STORM], waters.known_m2))


def _free(method: Method) -> Stored:
    """What reservoirs keep free for floods, as the water bureau states it."""
    return Stored("flood_storage", 1.0, ())


def _share_of_whole(method: Method) -> Stored:
    """The share of their whole storage that reservoirs keep free, where the bureau states no more."""
    return Stored("reservoir_storage", method.figure(NAME, "reservoir.flood_share"), (f"{NAME}.reservoir.flood_share",))


def _variant(*, vegetation: bool, storage: Callable[[Method], Stored] | None, statistic: str) -> Variant:
    return Variant(
        physical=partial(_waters_and_vegetation if vegetation else _waters, storage=storage),
        layers=lambda method, there: ("storm_precipitation_mm",) if vegetation else (),
        cell_terms=_storms if vegetation else None,
        statistics=lambda method: (statistic,) if statistic else (),
        stores=lambda method: {RESERVOIR: storage(method)} if storage else {},
        by_county={"lake": CHANGES},
    )


def _prices(method: Method) -> Mapping[str, Priced]:
    return dict.fromkeys(PARTS, reservoirs.storage(method))


FLOOD_MITIGATION = Indicator(
    name=NAME,
    parts={MAIN: "m3", **dict.fromkeys(PARTS, "m3")},
    variants={
        f"{waters}{reservoir}": _variant(vegetation=vegetation, storage=storage, statistic=statistic)
        for waters, vegetation in (("waters", False), ("waters_and_vegetation", True))
        for reservoir, storage, statistic in (
            ("", None, ""),
            ("_reservoir_share", _share_of_whole, "reservoir_storage"),
            ("_flood_storage", _free, "flood_storage"),
        )
    },
    prices=_prices,
    sums=PARTS,
)
