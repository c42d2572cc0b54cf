"""The capacity rule by hand: what land could take up counts up to what its county emits."""

import numpy as np
import pytest

from gep import methods
from gep.accounting import capacities
from gep.accounting.grouping import AreaGroups
from gep.accounting.inputs import CountyStatistics
from gep.accounting.parcel_columns import ParcelColumns
from gep.accounting.terms import MAIN, Indicator, Physical, Variant

AIR = Indicator("air", {MAIN: "t", "so2": "t"}, {}, prices=lambda method: {}, emissions={"so2": "so2_emission"})
BY_AREA = Variant(physical=lambda units, method: Physical((), np.zeros(0)))


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


def four_parcels() -> ParcelColumns:
    """Two parcels in each of two counties."""
    return ParcelColumns(
        codes=np.array(["a", "b", "c", "d"]), areas={"county": np.array(["361002", "361002", "361028", "361028"])},
        ecosystem=np.full(4, "111"), area_m2=np.ones(4), geometric_area_m2=np.ones(4),
        area_factor=np.full(4, np.nan), inside_share=np.ones(4),
    )  # fmt: skip


def cap(rule: str, statistics: CountyStatistics) -> capacities.Counted:
    profile = methods.profile("GBT46869_2025")
    profile = methods.Profile(**{**vars(profile), "switches": {**profile.switches, "capacity_rule": rule}})
    return capacities.count(
        AIR,
        BY_AREA,
        methods.Method(profile, region="361000", year=2024, price_year=2024),
        quantity={"so2": np.array([30.0, 10.0, 5.0, np.nan])},
        parcels=four_parcels(),
        statistics=statistics,
    )


def test_a_capacity_above_the_emission_counts_in_proportion():
    capped = cap("actual_if_below", stated(c361002=10.0, c361028=9.0))
    assert capped.of_parcels("so2", AreaGroups.of(np.array(["361002", "361028"]))).tolist() == [0.25, 1.0]
    assert capped.of_county("so2", "361002") == 0.25


def test_a_county_that_states_no_emission_is_unknown_and_not_zero():
    capped = cap("actual_if_below", stated(c361002=10.0))
    assert np.isnan(capped.of_parcels("so2", AreaGroups.of(np.array(["361028"])))[0])
    assert capped.of_county("so2", "361028") == 0


def test_full_capacity_caps_nothing():
    capped = cap("full_capacity", stated(c361002=10.0))
    assert capped.of_parcels("so2", AreaGroups.of(np.array(["361002", "361028"]))).tolist() == pytest.approx([1, 1])


def test_a_pollutant_that_is_not_stated_takes_no_value_from_those_that_are():
    from gep import accounting
    from gep.accounting.inputs import Layers, Parcels
    from gep.coverage import Grid
    from tests.unit.gep.test_ecosystem_units import rectangle

    items = ("emission_so2", "emission_nox", "emission_dust")
    rows = [("361002", item, 0.001) for item in items] + [("361028", "emission_so2", 0.001)]
    statistics = CountyStatistics(
        county=np.array([county for county, _, _ in rows]), product=np.array([item for _, item, _ in rows]),
        quantity=np.array([quantity for _, _, quantity in rows]), unit=np.full(len(rows), "t"),
        value_fen=np.zeros(len(rows), dtype=np.int64), has_value=np.zeros(len(rows), dtype=bool),
    )  # fmt: skip
    county = np.array(["361002", "361028"])
    both = Parcels(
        np.array(["a", "b"]), np.array([rectangle(0, 1, 0, 1), rectangle(0, 1, 1, 2)], dtype=object),
        {level: county for level in accounting.LEVELS},
    )  # fmt: skip
    account = accounting.compile_account(
        both, Layers(Grid(500_000.0, 3_060_000.0, 30.0, 1, 2), np.array([[111, 111]], dtype=np.int16), {}),
        methods.Method(methods.profile("GBT46869_2025"), region="361000", year=2024, price_year=2024),
        statistics=statistics,
    )  # fmt: skip
    air = account.results["air_purification"]
    assert air.parts["so2_t"].tolist() == pytest.approx([0.001, 0.001])
    assert np.isnan(air.parts["nox_t"][1])
    assert air.value_fen[1] == 126  # 0.001 t of SO2 at 1,263.16 CNY
    assert air.coverage_share.tolist() == pytest.approx([1, 1 / 3])
    assert sum(by.get("air_purification", 0) for by in account.by_class_fen.values()) == int(air.value_fen.sum())
