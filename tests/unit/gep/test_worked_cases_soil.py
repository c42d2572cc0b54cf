"""The worked cases of soil, by name: rain, soil, slope, cover, what stays, and sand. Each answer is written out."""

import numpy as np
import pytest

from gep import guards
from gep.indicators import sandstorm_prevention, soil_retention
from tests.unit.gep.worked_cases import yuan


def test_t3_sediment():
    volume = soil_retention.sediment_m3(np.array([38.86e8]), sedimentation_share=0.24, bulk_density_t_per_m3=0.93)
    assert volume[0] / 1e8 == pytest.approx(10.028, abs=0.0005)
    assert yuan(volume[0], "15.58") / 1e8 == pytest.approx(156.24, abs=0.005)


def test_t4_nutrients():
    nitrogen_t = soil_retention.nutrient_t(np.array([38.86e8]), content_share=0.0037)[0]
    phosphorus_t = soil_retention.nutrient_t(np.array([38.86e8]), content_share=0.00108)[0]
    assert (nitrogen_t / 1e4, phosphorus_t / 1e4) == pytest.approx((1437.8, 419.7), abs=0.05)
    assert yuan(nitrogen_t, "875") / 1e8 == pytest.approx(125.81, abs=0.005)
    assert yuan(phosphorus_t, "2800") / 1e8 == pytest.approx(117.51, abs=0.005)


def test_t5_sand_held_back():
    land_m2 = sandstorm_prevention.sanded_m2(np.array([779.42e4]), bulk_density_t_per_m3=1.28, depth_m=0.1)[0]
    assert land_m2 / 1e6 == pytest.approx(60.892, abs=0.0005)
    assert yuan(land_m2, "3.75") / 1e8 == pytest.approx(2.2835, abs=0.00005)


def test_t18_nutrients_of_a_scenario():
    assert yuan(86.87 / 1000, "35700") + yuan(11.28 / 1000, "750700") == pytest.approx(1.16e4, abs=50)


def test_t26_erodibility():
    epic = soil_retention.erodibility_epic(
        sand_percent=np.array([40.0]), silt_percent=np.array([25.0]), clay_percent=np.array([35.0]),
        organic_carbon_percent=np.array([0.5]),
    )  # fmt: skip
    assert epic[0] == pytest.approx(0.257528, abs=5e-7)
    assert soil_retention.erodibility(epic)[0] == pytest.approx(0.0156710, abs=5e-8)


def test_t27_slope_and_retention():
    sine = np.sin(np.radians([15.0]))
    length = soil_retention.slope_length_factor(sine, length_m=30.0, constant=0.089)
    slope = soil_retention.slope_factor(sine)
    assert length[0] == pytest.approx(1.21806, abs=5e-6)
    assert slope[0] == pytest.approx(4.70814, abs=5e-6)
    assert (length * slope)[0] == pytest.approx(5.73480, abs=5e-6)
    potential = soil_retention.potential_t_per_ha(
        erosivity=np.array([8000.0]), erodibility=np.array([0.0156710]), slope_length=length, slope=slope
    )
    kept = soil_retention.retained_t_per_ha(potential, cover=np.array([0.004]))
    assert potential[0] == pytest.approx(718.96, abs=0.005)
    assert potential[0] - kept[0] == pytest.approx(2.876, abs=0.0005)
    assert kept[0] == pytest.approx(716.085, abs=0.005)


def test_t28_erosivity_of_a_warm_half_month():
    rain = np.array([15.0, 30.0, 52.0, 11.9])  # the last is below the erosive threshold
    assert soil_retention.erosivity_daily(rain, warm=True) == pytest.approx(543.288, abs=0.0005)
    zhang = soil_retention.erosivity_zhang(rain, erosive_day_mm=25.0, erosive_year_mm=900.0)
    assert zhang == pytest.approx(641.090, abs=0.0005)


def test_a_year_adds_up_its_half_months():
    sums = np.zeros((2, 24))
    sums[0, 10], sums[1, 10], sums[1, 2] = 1_000.0, 3_000.0, 2_000.0  # two years; one warm half-month, one cold
    warm = np.arange(24) >= 8
    assert soil_retention.erosivity_year(sums, warm=warm, years=2) == pytest.approx(1_097.5)  # (1574.8 + 620.2) / 2


@pytest.mark.parametrize(("percent", "factor"), [(50.0, 0.4001), (10.0, 0.8160), (2.0, 1.0), (0.0, 1.0)])
def test_t29_cover_of_dry_cropland(percent, factor):
    found = soil_retention.cover_factor(
        cover=np.array(["dry"]), vegetation_percent=np.array([percent]), table={"dry": (0.221, -0.595)}
    )
    assert found[0] == pytest.approx(factor, abs=6e-5)


def test_t29_cover_by_cai():
    found = soil_retention.cover_factor_cai(np.array([0.30, 0.0, 0.783, 1.0, 0.005, np.nan]))
    assert found[:5] == pytest.approx([0.1433, 1.0, 0.0, 0.0, 0.7542], abs=6e-5)
    assert np.isnan(found[5])


