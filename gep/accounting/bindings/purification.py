"""Air (R7) and water purification (R8) by ecosystem unit: capacities by class, counted up to what a county emits."""

from collections.abc import Callable, Mapping

import numpy as np

from gep.accounting.ecosystem_units import Units
from gep.accounting.terms import CLASS, MAIN, Indicator, Physical, Priced, Term, Variant
from gep.indicators.regulating import capacity
from gep.methods import Method

ACTUAL = "actual_if_below"
AIR, WATER = "air_purification", "water_purification"


def _capacities(indicator: str, pollutants: tuple[str, ...]) -> Callable[[Units, Method], Physical]:
    """The capacity of each unit for each pollutant; a pollutant may have a scope of its own."""

    def physical(units: Units, method: Method) -> Physical:
        terms = []
        for pollutant in pollutants:
            rate = method.of_class(indicator, pollutant, indicator=f"{indicator}.{pollutant}", codes=units.code)
            amount = np.nan_to_num(capacity.capacity_t(units.area_m2, rate_kg_per_ha=rate))  # NaN: out of scope
            terms.append(Term(pollutant, amount, (f"{indicator}.{pollutant}.{CLASS}",)))
        known = method.in_scope(indicator, units.code) | method.out_of_scope(indicator, units.code)
        return Physical(tuple(terms), np.where(known, units.area_m2, 0.0))

    return physical


def _indicator(name: str, pollutants: tuple[str, ...]) -> Indicator:
    emissions = {pollutant: f"emission_{pollutant}" for pollutant in pollutants}

    def stated(method: Method) -> tuple[str, ...]:
        return tuple(emissions.values()) if method.switch("capacity_rule") == ACTUAL else ()

    def prices(method: Method) -> Mapping[str, Priced]:
        return {
            pollutant: Priced(float(method.price(pollutant).for_unit("t")), (f"prices.{pollutant}",))
            for pollutant in pollutants
            if method.profile.values(name, pollutant)
        }

    return Indicator(
        name=name,
        parts={MAIN: "t", **dict.fromkeys(pollutants, "t")},
        variants={"capacity": Variant(physical=_capacities(name, pollutants), statistics=stated)},
        prices=prices,
        sums=pollutants,
        emissions=emissions,
    )


AIR_PURIFICATION = _indicator(AIR, ("so2", "nox", "dust"))
WATER_PURIFICATION = _indicator(WATER, ("cod", "tn", "tp"))
