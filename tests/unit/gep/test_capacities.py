"""The capacity rule by hand: what land could take up counts up to what its county emits."""

import numpy as np
import pytest

from gep import methods
from gep.accounting import capacities
from gep.accounting.inputs import CountyStatistics
from gep.accounting.terms import MAIN, Indicator

AIR = Indicator("air", {MAIN: "t", "so2": "t"}, {}, prices=lambda method: {}, emissions={"so2": "so2_emission"})


def stated(**emission_t: float) -> CountyStatistics:
    county = np.array([name.removeprefix("c") for name in emission_t])
    return CountyStatistics(
        county=county,
        product=np.full(len(county), "so2_emission"),
        quantity=np.array(list(emission_t.values())),
        unit=np.full(len(county), "t"),
        value_fen=np.zeros(len(county), dtype=np.int64),
        has_value=np.zeros(len(county), dtype=bool),
    )


def cap(rule: str, statistics: CountyStatistics) -> capacities.Capped:
    profile = methods.profile("GBT46869_2025")
    profile = methods.Profile(**{**vars(profile), "switches": {**profile.switches, "capacity_rule": rule}})
    return capacities.cap(
        AIR,
        methods.Method(profile, region="361000", year=2024, price_year=2024),
        quantity={"so2": np.array([30.0, 10.0, 5.0, np.nan])},
        codes=np.array(["a", "b", "c", "d"]),
        county=np.array(["361002", "361002", "361028", "361028"]),
        statistics=statistics,
    )


def test_a_capacity_above_the_emission_counts_in_proportion():
    capped = cap("actual_if_below", stated(c361002=10.0, c361028=9.0))
    assert capped.of_parcels("so2", np.array(["361002", "361028"])).tolist() == [0.25, 1.0]
    assert capped.of_county("so2", "361002") == 0.25


def test_a_county_that_states_no_emission_is_unknown_and_not_zero():
    capped = cap("actual_if_below", stated(c361002=10.0))
    assert np.isnan(capped.of_parcels("so2", np.array(["361028"]))[0])
    assert capped.of_county("so2", "361028") == 0


def test_full_capacity_caps_nothing():
    capped = cap("full_capacity", stated(c361002=10.0))
    assert capped.of_parcels("so2", np.array(["361002", "361028"])).tolist() == pytest.approx([1, 1])
