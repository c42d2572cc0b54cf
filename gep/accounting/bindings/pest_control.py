"""Pest control (R10) by ecosystem unit: the natural area, at what treating it would cost."""

from collections.abc import Mapping

import numpy as np

from gep import ecosystems
from gep.accounting.ecosystem_units import Units
from gep.accounting.terms import MAIN, Indicator, Physical, Priced, Term, Variant
from gep.indicators import pest_control
from gep.methods import Method

NAME = "pest_control"


def _natural_area(units: Units, method: Method) -> Physical:
    in_scope = method.in_scope(NAME, units.code)
    known = in_scope | method.out_of_scope(NAME, units.code)
    terms = []
    for cover in ("forest", "grass"):
        of_cover = np.isin(units.code, [int(kind.code) for kind in ecosystems.CLASSES if kind.cover == cover])
        saved_yuan = pest_control.value_yuan(
            units.area_m2, treatment_yuan_per_ha=method.figure(NAME, f"natural.{cover}")
        )
        terms.append(Term(MAIN, np.where(in_scope & of_cover, saved_yuan, 0.0), (f"{NAME}.natural.{cover}",)))
    return Physical(tuple(terms), np.where(known, units.area_m2, 0.0))


def _prices(method: Method) -> Mapping[str, Priced]:
    return {MAIN: Priced(1.0, ())}


PEST_CONTROL = Indicator(
    name=NAME, parts={MAIN: "yuan"}, variants={"natural_area": Variant(physical=_natural_area)}, prices=_prices
)