def test_n2_a_swapped_digit():
    guards.check_printed("4537.81", computed=2985.40 * 1.52)
    with pytest.raises(guards.MisprintFound, match=r"4537.81 is computed; two digits are swapped"):
        guards.check_printed("4573.81", computed=2985.40 * 1.52)
    with pytest.raises(guards.MisprintFound, match=r"^4600.00 is printed, 4537.81 is computed$"):
        guards.check_printed("4600.00", computed=2985.40 * 1.52)


@pytest.mark.parametrize(
    ("percent", "factor"),
    [(0, 0.10), (9.99, 0.10), (10, 0.08), (49.9, 0.06), (50, 0.02), (89.9, 0.004), (90, 0.001), (100, 0.001)],
)
def test_cover_bins_hold_their_lower_edge(percent, factor):
    table = {"forest": (0.10, 0.08, 0.06, 0.02, 0.004, 0.001), "paddy": 0.0}
    found = soil_retention.cover_factor(
        cover=np.array(["forest", "paddy", ""]), vegetation_percent=np.array([percent, percent, 50.0]), table=table
    )
    assert found[:2].tolist() == [factor, 0.0]
    assert np.isnan(found[2])


@pytest.mark.parametrize(
    ("degrees", "factor"), [(3, 10.8 * 0.052336 + 0.03), (8, 16.8 * 0.139173 - 0.5), (20, 6.53023), (40, 9.5988)]
)
def test_slope_factor_in_four_pieces(degrees, factor):
    assert soil_retention.slope_factor(np.sin(np.radians([float(degrees)])))[0] == pytest.approx(factor, abs=1e-4)


def test_slope_length_from_the_area_upslope():
    sine = np.sin(np.radians([15.0]))  # m = 0.646843 with the constant 0.0896
    alone = soil_retention.slope_length_of_upslope(sine, upslope_m2=np.array([0.0]), cell_m=30.0)
    # without an area upslope L = (30/22.13)^m, the length of a cell's side
    assert alone[0] == pytest.approx(1.2175, abs=5e-4)
    below = soil_retention.slope_length_of_upslope(sine, upslope_m2=np.array([900.0]), cell_m=30.0)
    assert below[0] / alone[0] == pytest.approx(2.1313, abs=5e-4)  # 2^(m+1) - 1
    assert (
        soil_retention.slope_length_of_upslope(sine, upslope_m2=np.array([1e9]), cell_m=30.0, largest=122.0)[0] == 122
    )


def test_sediment_that_does_not_reach_the_stream():
    share = soil_retention.delivered_share(np.array([0.5, 100.0, np.nan]), half_at=0.5, steepness=2.0)
    assert share[:2] == pytest.approx([0.4, 0.8])
    assert np.isnan(share[2])
    kept = soil_retention.avoided_export_t(np.array([100.0]), delivered_share=share[:1], trapped_t=3.0)
    assert kept[0] == pytest.approx(43.0)


def test_wind_erosion_by_hand():
    share = sandstorm_prevention.erodible_share(
        sand_percent=np.array([60.0]), silt_percent=np.array([25.0]), clay_percent=np.array([15.0]),
        organic_percent=np.array([1.0]), carbonate_percent=np.array([2.0]),
    )  # fmt: skip
    assert share[0] == pytest.approx(0.4877, abs=5e-5)  # (29.09 + 18.6 + 4.25 + 1.32 - 2.59 - 1.90) / 100
    crust = sandstorm_prevention.crust_factor(clay_percent=np.array([10.0]), organic_percent=np.array([1.0]))
    assert crust[0] == pytest.approx(0.5949, abs=5e-5)  # 1 / 1.681
    rough = sandstorm_prevention.roughness_factor(
        ridge_m=np.array([0.1]), ridge_distance_m=np.array([1.0]), chain_percent=np.array([0.0])
    )
    assert rough[0] == pytest.approx(0.99646, abs=5e-6)  # Kr = 0.002: exp(0.00372 - 2.41·0.0030141)
    cover = sandstorm_prevention.cover_factor(np.array([20.0]), exponent=0.1151)
    assert cover[0] == pytest.approx(0.10006, abs=5e-6)  # e^-2.302
    ones = {"erodible_share": np.ones(2), "crust": np.ones(2), "roughness": np.ones(2), "distance_m": 150.71}
    lost = sandstorm_prevention.loss_t_per_km2(weather=np.array([1.0, 0.0]), **ones)
    assert lost == pytest.approx([0.53604, 0.0], abs=5e-6)  # 2 / 150.71 · 109.8 · e^-1
    assert sandstorm_prevention.retained_t_per_km2(lost, actual_t_per_km2=np.array([0.1, 0.0]))[0] == pytest.approx(
        0.43604, abs=5e-6
    )
