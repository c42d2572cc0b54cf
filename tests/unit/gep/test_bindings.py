"""Each indicator over a landscape small enough to be calculated by hand; the answers are written out.

One row of cells of 100 m, a hectare each, a parcel over each two of them unless a test says otherwise.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from core import coefficients
from gep import accounting, ecosystems, guards, methods
from gep.accounting import CountyStatistics, Layers, Parcels
from gep.accounting.bindings import INDICATORS
from gep.coverage import Grid
from gep.indicators import soil_retention
from gep.method_profiles import indicator_list

METHOD = methods.Method(methods.profile("GBT46869_2025"), region="361028", year=2024, price_year=2024)
HEAD = "key,value,unit,per,region,valid_from,valid_to,source,locator,tag\n"


def compiled(codes, *, profile="GBT46869_2025", statistics=None, measured=None, overrides=None, **switches):
    """The account of one row of hectares of these classes, each a parcel of its own in county c."""
    width = len(codes)
    grid = Grid(500_000.0, 3_000_000.0, 100.0, 1, width)
    layers = Layers(grid, np.array([codes], dtype=np.int16), {
        name: np.broadcast_to(np.asarray(values, dtype=float), (1, width)).copy()
        for name, values in (measured or {}).items()
    })  # fmt: skip
    west = 500_000.0 + 100.0 * np.arange(width)
    county = np.full(width, "c")
    parcels = Parcels(
        np.array([f"p{n}" for n in range(width)]), shapely.box(west, 2_999_900.0, west + 100.0, 3_000_000.0),
        dict.fromkeys(("village", "town", "county", "region"), county),
    )  # fmt: skip
    chosen = methods.profile(profile, switches=switches)
    method = methods.Method(chosen, region="361028", year=2024, price_year=2024, overrides=overrides)
    return accounting.compile_account(parcels, layers, method, statistics=statistics)


def emissions(**stated) -> CountyStatistics:
    return of_county(**{f"emission_{name}": amount for name, amount in stated.items()})


def of_county(**stated) -> CountyStatistics:
    count = len(stated)
    return CountyStatistics(
        county=np.full(count, "c"), product=np.array(list(stated)),
        quantity=np.array(list(stated.values()), dtype=float), unit=np.full(count, "t"),
        value_fen=np.zeros(count, dtype=np.int64), has_value=np.zeros(count, dtype=bool),
    )  # fmt: skip


def own_figures(tmp_path: Path, *rows: str) -> coefficients.CoefficientTable:
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "".join(f"{row},361028,2020-01-01,,own survey,p. 1,V\n" for row in rows))
    return coefficients.read(path, any_source=True)


def test_bindings_are_as_the_list_of_indicators_tells():
    for name, indicator in INDICATORS.items():
        listed = indicator_list()[name]
        assert indicator.unit == listed.unit
        assert {part: unit for part, unit in indicator.parts.items() if part} == dict(listed.parts)
        ways = indicator_list()[listed.follows].variants if listed.follows else listed.variants
        assert set(indicator.variants) == {way.name for way in ways.values() if not way.formula_only}
        by_county = {own.statistic for way in indicator.variants.values() for own in way.by_county.values()}
        assert by_county == set(listed.by_county)
        for name, way in ways.items():
            bound = indicator.variants[name]
            assert not bound.stores(METHOD) or {s.statistic for s in bound.stores(METHOD).values()} == set(
                way.statistics
            )


def test_water_stored_by_forest_and_the_yearly_cost_of_storage():
    account = compiled([111, 14, 511], water_retention_variant="storage", reservoir_cost="annualised")
    water = account.results["water_retention"]
    assert (water.variant, water.unit) == ("storage", "m3")
    assert water.quantity.tolist() == pytest.approx([3_888.0, 0.0, 0.0])  # 10,000 m² · 1.08 m · 0.36
    assert water.coverage_share.tolist() == [1.0, 1.0, 1.0]
    assert water.value_fen[0] == 150_358  # 7.06 CNY · 0.05477674 = 0.386724 CNY/m³
    full = compiled([111], water_retention_variant="storage").results["water_retention"]
    assert full.value_fen[0] == 2_744_928


def test_water_balance_of_the_rain_that_runs_off():
    rain = {"precipitation_mm": 1_800.0, "runoff_precipitation_mm": 1_400.0, "evapotranspiration_mm": 800.0}
    usual = compiled([111], measured=rain).results["water_retention"].quantity[0]
    assert usual == pytest.approx(9_163.0)  # (1,800 - 83.7 - 800) mm over a hectare
    other = compiled([111], measured=rain, p_in_water_balance="runoff_producing").results["water_retention"]
    assert other.quantity[0] == pytest.approx(5_349.0)  # (1,400 - 65.1 - 800)
    del rain["runoff_precipitation_mm"]
    lacking = compiled([111], measured=rain, p_in_water_balance="runoff_producing").pending
    assert lacking["water_retention"] == ("runoff_precipitation_mm",)


def test_floods_held_by_lake_marsh_and_paddy():
    flood = compiled([421, 41, 511, 422, 111, 512]).results["flood_mitigation"]
    # lake of 0.01 km²: e^4.924 · 0.01^1.128 · 3.19 · 10,000 = 137.551 · 0.00554626 · 31,900
    assert flood.quantity[[0, 1, 2]].tolist() == pytest.approx([24_336.0, 3_000.0, 1_000.0], rel=2e-4)
    assert flood.parts["lake_m3"][0] == flood.quantity[0]
    assert np.isnan(flood.quantity[3])  # a reservoir wants the storage that statistics state
    assert flood.quantity[[4, 5]].tolist() == [0.0, 0.0]
    assert flood.value_fen[1] == 2_118_000
    assert flood.parts["marsh_m3"][1] == pytest.approx(3_000.0)


@pytest.mark.parametrize(
    ("stated", "variant", "reservoir_m3"),
    [
        ({"reservoir_storage": 3.0e6}, "waters_reservoir_share", [525_000.0, 525_000.0]),  # 35 % of it
        ({"reservoir_storage": 3.0e6, "flood_storage": 8.0e5}, "waters_flood_storage", [400_000.0, 400_000.0]),
    ],
)
def test_floods_held_by_reservoirs(stated, variant, reservoir_m3):
    account = compiled([422, 422, 41], statistics=of_county(**stated))
    flood = account.results["flood_mitigation"]
    assert flood.variant == variant
    assert flood.parts["reservoir_m3"].tolist() == pytest.approx([*reservoir_m3, 0.0])
    assert flood.quantity.tolist() == pytest.approx([*reservoir_m3, 3_000.0])
    assert flood.coverage_share.tolist() == [1.0, 1.0, 1.0]
    assert flood.value_fen.tolist() == [round(706 * m3) for m3 in (*reservoir_m3, 3_000)]
    assert account.by_class_fen["422"]["flood_mitigation"] == round(706 * sum(reservoir_m3))


def test_floods_held_by_vegetation(tmp_path):
    own = own_figures(tmp_path, "flood_mitigation.storm_runoff.111,0.25,1,storm")
    flood = compiled([111, 511], measured={"storm_precipitation_mm": [300.0, 300.0]}, overrides=own)
    assert flood.results["flood_mitigation"].variant == "waters_and_vegetation"
    assert flood.results["flood_mitigation"].quantity.tolist() == pytest.approx([2_250.0, 1_000.0])
    assert flood.results["flood_mitigation"].parts["vegetation_m3"].tolist() == pytest.approx([2_250.0, 0.0])


@pytest.mark.parametrize(
    ("profile", "switches", "co2_t", "o2_t", "carbon_fen", "oxygen_fen"),
    [
        # 9.87 t of dry matter · 1.63, · 1.19; at 95.84 CNY/t CO2 and 1,000 CNY/t O2
        ("GBT46869_2025", {"include_oxygen": True}, 16.0881, 11.7453, 154_188, 1_174_530),
        ("CAS2017", {}, 16.0881, 11.7453, 611_348, 853_883),  # at 380 and 727
    ],
)
def test_carbon_and_oxygen_of_needleleaf_forest(profile, switches, co2_t, o2_t, carbon_fen, oxygen_fen):
    account = compiled([121, 511], profile=profile, **switches)
    carbon, oxygen = account.results["carbon_sequestration"], account.results["oxygen_release"]
    assert (carbon.quantity[0], oxygen.quantity[0]) == pytest.approx((co2_t, o2_t))
    assert (carbon.value_fen[0], oxygen.value_fen[0]) == (carbon_fen, oxygen_fen)
    assert (carbon.quantity[1], oxygen.quantity[1]) == (0.0, 0.0)


def test_carbon_and_oxygen_by_nep_are_one_basis():
    account = compiled([111, 33, 421], measured={"nep_gc_m2": [120.0, 30.0, 50.0]}, include_oxygen=True)
    carbon, oxygen = account.results["carbon_sequestration"], account.results["oxygen_release"]
    assert (carbon.variant, oxygen.variant) == ("nep", "nep")
    assert carbon.quantity.tolist() == pytest.approx([4.4, 1.1, 0.0])
    assert oxygen.quantity.tolist() == pytest.approx([3.2, 0.8, 0.0])


def test_carbon_by_a_rate_of_ones_own_and_a_price_per_carbon(tmp_path):
    own = own_figures(tmp_path, *(f"carbon_sequestration.rate.{code},0.9,t C,ha-year" for code in (111, 33)))
    account = compiled([111, 33], overrides=own)
    assert account.results["carbon_sequestration"].variant == "rate"
    assert account.results["carbon_sequestration"].quantity.tolist() == pytest.approx([3.3, 3.3])
    per_carbon = own_figures(tmp_path, "prices.carbon,1200,CNY,t C")
    with pytest.raises(guards.BasisMismatch, match="per t C"):
        compiled([111], overrides=per_carbon)
    priced = compiled([121], overrides=per_carbon, carbon_unit="tC").results["carbon_sequestration"]
    assert priced.value_fen[0] == 526_520  # 16.0881 t CO2 are 4.3876636 t C at 1,200


def test_air_up_to_what_the_county_emits():
    stated = emissions(so2=0.10783, nox=1.0, dust=0.0)
    air = compiled([121, 121, 511], statistics=stated).results["air_purification"]
    # capacity 0.21566 t SO2 a hectare, a quarter of it counts; 0.006 t NOx; no dust is emitted
    assert air.parts["so2_t"].tolist() == pytest.approx([0.053915, 0.053915, 0.0])
    assert air.parts["nox_t"].tolist() == pytest.approx([0.006, 0.006, 0.0])
    assert air.parts["dust_t"].tolist() == [0.0, 0.0, 0.0]
    assert air.quantity.tolist() == pytest.approx([0.059915, 0.059915, 0.0])
    assert air.value_fen.tolist() == [7_568, 7_568, 0]  # 0.059915 t at 1,263.16 CNY


def test_air_in_full_needs_no_statistics():
    air = compiled([121], capacity_rule="full_capacity").results["air_purification"]
    assert air.parts["dust_t"][0] == pytest.approx(33.2)
    assert air.value_fen[0] == 1_023_999  # 0.22166 t at 1,263.16 and 33.2 t at 300: 279.99 + 9,960.00
    assert "air_purification" in compiled([121]).pending


def test_water_quality_values_what_the_profile_values():
    water = compiled([41, 511], capacity_rule="full_capacity").results["water_purification"]
    assert water.parts["cod_t"].tolist() == pytest.approx([1.1, 0.0])
    assert water.parts["tn_t"].tolist() == pytest.approx([0.086, 0.0])
    assert water.value_fen.tolist() == [154_000, 0]  # COD alone: nitrogen and phosphorus are valued with the soil


@pytest.mark.parametrize(("variant", "kwh"), [("water_with_cop", 1_026_301.4), ("water_without_cop", 2_368_767.1)])
def test_climate_of_plants_and_waters(variant, kwh):
    account = compiled([111, 21, 33, 421, 511], measured={"evapotranspiration_mm": 900.0}, climate_variant=variant)
    climate = account.results["climate_regulation"]
    # 2,837.27 kJ · 10,000 m² · 120 d / 10,800 for forest; 900 mm · 120/365 over a hectare are 2,958.904 m³ of water
    assert climate.parts["vegetation_kwh"].tolist() == pytest.approx([315_252.2, 144_550.0, 107_758.9, 0, 0], rel=1e-6)
    assert climate.parts["water_kwh"].tolist() == pytest.approx([0, 0, 0, kwh, 0], rel=1e-6)
    assert climate.quantity.tolist() == pytest.approx([315_252.2, 144_550.0, 107_758.9, kwh, 0], rel=1e-6)
    assert climate.value_fen[0] == 16_708_368  # at 0.53 CNY/kWh


def test_climate_of_waters_is_unknown_without_evaporation():
    climate = compiled([111, 421, 511]).results["climate_regulation"]
    assert climate.variant == "vegetation"
    assert np.isnan(climate.quantity[1])
    assert climate.quantity[2] == 0.0
    assert climate.coverage_share.tolist() == [1.0, 0.0, 1.0]


def test_pests_of_woods_and_grass():
    pests = compiled([111, 33, 113, 511], include_pest_control=True).results["pest_control"]
    assert pests.quantity.tolist() == pytest.approx([375.0, 112.5, 0.0, 0.0])
    assert pests.value_fen.tolist() == [37_500, 11_250, 0, 0]
    assert "pest_control" not in compiled([111]).results


def test_soil_values_what_the_profile_values():
    factors = {"rainfall_erosivity": 8_000.0, "soil_erodibility": 0.02, "slope_length_steepness": 5.0}
    soil = compiled([111], measured={**factors, "usle_c": 0.004}).results["soil_retention"]
    assert soil.quantity[0] == pytest.approx(796.8)  # 8,000 · 0.02 · 5 · 0.996
    assert soil.parts["sediment_m3"][0] == pytest.approx(147.10153846)  # · 0.24 / 1.3
    # 147.10153846 · 15.58 + 1.211136 · 1,750 + 0.382464 · 5,600
    assert soil.value_fen[0] == 655_313


def test_carbon_by_the_volume_of_two_surveys(tmp_path):
    own = own_figures(tmp_path, "carbon_sequestration.survey_years,5,a,survey")
    volumes = {"stand_volume_before_m3_ha": [100.0, 150.0, 0.0], "stand_volume_m3_ha": [110.0, 140.0, 0.0]}
    account = compiled([121, 111, 511], measured=volumes, overrides=own, include_oxygen=True)
    carbon, oxygen = account.results["carbon_sequestration"], account.results["oxygen_release"]
    assert (carbon.variant, oxygen.variant) == ("biomass", "biomass")
    # 0.7442 · 10 m³ / 5 a · 0.5 · 44/12; 0.7393 · -10 / 5 · 0.5 · 44/12: what is felled counts below nothing
    assert carbon.quantity.tolist() == pytest.approx([2.7287333, -2.7107667, 0.0])
    assert oxygen.quantity.tolist() == pytest.approx([1.9845333, -1.9714667, 0.0])
    assert carbon.value_fen.tolist() == [26_152, -25_980, 0]  # at 95.84 CNY/t CO2
    unknown = compiled([121, 111, 511], measured=volumes | {"stand_volume_m3_ha": np.nan}, overrides=own)
    assert unknown.results["carbon_sequestration"].coverage_share.tolist() == [0.0, 0.0, 1.0]
    asked = compiled([121], measured={}, carbon_sequestration_variant="biomass")
    assert asked.pending["carbon_sequestration"] == ("carbon_sequestration.survey_years",)


@pytest.mark.parametrize(("gained_t", "co2_t", "fen"), [(60.0, 55.0, 527_120), (-60.0, -55.0, -527_120)])
def test_carbon_by_the_change_of_biomass_that_a_county_states(gained_t, co2_t, fen):
    account = compiled([121, 111, 511], statistics=of_county(biomass_change=gained_t), include_oxygen=True)
    carbon, oxygen = account.results["carbon_sequestration"], account.results["oxygen_release"]
    assert carbon.variant == "biomass_stated"
    assert carbon.quantity.tolist() == pytest.approx([co2_t, co2_t, 0.0])  # 60 t · 0.5 · 44/12 over two hectares
    assert oxygen.quantity.tolist() == pytest.approx([co2_t * 32 / 44, co2_t * 32 / 44, 0.0])
    assert carbon.value_fen.tolist() == [fen, fen, 0]
    assert account.by_class_fen["121"]["carbon_sequestration"] == fen


def test_climate_by_a_measured_difference_of_temperature(tmp_path):
    own = own_figures(
        tmp_path, "climate_regulation.air_height,100,m,air", "climate_regulation.cooling_hours,1200,h,year"
    )
    measured = {"temperature_difference_c": [1.5, 2.0, np.nan], "evapotranspiration_mm": 900.0}
    climate = compiled([62, 63, 111], measured=measured, overrides=own).results["climate_regulation"]
    assert climate.variant == "measured"
    # 1.5 °C · 1.29 kg/m³ · 1.005 kJ/(kg·°C) · 1,000,000 m³ · 1,200 h / (3,600 · 3); roads and works are out of scope
    assert climate.quantity[:2].tolist() == pytest.approx([216_075.0, 0.0])
    assert np.isnan(climate.quantity[2])
    assert set(climate.parts) == {"air_kwh"}
    assert climate.value_fen.tolist() == [11_451_975, 0, 0]  # at 0.53 CNY/kWh
    without = compiled([62, 63, 111], measured=measured)
    assert without.results["climate_regulation"].variant == "vegetation_and_water"
    asked = compiled([62, 63, 111], measured=measured, climate_regulation_variant="measured")
    assert asked.pending["climate_regulation"] == ("climate_regulation.air_height", "climate_regulation.cooling_hours")


def test_a_county_states_its_own_days_of_cooling():
    stated = of_county(cooling_days=60.0)
    account = compiled([111, 421], measured={"evapotranspiration_mm": 900.0}, statistics=stated)
    climate = account.results["climate_regulation"]
    # half of 120 days' 315,252.2 kWh and 1,026,301.4 kWh
    assert climate.quantity.tolist() == pytest.approx([157_626.1, 513_150.7], rel=1e-6)
    assert ("climate_regulation", "cooling_days") not in account.method.taken  # nobody needed the unconfirmed one
    named = [names for (of, part, names) in account.classes.terms if (of, part) == ("climate_regulation", "vegetation")]
    assert named == [("climate_regulation.heat.{code}", "climate_regulation.cop", "statistic:cooling_days")]


def test_water_that_a_county_states_to_evaporate_is_shared_by_the_area_of_waters():
    stated = of_county(water_surface_evaporation=1_000.0)
    account = compiled([111, 421, 43], measured={"evapotranspiration_mm": 900.0}, statistics=stated)
    climate = account.results["climate_regulation"]
    assert climate.variant == "vegetation_and_stated_water"
    assert climate.parts["water_kwh"].tolist() == pytest.approx([0.0, 173_425.926, 173_425.926])  # T33: 346.85 a m³


def test_a_county_states_how_often_its_lakes_change_their_water():
    flood = compiled([421, 41], statistics=of_county(lake_level_changes=6.38)).results["flood_mitigation"]
    assert flood.parts["lake_m3"].tolist() == pytest.approx([48_672.842, 0.0])  # twice as often as the figure's 3.19
    assert flood.quantity.tolist() == pytest.approx([48_672.842, 3_000.0])


def test_erosivity_by_daily_rain_goes_before_that_by_the_years_rain():
    days = np.array([[15.0, 30.0], [30.0, 5.0], [52.0, np.nan], [11.9, 0.0]])
    power = soil_retention.daily_rain_power(days, threshold_mm=12.0, exponent=1.7265)
    assert power[0] == pytest.approx(1_379.954, rel=1e-6)  # T28: times 0.3937 it is 543.288
    assert np.isnan(power[1])
    measured = {
        "daily_rain_power_warm": power[0], "daily_rain_power_cold": 100.0, "precipitation_mm": 1_750.0,
        "soil_erodibility": 0.02, "slope_length_steepness": 5.0, "usle_c": 0.004,
    }  # fmt: skip
    account = compiled([111], measured=measured)
    soil = account.results["soil_retention"]
    assert soil.parts["potential_t"][0] == pytest.approx(57.4298, rel=1e-5)  # (543.288 + 31.01) · 0.02 · 5
    assert ("soil_retention", "erosivity.factor") not in account.method.taken
    del measured["daily_rain_power_cold"]
    fallback = compiled([111], measured=measured)
    assert ("soil_retention", "erosivity.factor") in fallback.method.taken
    del measured["precipitation_mm"]
    assert compiled([111], measured=measured).pending["soil_retention"] == ("precipitation_mm",)


def test_the_balance_is_checked_by_budykos_yield_which_has_no_value(tmp_path):
    own = own_figures(
        tmp_path, "water_retention.season,10,1,region", "water_retention.crop_share.111,1.0,1,reference",
        "water_retention.crop_share.422,0.9,1,reference",
    )  # fmt: skip
    measured = {
        "precipitation_mm": 1_750.0, "evapotranspiration_mm": 820.0, "reference_evapotranspiration_mm": 1_100.0,
        "available_water_mm": [150.0, 0.0, np.nan],
    }  # fmt: skip
    water = compiled([111, 422, 111], measured=measured, overrides=own).results["water_retention"]
    assert water.variant == "balance_and_yield"
    assert water.quantity[0] == pytest.approx(8_486.25)  # (1,750 - 81.375 - 820) mm over a hectare
    # w = 10 · 150/1,750 + 1.25 = 2.10714, φ = 0.62857, AET/P = 0.46505; the reservoir: 1,750 - 0.9 · 1,100
    assert water.parts["yield_m3"][:2].tolist() == pytest.approx([9_361.6163, 7_600.0])
    assert np.isnan(water.parts["yield_m3"][2])
    assert water.quantity[2] == water.quantity[0]
    assert water.value_fen[0] == 5_991_293  # 8,486.25 m³ at 7.06
    plain = compiled([111, 422, 111], measured=measured).results["water_retention"]
    assert (plain.variant, dict(plain.parts)) == ("balance", {})


@pytest.mark.parametrize(
    ("scheme", "draws", "unconfirmed", "grade"),
    [("hj1166", 0, False, "B"), ("clcd", 0, False, "B"), ("globeland30", 0, True, "C"), ("hj1166", 1_000, True, "B")],
)
def test_an_unconfirmed_crosswalk_or_spread_makes_the_account_unconfirmed(scheme, draws, unconfirmed, grade):
    profile = replace(methods.profile("CAS2017"), unconfirmed=(), indicators=("carbon_sequestration",))
    county = np.array(["361028"])
    parcels = Parcels(
        np.array(["p"]), shapely.box([500_000.0], [2_999_900.0], [500_100.0], [3_000_000.0]),
        dict.fromkeys(("village", "town", "county", "region"), county),
    )  # fmt: skip
    method = methods.Method(profile, region="361028", year=2010, price_year=2010)
    layers = Layers(Grid(500_000.0, 3_000_000.0, 100.0, 1, 1), np.array([[121]], dtype=np.int16), {}, scheme=scheme)
    account = accounting.compile_account(parcels, layers, method, draws=draws)
    assert account.results["carbon_sequestration"].quantity[0] == pytest.approx(16.0881)
    assert (account.method.unconfirmed, account.results["carbon_sequestration"].grade) == (unconfirmed, grade)


def test_an_official_value_stands_beside_the_models_and_changes_nothing():
    county = np.array(["c", "elsewhere"])
    stated = CountyStatistics(
        county=county, product=np.full(2, "official_carbon_sequestration"), quantity=np.full(2, np.nan),
        unit=np.full(2, "yuan"), value_fen=np.array([200_000, 7]), has_value=np.full(2, True),
    )  # fmt: skip
    account = compiled([121, 111, 511], statistics=stated)
    carbon, held = account.results["carbon_sequestration"], account.calibrated["carbon_sequestration"]
    # 9.87 and 17.27 t of dry matter · 1.63 at 95.84: 154,188 and 269,791 fen, which the official 200,000 scale down
    assert carbon.value_fen.tolist() == [154_188, 269_791, 0]
    assert held.parcels_fen.tolist() == [72_734, 127_266, 0]
    assert held.factor == {"c": pytest.approx(0.47172148)}
    assert account.indicator_fen("carbon_sequestration") == 423_979
    assert "water_retention" not in account.calibrated


EVERYTHING = {
    "precipitation_mm": 1_750.0, "evapotranspiration_mm": 820.0, "nep_gc_m2": 300.0, "storm_precipitation_mm": 300.0,
    "rainfall_erosivity": 8_000.0, "soil_erodibility": 0.02, "slope_length_steepness": 5.0, "vegetation_cover": 85.0,
}  # fmt: skip


@pytest.mark.parametrize("profile", methods.profile_names())
@pytest.mark.parametrize("carbon", ["nep", "dry_matter"])
def test_every_term_is_a_product_of_figures_that_were_taken(profile, carbon):
    stated = of_county(
        emission_so2=1.0, emission_nox=1.0, emission_dust=1.0, emission_cod=1.0, emission_tn=1.0, emission_tp=1.0,
        flood_storage=1e6,
    )  # fmt: skip
    codes = [int(kind.code) for kind in ecosystems.CLASSES]
    optional = methods.profile(profile).optional
    account = compiled(
        codes, profile=profile, measured=EVERYTHING, statistics=stated, include_oxygen=True,
        carbon_sequestration_variant=carbon, **({"include_pest_control": True} if "pest_control" in optional else {}),
    )  # fmt: skip
    taken = {f"{table}.{key}" for table, key in account.method.taken} | {"soil_retention.cover"}
    for (indicator, part, figures), by_place in account.classes.terms.items():
        for figure in figures:
            if figure.startswith(("layer:", "statistic:")):
                continue
            for _, code in by_place:
                assert figure.replace("{code}", str(code)) in taken, (indicator, part)
    modelled = set(INDICATORS) & set(account.method.profile.indicators)
    assert set(account.results) == modelled
