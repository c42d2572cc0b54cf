"""The worked cases of the method page by name, each with its answer written out."""

from decimal import Decimal

import numpy as np
import pytest

from gep import valuation
from gep.indicators import carbon_sequestration, oxygen_release, soil_retention, water_retention


def yuan(quantity: float, price: str) -> float:
    return float(valuation.value_fen(np.array([quantity]), yuan_per_unit=Decimal(price))[0]) / 100


def test_t1_reservoir_value_of_retained_water():
    assert yuan(321.49e8, "7.06") / 1e8 == pytest.approx(2269.72, abs=0.005)


def test_t2_value_per_area():
    water_m3 = 616.93e8 / 7.06
    assert yuan(water_m3, "7.06") / 31_920.60 == pytest.approx(1.93e6, abs=0.005e6)


def test_t3_sediment():
    volume = soil_retention.sediment_m3(np.array([38.86e8]), sedimentation_share=0.24, bulk_density_t_per_m3=0.93)
    assert volume[0] / 1e8 == pytest.approx(10.028, abs=0.0005)
    assert yuan(volume[0], "15.58") / 1e8 == pytest.approx(156.24, abs=0.005)


def test_t4_nutrients():
    nitrogen_t, phosphorus_t = 38.86e8 * 0.0037, 38.86e8 * 0.00108
    assert (nitrogen_t / 1e4, phosphorus_t / 1e4) == pytest.approx((1437.8, 419.7), abs=0.05)
    assert yuan(nitrogen_t, "875") / 1e8 == pytest.approx(125.81, abs=0.005)
    assert yuan(phosphorus_t, "2800") / 1e8 == pytest.approx(117.51, abs=0.005)


def test_t13_carbon_dioxide_of_dry_matter():
    dry_matter_t = np.array([6_050.31, 40_584.50, 4_774.77, 5_560.52, 1_042.60])
    co2_t = float(carbon_sequestration.co2_from_dry_matter(dry_matter_t, co2_per_dry_matter=1.63).sum())
    assert co2_t == pytest.approx(94_560.70, abs=0.005)
    assert yuan(co2_t, "379.87") / 1e4 == pytest.approx(3_592.08, abs=0.005)


def test_t22_sums_of_unrounded_figures():
    column = [2.38, 616.93, 145.21, 0.23, 722.30, 666.68, 5.93, 16.33]
    fen = valuation.value_fen(np.array(column), yuan_per_unit=Decimal(100_000_000))
    assert int(fen.sum()) == 21_759_900_000_000  # 2175.99e8 CNY, where the printed total says 2176.00


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


@pytest.mark.parametrize(("percent", "factor"), [(50.0, 0.4001), (10.0, 0.8160), (2.0, 1.0), (0.0, 1.0)])
def test_t29_cover_of_dry_cropland(percent, factor):
    found = soil_retention.cover_factor(
        cover=np.array(["dry"]), vegetation_percent=np.array([percent]), table={"dry": (0.221, -0.595)}
    )
    assert found[0] == pytest.approx(factor, abs=6e-5)


def test_t30_water_of_one_parcel():
    depth = water_retention.retained_mm(
        precipitation_mm=np.array([1750.0]), evapotranspiration_mm=np.array([820.0]), runoff_share=np.array([0.0465])
    )
    assert depth[0] == pytest.approx(848.625)
    volume = water_retention.volume_m3(depth, area_m2=23_500.0)
    assert volume[0] == pytest.approx(19_942.69, abs=0.005)
    assert yuan(volume[0], "7.06") == pytest.approx(140_795.37)


def test_t39_carbon_of_one_parcel():
    co2_t = carbon_sequestration.co2_from_nep(np.array([120.0])) * 2.35
    assert co2_t[0] == pytest.approx(10.34)
    assert co2_t[0] * 12 / 44 == pytest.approx(2.82)
    assert oxygen_release.o2_from_co2(co2_t)[0] == pytest.approx(7.52)


def test_n1_a_millimetre_over_a_hectare_is_ten_cubic_metres():
    volume = water_retention.volume_m3(np.array([1080 * 0.36]), area_m2=613 * 10_000.0)
    assert volume[0] == pytest.approx(2.383e6, abs=0.0005e6)  # and not the 23.83e4 that was printed


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


def test_a_year_that_keeps_nothing_is_negative_unless_clipped():
    inputs = {
        "precipitation_mm": np.array([800.0]), "evapotranspiration_mm": np.array([900.0]),
        "runoff_share": np.array([0.1]),
    }  # fmt: skip
    assert water_retention.retained_mm(**inputs)[0] == -180.0
    assert water_retention.retained_mm(**inputs, clip_negative=True)[0] == 0.0


def test_values_are_rounded_once_half_up():
    quantities = np.array([0.5, 1.5, 2.4, -0.5, np.nan])
    assert valuation.value_fen(quantities, yuan_per_unit=Decimal("0.01")).tolist() == [1, 2, 2, -1, 0]
    with pytest.raises(valuation.ValueTooLarge):
        valuation.value_fen(np.array([1e15]), yuan_per_unit=Decimal(1))


def test_a_price_per_carbon_is_refused_for_carbon_dioxide():
    with pytest.raises(valuation.PriceBasisMismatch, match="per 't C', the quantity is in 't CO2'"):
        valuation.Price(yuan=Decimal(1200), per="t C", year=2010).for_unit("t CO2")
