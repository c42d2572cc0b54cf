"""The worked cases of products and culture, and of sums, by name. Each answer is written out."""

from decimal import Decimal

import numpy as np
import pytest

from gep import valuation
from gep.indicators import crops, fishery, forestry, landscape_premium, leisure, livestock, tourism
from gep.indicators.provisioning import energy, produce
from tests.unit.gep.worked_cases import yuan


def test_t12_total_of_three_groups():
    groups = valuation.value_fen(np.array([632.64, 6_842.28, 70.67]), yuan_per_unit=Decimal(100_000_000))
    assert int(groups.sum()) == 75_455_900_000_000  # 7545.59e8 CNY


def test_t16_reeds_and_visitors():
    price = produce.composed_price_yuan(np.array([0.4, 0.4, 0.2]), prices_yuan=np.array([7_000.0, 4_000.0, 300.0]))
    assert price == pytest.approx(4_460)
    assert produce.value_yuan(np.array([3.74e4]), price_yuan=price)[0] / 1e8 == pytest.approx(1.668, abs=0.0005)
    visitors = tourism.travel_cost_yuan(np.array([135e4]), travel_yuan=52.47, time_yuan=343.33, surplus_yuan=578.03)
    assert visitors[0] / 1e8 == pytest.approx(13.147, abs=0.0005)
    exchange = tourism.travel_cost_yuan(np.array([135e4]), travel_yuan=52.47, time_yuan=343.33)
    assert exchange[0] / 1e8 == pytest.approx(5.343, abs=0.0005)  # SEEA: without the surplus


def test_t17_memo_of_what_is_not_used():
    residents = 135 / 1.52 * 0.75 * (1 - 0.0704) * 1e4
    assert residents / 1e4 == pytest.approx(61.92, abs=0.005)
    memo = tourism.memo_nonuse_yuan(np.array([61.92e4]), willing_yuan_per_year=11.31 * 12, payers_share=0.8344)
    assert memo[0] / 1e8 == pytest.approx(0.701, abs=0.0005)


def test_t22_sums_of_unrounded_figures():
    column = [2.38, 616.93, 145.21, 0.23, 722.30, 666.68, 5.93, 16.33]
    fen = valuation.value_fen(np.array(column), yuan_per_unit=Decimal(100_000_000))
    assert int(fen.sum()) == 21_759_900_000_000  # 2175.99e8 CNY, where the printed total says 2176.00


def test_output_at_the_share_of_its_basis():
    gross = crops.value_yuan(np.array([1_000.0, np.nan]), price_yuan=2_600.0)
    assert gross[0] == 2_600_000
    assert np.isnan(gross[1])
    assert livestock.value_yuan(np.array([10.0]), price_yuan=100.0, basis_share=0.45)[0] == pytest.approx(450)
    assert livestock.fed_by_land(np.array([200.0]), local_feed_share=0.3)[0] == pytest.approx(60)


def test_weights_of_fields_woods_ponds_and_catchments():
    assert crops.net_area_m2(np.array([10_000.0]), ridge_share=0.12)[0] == pytest.approx(8_800)
    growth = crops.growth_weight(np.array([12.0, 30.5, 7.25]), npp_gc_per_m2=np.array([610.0, 540.0, 720.0]))
    assert growth.tolist() == [7_320, 16_470, 5_220]
    wood = forestry.increment_weight(
        np.array([10_000.0]), stock_m3_per_ha=np.array([80.0]), increment_share=np.array([0.05])
    )
    assert wood[0] == pytest.approx(40_000)
    assert fishery.stocking_weight(np.array([5_000.0]), yield_t_per_ha=4.0)[0] == 20_000
    assert energy.runoff_weight(np.array([1_000.0]), yield_mm=np.array([900.0]))[0] == 900_000


def test_time_leisure_and_rooms_with_a_view():
    assert tourism.time_yuan(np.array([8.0]), wage_yuan_per_hour=40.0, wage_share=0.30)[0] == pytest.approx(96)
    assert tourism.revenue_yuan(np.array([1_000.0]), ecosystem_share=0.25)[0] == 250
    walks = leisure.value_yuan(np.array([2_000.0]), visits_per_resident=30.0, travel_yuan=1.0, time_yuan=2.5)
    assert walks[0] == 210_000
    homes = landscape_premium.housing_yuan(
        np.array([10_000.0]), price_yuan_per_m2=8_000.0, premium_share=0.05, rate=0.0, years=50
    )
    assert homes[0] == pytest.approx(80_000)
    assert landscape_premium.hotel_yuan(np.array([300_000.0]), premium_share=0.1)[0] == pytest.approx(30_000)
    near = landscape_premium.decay_weight(np.array([100.0, 100.0]), distance_m=np.array([0.0, 500.0]), reach_m=500.0)
    assert near == pytest.approx([100.0, 36.788], abs=0.0005)


def test_values_are_rounded_once_half_up():
    quantities = np.array([0.5, 1.5, 2.4, -0.5, np.nan])
    assert valuation.value_fen(quantities, yuan_per_unit=Decimal("0.01")).tolist() == [1, 2, 2, -1, 0]
    with pytest.raises(valuation.ValueTooLarge):
        valuation.value_fen(np.array([1e15]), yuan_per_unit=Decimal(1))
    assert yuan(0.125, "1") == 0.13
