"""A whole account on a tiny county: what adds up, what does not depend on order, what is missing and said."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gep import accounting, allocation, ecosystems, methods
from gep.accounting import Layers, Parcels
from gep.coverage import Grid
from tests.unit.gep import landscapes

GRID = Grid(landscapes.WEST_M, landscapes.NORTH_M, landscapes.CELL_M, landscapes.ROWS, landscapes.COLUMNS)

WITHOUT_STATISTICS = {
    "air_purification": ("emission_so2", "emission_nox", "emission_dust"),
    "water_purification": ("emission_cod", "emission_tn", "emission_tp"),
    "crops": ("crops",),
    "forestry": ("forestry",),
    "livestock": ("livestock",),
    "fishery": ("fishery",),
    "tourism": ("tourism",),
    "leisure": ("leisure",),
    "landscape_premium": ("landscape_premium",),
}


def layers(**changes) -> Layers:
    measured = {name: landscapes.layer(name).astype(float) for name in landscapes.MEASURED} | changes
    return Layers(GRID, landscapes.CLASSES.astype(np.int16), {k: v for k, v in measured.items() if v is not None})


def method(**switches) -> methods.Method:
    profile = methods.profile("GBT46869_2025", switches=switches)
    return methods.Method(profile, region="361028", year=2024, price_year=2024)


def parcels(order=(0, 1, 2, 3), *, shift_m: float = 0) -> Parcels:
    import shapely

    order = np.array(order)
    shapes = shapely.transform(landscapes.quarters(), lambda xy: xy + shift_m)[order]
    village = np.array(["v1", "v1", "v2", "v2"])[order]
    one = np.full(len(order), "x")
    return Parcels(
        np.array([f"p{n}" for n in order]), shapes, {"village": village, "town": one, "county": one, "region": one}
    )


def test_parcels_add_up_to_every_level_to_the_fen():
    account = accounting.compile_account(parcels(), layers(), method())
    for level in accounting.LEVELS:
        assert sum(total.value_fen for total in account.totals if total.level == level) == account.total_fen
    assert account.total_fen > 0


@given(order=st.permutations(range(4)), block=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_blocks_and_order_change_no_bit(order, block):
    one = accounting.compile_account(parcels(), layers(), method())
    other = accounting.compile_account(parcels(order), layers(), method(), block=block)
    for name, result in one.results.items():
        assert np.array_equal(result.quantity[np.array(order)], other.results[name].quantity)
        assert np.array_equal(result.value_fen[np.array(order)], other.results[name].value_fen)
    assert one.totals == other.totals


def test_soil_of_the_account_by_hand():
    # T26 and T27: K 0.0156710, LS 5.73480, cover 85 % of forest: C 0.004; R = 0.0534 * 1750^1.6548 = 12420.0.
    account = accounting.compile_account(parcels(), layers(), method())
    forest_ha = 6 * 5 * 900 / 10_000
    forest = 12_420.0 * 0.0156710 * 5.73480 * 0.996 * forest_ha
    paddy = 12_420.0 * 0.0156710 * 5.73480 * (6 * 2 * 900 / 10_000)
    total = next(t for t in account.totals if t.level == "region" and t.indicator == "soil_retention")
    assert total.quantity == pytest.approx(forest + paddy, rel=5e-5)


def test_carbon_of_the_account_by_hand():
    # 18 cells of broadleaf at 17.27 t, 12 of needleleaf at 9.87 t dry matter; 1.63 t CO2 for each.
    account = accounting.compile_account(parcels(), layers(), method())
    total = next(t for t in account.totals if t.level == "region" and t.indicator == "carbon_sequestration")
    assert total.quantity == pytest.approx((18 * 17.27 + 12 * 9.87) * 0.09 * 1.63)
    assert account.results["carbon_sequestration"].yuan_per_unit == 95.84


def test_missing_cells_lower_the_coverage_and_count_nothing():
    rain = landscapes.layer("precipitation_mm").copy()
    rain[:, :2] = np.nan
    full = accounting.compile_account(parcels(), layers(), method()).results["water_retention"]
    holed = accounting.compile_account(parcels(), layers(precipitation_mm=rain), method()).results["water_retention"]
    assert full.coverage_share.tolist() == pytest.approx([1, 1, 1, 1])
    assert holed.coverage_share[0] == pytest.approx(0.4)  # 60 m of 100 m are missing
    assert holed.quantity[0] < full.quantity[0]
    assert holed.quantity[1] == full.quantity[1]


def test_a_parcel_without_any_data_has_no_quantity():
    rain = np.full((landscapes.ROWS, landscapes.COLUMNS), np.nan)
    account = accounting.compile_account(parcels(), layers(precipitation_mm=rain), method())
    # What is left of the parcels is out of scope (paddy, river), in the east only.
    assert np.isnan(account.results["water_retention"].quantity[0])
    assert account.results["water_retention"].value_fen[0] == 0


def test_an_indicator_without_its_layers_is_pending_and_in_no_total():
    account = accounting.compile_account(parcels(), layers(dem_m=None, evapotranspiration_mm=None), method())
    assert account.pending == {
        "water_retention": ("evapotranspiration_mm",), "soil_retention": ("dem_m",), **WITHOUT_STATISTICS
    }  # fmt: skip
    left = {"carbon_sequestration", "climate_regulation", "flood_mitigation"}
    assert set(account.results) == left
    assert {total.indicator for total in account.totals} == left


def test_layers_elsewhere_are_refused_in_one_sentence():
    with pytest.raises(accounting.LayersDoNotMeet, match="no parcel lies on the layers"):
        accounting.compile_account(parcels(shift_m=1_000_000), layers(), method())


def test_a_missing_figure_names_table_key_region_and_day():
    stale = methods.Method(methods.profile("GBT46869_2025"), region="361028", year=1999, price_year=2024)
    with pytest.raises(methods.CoefficientMissing, match="has no row for '[a-z_.0-9]+' in 361028 on 1999-12-31"):
        accounting.compile_account(parcels(), layers(), stale)


def test_a_price_of_the_nearest_year_stands_in_and_is_told():
    earlier = methods.Method(methods.profile("GBT46869_2025"), region="361028", year=2023, price_year=2020)
    account = accounting.compile_account(parcels(), layers(), earlier)
    assert account.results["carbon_sequestration"].prices[""].yuan_per_unit == 95.84
    assert "carbon (2024)" in earlier.unindexed_prices()


def test_an_account_with_an_unconfirmed_figure_says_so():
    taken = method()
    taken.profile = replace(taken.profile, unconfirmed=())
    assert not taken.unconfirmed
    accounting.compile_account(parcels(), layers(), taken)
    assert taken.unconfirmed
    assert "erosivity.factor" in {row["key"] for row in taken.figures() if row["tag"] == "U"}
    assert taken.unindexed_prices() == ["dredging (2010)", "electricity (2010)", "reservoir (2010)"]


def test_the_practice_factor_changes_paddies_alone():
    plain = accounting.compile_account(parcels(), layers(), method()).results["soil_retention"]
    practised = accounting.compile_account(parcels(), layers(), method(soil_P_factor=True)).results["soil_retention"]
    assert np.array_equal(plain.quantity, practised.quantity)  # forest P = 1, paddy C = 0: nothing to change


def test_nep_variant_wants_its_layer():
    account = accounting.compile_account(parcels(), layers(), method(carbon_sequestration_variant="nep"))
    assert account.pending == {"carbon_sequestration": ("nep_gc_m2",), **WITHOUT_STATISTICS}


def test_unknown_switches_and_profiles_are_refused_by_name():
    with pytest.raises(methods.UnknownSwitch, match="magic"):
        methods.profile("GBT46869_2025", switches={"magic": True})
    with pytest.raises(methods.UnknownProfile, match="GBT46869_2025"):
        methods.profile("../GBT46869_2025")


def test_t35_allocation_is_exact_and_leaves_nothing_out():
    shares = allocation.allocate(123_456_789, weights=np.array([7320.0, 16470.0, 5220.0]), codes=["a", "b", "c"])
    assert shares.parcels_fen.tolist() == [31_151_454, 70_090_773, 22_214_562]
    assert int(shares.parcels_fen.sum()) == 123_456_789


def test_ties_go_by_code_and_a_total_without_weights_stays_unallocated():
    tied = allocation.allocate(5, weights=np.ones(3), codes=["c", "a", "b"])
    assert tied.parcels_fen.tolist() == [1, 2, 2]
    idle = allocation.allocate(5, weights=np.zeros(3), codes=["c", "a", "b"])
    assert (idle.parcels_fen.tolist(), idle.unallocated_fen) == ([0, 0, 0], 5)


@pytest.mark.parametrize(
    ("scheme", "code", "master"), [("clcd", 5, 43), ("clcd", 4, 33), ("worldcover", 10, 13), ("globeland30", 40, 21)]
)
def test_land_cover_products_become_master_classes(scheme, code, master):
    assert ecosystems.to_master(np.array([[code, 0]]), scheme=scheme).tolist() == [[master, 0]]


def test_unknown_land_cover_is_refused_by_code():
    with pytest.raises(ecosystems.UnknownClass, match=r"\[77\] are not classes of clcd"):
        ecosystems.to_master(np.array([[1, 77]]), scheme="clcd")


def test_the_worked_example_of_land_cover():
    assert ecosystems.to_master(np.array([[1, 2, 5, 0]]), scheme="clcd").tolist() == [[512, 13, 43, 0]]
    with pytest.raises(ecosystems.UnknownClass, match=r"land cover codes \[10\] are not classes of clcd"):
        ecosystems.to_master(np.array([[1, 10]]), scheme="clcd")
