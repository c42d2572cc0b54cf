"""Carbon sequestration (R5) and oxygen release (R6) by ecosystem unit, on one basis: their pages in docs/methods."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.units import CO2_PER_C, M2_PER_HA
from gep import guards
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Stored, Term, Variant, area_terms
from gep.indicators import carbon_sequestration, oxygen_release
from gep.methods import Method

CARBON, OXYGEN = "carbon_sequestration", "oxygen_release"
NEP, RATE, BIOMASS = f"{CARBON}.nep", f"{CARBON}.rate", f"{CARBON}.biomass"  # scopes, and names of sums over pieces
VOLUMES = ("stand_volume_before_m3_ha", "stand_volume_m3_ha")  # the earlier survey and the later


def _volumes(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    """The volume of stands in both surveys, where both are known."""
    before, after = (pieces[layer] for layer in VOLUMES)
    unknown = np.isnan(before) | np.isnan(after)
    return {f"{BIOMASS}.{layer}": np.where(unknown, np.nan, pieces[layer]) for layer in VOLUMES}


def _biomass(units: Units, method: Method) -> Physical:
    """What stands gained between two surveys, a year of it (R5a). B = a·V + b: b is in both surveys and cancels out."""
    in_scope = method.in_scope(BIOMASS, units.code)
    slope = np.nan_to_num(method.of_class(CARBON, "biomass_slope", indicator=BIOMASS, codes=units.code))
    years, carbon_share = method.figure(CARBON, "survey_years"), method.figure(CARBON, "carbon_share")
    figures = (f"{CARBON}.biomass_slope.{CLASS}", f"{CARBON}.carbon_share")
    terms = []
    for layer, sign in zip(VOLUMES, (-1.0, 1.0), strict=True):
        volume_m3 = np.where(in_scope, units.sums[f"{BIOMASS}.{layer}"] / M2_PER_HA, 0.0)
        stock_t = carbon_sequestration.biomass_t_per_ha(volume_m3, slope=slope, intercept=0.0)
        yearly_t = carbon_sequestration.co2_from_biomass(
            np.zeros(len(units)), later_t_per_ha=stock_t, years=years, carbon_share=carbon_share
        )
        terms.append(Term(MAIN, sign * yearly_t, (f"layer:{layer}", *figures)))
    out = method.out_of_scope(BIOMASS, units.code)
    known_m2 = np.where(in_scope, units.valid_m2[f"{BIOMASS}.{VOLUMES[0]}"], 0.0)
    return Physical(tuple(terms), np.where(out, units.area_m2, known_m2))


def _forest(units: Units, method: Method) -> Physical:
    """Forest as the weight by which the yearly change of biomass that a county states is shared out."""
    figures = ("statistic:biomass_change", f"{CARBON}.carbon_share")
    return area_terms(units, method, indicator=BIOMASS, per_m2={MAIN: (np.ones(len(units)), figures)})


def _co2_of_change(method: Method) -> Mapping[str, Stored]:
    """Carbon dioxide in the dry biomass that a county states to have been gained; a loss is below 0."""
    return {MAIN: Stored("biomass_change", method.figure(CARBON, "carbon_share") * CO2_PER_C, ())}


def _o2_of_change(method: Method) -> Mapping[str, Stored]:
    stored = _co2_of_change(method)[MAIN]
    return {MAIN: replace(stored, share=float(oxygen_release.o2_from_co2(np.array(stored.share))))}


def _dry_matter(units: Units, method: Method) -> Physical:
    growth = method.of_class(CARBON, "dry_matter", indicator=CARBON, codes=units.code)
    co2_t_per_ha = carbon_sequestration.co2_from_dry_matter(
        growth, co2_per_dry_matter=method.figure(CARBON, "co2_per_dry_matter")
    )
    figures = (f"{CARBON}.dry_matter.{CLASS}", f"{CARBON}.co2_per_dry_matter")
    return area_terms(units, method, indicator=CARBON, per_m2={MAIN: (co2_t_per_ha / M2_PER_HA, figures)})


def _oxygen_of_dry_matter(units: Units, method: Method) -> Physical:
    growth = method.of_class(CARBON, "dry_matter", indicator=CARBON, codes=units.code)
    o2_t_per_ha = oxygen_release.o2_from_dry_matter(
        growth, o2_per_dry_matter=method.figure(OXYGEN, "o2_per_dry_matter")
    )
    figures = (f"{CARBON}.dry_matter.{CLASS}", f"{OXYGEN}.o2_per_dry_matter")
    return area_terms(units, method, indicator=CARBON, per_m2={MAIN: (o2_t_per_ha / M2_PER_HA, figures)})


def _rate(units: Units, method: Method) -> Physical:
    rate = method.of_class(CARBON, "rate", indicator=RATE, codes=units.code)
    fixed = carbon_sequestration.co2_from_rate(rate)
    figures = (f"{CARBON}.rate.{CLASS}",)
    return area_terms(units, method, indicator=RATE, per_m2={MAIN: (fixed / M2_PER_HA, figures)})


def _fixed(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {NEP: carbon_sequestration.co2_from_nep(pieces["nep_gc_m2"])}


def _nep(units: Units, method: Method) -> Physical:
    in_scope = method.in_scope(NEP, units.code)
    co2_t = np.where(in_scope, units.sums[NEP] / M2_PER_HA, 0.0)
    out = method.out_of_scope(NEP, units.code)
    known_m2 = np.where(out, units.area_m2, np.where(in_scope, units.valid_m2[NEP], 0.0))
    return Physical((Term(MAIN, co2_t, ("layer:nep_gc_m2",)),), known_m2)


def _as_oxygen(physical: Physical) -> Physical:
    """The oxygen that goes out with the carbon dioxide that comes in."""
    terms = (Term(term.part, oxygen_release.o2_from_co2(term.amount), term.figures) for term in physical.terms)
    return Physical(tuple(terms), physical.known_m2)


def _nep_layers(method: Method, there: frozenset[str]) -> tuple[str, ...]:
    return ("nep_gc_m2",)


def _volume_layers(method: Method, there: frozenset[str]) -> tuple[str, ...]:
    return VOLUMES


def _change_stated(method: Method) -> tuple[str, ...]:
    return ("biomass_change",)


def _carbon_prices(method: Method) -> Mapping[str, Priced]:
    """A price per t C is worth 12/44 of itself per t CO2; the switch must state which of the two it is."""
    price = method.price("carbon")
    guards.check_carbon_unit(switch=method.switch("carbon_unit"), per=price.per)
    per_t_co2 = float(price.yuan) / (CO2_PER_C if price.per == "t C" else 1.0)
    return {MAIN: Priced(per_t_co2, ("prices.carbon",))}


def _oxygen_prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: Priced(float(method.price("oxygen").for_unit("t")), ("prices.oxygen",))}


CARBON_SEQUESTRATION = Indicator(
    name=CARBON,
    parts={MAIN: "t"},
    variants={
        "biomass": Variant(physical=_biomass, layers=_volume_layers, cell_terms=_volumes),
        "biomass_stated": Variant(physical=_forest, statistics=_change_stated, stores=_co2_of_change),
        "dry_matter": Variant(physical=_dry_matter),
        "rate": Variant(physical=_rate),
        "nep": Variant(physical=_nep, layers=_nep_layers, cell_terms=_fixed),
    },
    prices=_carbon_prices,
)
OXYGEN_RELEASE = Indicator(
    name=OXYGEN,
    parts={MAIN: "t"},
    variants={
        "biomass": Variant(
            physical=lambda units, method: _as_oxygen(_biomass(units, method)),
            layers=_volume_layers,
            cell_terms=_volumes,
        ),
        "biomass_stated": Variant(physical=_forest, statistics=_change_stated, stores=_o2_of_change),
        "dry_matter": Variant(physical=_oxygen_of_dry_matter),
        "rate": Variant(physical=lambda units, method: _as_oxygen(_rate(units, method))),
        "nep": Variant(
            physical=lambda units, method: _as_oxygen(_nep(units, method)), layers=_nep_layers, cell_terms=_fixed
        ),
    },
    prices=_oxygen_prices,
)
