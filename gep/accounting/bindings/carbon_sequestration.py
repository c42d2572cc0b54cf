"""Carbon sequestration (R5) by ecosystem unit: docs/methods/carbon_sequestration.md."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_HA
from gep.accounting.ecosystem_units import Pieces, Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Term, Variant, area_terms
from gep.indicators import carbon_sequestration
from gep.methods import Method

NAME = "carbon_sequestration"
NEP = f"{NAME}.nep"


def _dry_matter(units: Units, method: Method) -> Physical:
    growth = method.of_class(NAME, "dry_matter", indicator=NAME, codes=units.code)
    co2_t_per_ha = carbon_sequestration.co2_from_dry_matter(
        growth, co2_per_dry_matter=method.figure(NAME, "co2_per_dry_matter")
    )
    figures = (f"{NAME}.dry_matter.{CLASS}", f"{NAME}.co2_per_dry_matter")
    return area_terms(units, method, indicator=NAME, per_m2={MAIN: (co2_t_per_ha / M2_PER_HA, figures)})


def _fixed(pieces: Pieces, method: Method) -> Mapping[str, NDArray[np.float64]]:
    return {NEP: carbon_sequestration.co2_from_nep(pieces["nep_gc_m2"])}


def _nep(units: Units, method: Method) -> Physical:
    in_scope = method.in_scope(NAME, units.code)
    co2_t = np.where(in_scope, units.sums[NEP] / M2_PER_HA, 0.0)
    out = method.out_of_scope(NAME, units.code)
    known_m2 = np.where(out, units.area_m2, np.where(in_scope, units.valid_m2[NEP], 0.0))
    return Physical((Term(MAIN, co2_t, ("layer:nep_gc_m2",)),), known_m2)


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: Priced(float(method.price("carbon").for_unit("t CO2")), ("prices.carbon",))}


CARBON_SEQUESTRATION = Indicator(
    name=NAME,
    parts={MAIN: "t"},
    variants={
        "dry_matter": Variant(physical=_dry_matter),
        "nep": Variant(physical=_nep, layers=lambda method, there: ("nep_gc_m2",), cell_terms=_fixed),
    },
    prices=_prices,
)
