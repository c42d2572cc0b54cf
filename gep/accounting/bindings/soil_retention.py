"""Soil retention (R2) by ecosystem unit: docs/methods/soil_retention.md."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_HA
from gep import ecosystems
from gep.accounting.ecosystem_units import Pieces, Units, Window
from gep.accounting.terms import MAIN, Derivation, Indicator, Physical, Priced, Term, Variant
from gep.indicators import soil_retention
from gep.methods import Method

NAME = "soil_retention"
POTENTIAL, LOST = f"{NAME}.potential", f"{NAME}.lost"
FACTORS = ("layer:rainfall_erosivity", "layer:soil_erodibility", "layer:slope_length_steepness")
GROUPS = sorted({kind.cover for kind in ecosystems.CLASSES})
DAILY_RAIN = ("daily_rain_power_warm", "daily_rain_power_cold")
TEXTURE = ("sand_percent", "silt_percent", "clay_percent", "organic_carbon_percent")


def _erosivity_of_days(window: Window, method: Method) -> NDArray[np.float64]:
    """R by the daily rain of the warm and of the cold half-year (A.5, A.6)."""
    warm, cold = (window.layers[name] for name in DAILY_RAIN)
    return soil_retention.erosivity_of_half_years(
        warm, cold, warm_factor=method.figure(NAME, "erosivity_daily.warm"),
        cold_factor=method.figure(NAME, "erosivity_daily.cold"),
    )  # fmt: skip


def _erosivity(window: Window, method: Method) -> NDArray[np.float64]:
    return soil_retention.erosivity_annual(
        window.layers["precipitation_mm"],
        factor=method.figure(NAME, "erosivity.factor"),
        exponent=method.figure(NAME, "erosivity.exponent"),
    )


def _erodibility(window: Window, method: Method) -> NDArray[np.float64]:
    texture = {name: window.layers[name] for name in TEXTURE}
    return soil_retention.erodibility(soil_retention.erodibility_epic(**texture))


def _slope_length_steepness(window: Window, method: Method) -> NDArray[np.float64]:
    """L·S of every cell of the terrain; the slope of a cell is as long as its side."""
    sine = soil_retention.slope_sine(window.layers["dem_m"], cell_m=window.grid.cell_m)
    length = soil_retention.slope_length_factor(
        sine,
        length_m=window.grid.cell_m,
        constant=method.figure(NAME, "slope_length.sine"),
        longest_m=method.figure(NAME, "slope_length.longest"),
    )
    return length * soil_retention.slope_factor(sine)


def _layers(method: Method, there: frozenset[str]) -> tuple[str, ...]:
    cover = "usle_c" if "usle_c" in there else "vegetation_cover"
    return ("rainfall_erosivity", "soil_erodibility", "slope_length_steepness", cover)


def _potential_and_lost(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    """Soil that bare land would lose and that this land loses, t/(hm²·a), where every factor is known."""
    potential = soil_retention.potential_t_per_ha(
        erosivity=pieces["rainfall_erosivity"],
        erodibility=pieces["soil_erodibility"],
        slope_length=pieces["slope_length_steepness"],
        slope=1.0,
    )
    cover = pieces["usle_c"] if "usle_c" in pieces.layers else _cover(pieces, method)
    lost = potential * cover * _practice(pieces, method)
    return {POTENTIAL: np.where(np.isnan(lost), np.nan, potential), LOST: lost}


def _cover(pieces: Pieces, method: Method) -> NDArray[np.float64]:
    """C by the cover group of the class and the share of the ground that is green."""
    place = np.full(1_000, -1, dtype=np.int8)
    for kind in ecosystems.CLASSES:
        place[int(kind.code)] = GROUPS.index(kind.cover)
    group, percent = place[pieces.code], pieces["vegetation_cover"]
    factors = np.full(len(group), np.nan)
    for number, name in enumerate(GROUPS):
        own = np.flatnonzero(group == number)
        if len(own):
            factors[own] = soil_retention.cover_factor(
                cover=np.full(len(own), name), vegetation_percent=percent[own], table={name: _cover_row(name, method)}
            )
    return factors


def _cover_row(group: str, method: Method) -> float | tuple[float, ...]:
    if group in {"forest", "shrub", "grass", "garden"}:
        return tuple(method.figure(NAME, f"cover.{group}.{edge}") for edge in soil_retention.COVER_BINS)
    if group == "dry":
        return method.figure(NAME, "cover_dry.intercept"), method.figure(NAME, "cover_dry.slope")
    return method.figure(NAME, f"cover.{group}")


def _practice(pieces: Pieces, method: Method) -> NDArray[np.float64] | float:
    if not method.switch("soil_P_factor"):
        return 1.0
    if "usle_p" in pieces.layers:
        return pieces["usle_p"]
    figures = np.full(1_000, np.nan)
    for code in np.unique(pieces.code[pieces.code != ecosystems.NO_CLASS]).tolist():
        figures[code] = method.figure(NAME, f"practice.{ecosystems.BY_CODE[str(code)].cover}")
    return figures[pieces.code]


def _rusle(units: Units, method: Method) -> Physical:
    """What cover and practice keep of the soil, with the sediment and the nutrients in it."""
    in_scope = method.in_scope(NAME, units.code)
    potential_t = np.where(in_scope, units.sums[POTENTIAL] / M2_PER_HA, 0.0)
    lost_t = np.where(in_scope, units.sums[LOST] / M2_PER_HA, 0.0)
    terms = [
        Term("potential", potential_t, FACTORS),
        Term("actual", lost_t, (*FACTORS, "soil_retention.cover")),
    ]
    for part, (per_t, figures) in _per_t(method).items():
        terms.append(Term(part, potential_t * per_t, (*FACTORS, *figures)))
        terms.append(Term(part, -lost_t * per_t, (*FACTORS, "soil_retention.cover", *figures)))
    out = method.out_of_scope(NAME, units.code)
    return Physical(tuple(terms), np.where(out, units.area_m2, np.where(in_scope, units.valid_m2[LOST], 0.0)))


def _per_t(method: Method) -> dict[str, tuple[float, tuple[str, ...]]]:
    """How much of each part one tonne of kept soil makes."""
    silted, density = method.figure(NAME, "sedimentation_share"), method.figure(NAME, "bulk_density")
    return {
        MAIN: (1.0, ()),
        "sediment": (silted / density, (f"{NAME}.sedimentation_share", f"{NAME}.bulk_density")),
        "nitrogen": (method.figure(NAME, "nitrogen"), (f"{NAME}.nitrogen",)),
        "phosphorus": (method.figure(NAME, "phosphorus"), (f"{NAME}.phosphorus",)),
    }


def _prices(method: Method) -> Mapping[str, Priced]:
    """Soil is worth the dredging that it saves and the nutrients that it keeps, as far as the profile values them."""
    named = {"sediment": ("dredging", "m3"), "nitrogen": ("nitrogen", "t"), "phosphorus": ("phosphorus", "t")}
    return {
        part: Priced(float(method.price(price).for_unit(unit)), (f"prices.{price}",))
        for part, (price, unit) in named.items()
        if method.profile.values(NAME, part)
    }


DERIVATIONS = (  # of one layer in order of preference
    Derivation("rainfall_erosivity", DAILY_RAIN, _erosivity_of_days),
    Derivation("rainfall_erosivity", ("precipitation_mm",), _erosivity),
    Derivation("soil_erodibility", TEXTURE, _erodibility),
    Derivation("slope_length_steepness", ("dem_m",), _slope_length_steepness),
)
SOIL_RETENTION = Indicator(
    name=NAME,
    parts={MAIN: "t", "potential": "t", "actual": "t", "sediment": "m3", "nitrogen": "t", "phosphorus": "t"},
    variants={"rusle": Variant(physical=_rusle, layers=_layers, uses=("usle_p",), cell_terms=_potential_and_lost)},
    prices=_prices,
)
