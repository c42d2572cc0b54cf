"""The worked cases of water, by name: retention, supply, floods, waters' surface. Each answer is written out."""

import numpy as np
import pytest

from gep import annuities, guards
from gep.indicators import energy, flood_mitigation, water_retention, water_supply
from tests.unit.gep.worked_cases import yuan


def test_t1_reservoir_value_of_retained_water():
    assert yuan(321.49e8, "7.06") / 1e8 == pytest.approx(2269.72, abs=0.005)


def test_t2_value_per_area():
    water_m3 = 616.93e8 / 7.06
    assert yuan(water_m3, "7.06") / 31_920.60 == pytest.approx(1.93e6, abs=0.005e6)


def test_t6_marsh_reservoir_and_lake():
    marsh = flood_mitigation.marsh_m3(np.array([2_000.0]), depth_m=0.3)[0]
    reservoir = flood_mitigation.reservoir_m3(np.array([0.03e8]), flood_share=0.35)[0]
    lake = flood_mitigation.lake_m3(np.array([165.0]), intercept=6.636, exponent=0.678, changes=1.0)[0]
    assert marsh == pytest.approx(6.00e8)
    assert reservoir == pytest.approx(0.0105e8)
    assert lake == pytest.approx(2.43e8, abs=0.005e8)
    # the paper prints 42.34 + 0.07 + 17.15 = 59.56; its own volumes at its own price give 59.59
    assert yuan(marsh + reservoir + 2.43e8, "7.06") / 1e8 == pytest.approx(59.59, abs=0.005)


def test_t11_hydropower_and_water_supply():
    assert energy.value_yuan(np.array([95.30e8]), price_yuan_per_kwh=0.53)[0] / 1e8 == pytest.approx(50.509)
    uses = water_supply.value_yuan(
        np.array([[1.36e8, 150.17e8, 17.31e8]]), price_yuan_per_m3=np.array([2.6, 3.6, 0.07])
    )
    assert uses / 1e8 == pytest.approx([545.36], abs=0.005)


def test_t16_observed_flood_storage():
    storage = np.array([3.0e8, 4.5e8, 4.0e8, 4.95e8, 4.2e8])  # two rises, 1.5e8 and 0.95e8 m³
    assert flood_mitigation.observed_m3(storage) == pytest.approx(2.45e8)
    assert yuan(2.45e8, "6.11") / 1e8 == pytest.approx(14.97, abs=0.005)


def test_t18_less_water_retained_stays_negative():
    assert yuan(water_retention.volume_m3(np.array([15.22]), area_m2=1e6)[0], "5.714") == pytest.approx(8.70e4, abs=50)
    lost = water_retention.volume_m3(np.array([-21.17]), area_m2=1e6)[0]
    assert yuan(lost, "5.714") == pytest.approx(-12.10e4, abs=50)


def test_t30_water_of_one_parcel():
    depth = water_retention.retained_mm(
        precipitation_mm=np.array([1750.0]), evapotranspiration_mm=np.array([820.0]), runoff_share=np.array([0.0465])
    )
    assert depth[0] == pytest.approx(848.625)
    volume = water_retention.volume_m3(depth, area_m2=23_500.0)
    assert volume[0] == pytest.approx(19_942.69, abs=0.005)
    assert yuan(volume[0], "7.06") == pytest.approx(140_795.37)


def test_t31_water_stored_by_a_project():
    depth = water_retention.stored_mm(
        precipitation_mm=np.array([1_350.0]), runoff_rain_share=0.8, bare_runoff_share=0.62, runoff_share=0.23
    )  # J0·K = 1,080 mm, r = 0.39
    assert water_retention.volume_m3(depth, area_m2=23_500.0)[0] == pytest.approx(9_898.2)


def test_t32_a_storm_by_curve_number():
    assert flood_mitigation.storage_mm(np.array([70.0]))[0] == pytest.approx(108.857, abs=0.0005)
    runoff = flood_mitigation.storm_runoff_mm(np.array([100.0, 20.0, np.nan]), curve_number=np.array(70.0))
    assert runoff[:2] == pytest.approx([32.711, 0.0], abs=0.0005)  # 20 mm is below 0.2 S
    assert np.isnan(runoff[2])
    held = flood_mitigation.vegetation_m3(np.array([100.0]), runoff_mm=runoff[:1], area_m2=10_000.0)
    assert held[0] == pytest.approx(672.89, abs=0.005)


def test_n1_a_millimetre_over_a_hectare_is_ten_cubic_metres():
    volume = water_retention.volume_m3(np.array([1080 * 0.36]), area_m2=613 * 10_000.0)
    assert volume[0] == pytest.approx(2.383e6, abs=0.0005e6)
    guards.check_volume(volume[0], depth_mm=1080 * 0.36, area_m2=613 * 10_000.0)
    with pytest.raises(guards.FactorLost, match=r"a factor of 10\^-1 is lost"):
        guards.check_volume(23.83344e4, depth_mm=1080 * 0.36, area_m2=613 * 10_000.0)  # as printed
    with pytest.raises(guards.FactorLost, match="is not 388.8 mm"):
        guards.check_volume(1.9e6, depth_mm=1080 * 0.36, area_m2=613 * 10_000.0)


def test_budykos_yield_by_hand():
    found = water_retention.budyko_yield_mm(
        precipitation_mm=np.array([1_000.0, 1_000.0, np.nan]),
        reference_evapotranspiration_mm=np.array([1_000.0, 1_200.0, 900.0]),
        crop_share=np.array([1.0, 0.5, 1.0]),
        available_water_mm=np.array([150.0, 0.0, 100.0]),
        season=5.0,
        vegetated=np.array([True, False, True]),
    )
    # φ = 1, w = 2: AET/P = 2 - √2; bare: min(600, 1,000)
    assert found[:2] == pytest.approx([414.2136, 400.0], abs=5e-5)
    assert np.isnan(found[2])


def test_a_year_that_keeps_nothing_is_negative_unless_clipped():
    inputs = {
        "precipitation_mm": np.array([800.0]), "evapotranspiration_mm": np.array([900.0]),
        "runoff_share": np.array([0.1]),
    }  # fmt: skip
    assert water_retention.retained_mm(**inputs)[0] == -180.0
    assert water_retention.retained_mm(**inputs, clip_negative=True)[0] == 0.0


def test_a_paddy_holds_what_its_bunds_hold():
    assert flood_mitigation.paddy_m3(np.array([20_000.0]), bund_m=0.1, fills=3.0)[0] == pytest.approx(6_000.0)


def test_building_once_spread_over_fifty_years():
    assert annuities.yearly_yuan(6.1107, rate=0.05, years=50) == pytest.approx(0.335, abs=0.0005)
    assert annuities.yearly_yuan(100.0, rate=0.0, years=50, upkeep_yuan=1.0) == pytest.approx(3.0)
    with pytest.raises(ValueError, match="a year at least"):
        annuities.yearly_yuan(1.0, rate=0.05, years=0)
