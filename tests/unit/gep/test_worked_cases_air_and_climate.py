"""The worked cases of air, water quality, climate, pests and noise, by name. Each answer is written out."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core import coefficients
from gep import valuation
from gep.indicators import (
    air_purification,
    climate_regulation,
    coastal_protection,
    noise_abatement,
    pest_control,
    water_purification,
)
from tests.unit.gep.worked_cases import yuan

PRICES = coefficients.load(Path(valuation.__file__).parent / "coefficients" / "prices.csv")


def test_t7_pollutants_of_air():
    each = [yuan(1_137, "1200"), yuan(2_772, "630"), yuan(941, "150")]
    assert each == [1_364_400, 1_746_360, 141_150]
    together = air_purification.value_yuan(
        np.array([1_137.0, 2_772.0, 941.0]), price_yuan_per_t=np.array([1_200.0, 630.0, 150.0])
    )
    assert together == pytest.approx(3_251_910)


def test_t8_pollutants_of_water():
    assert [yuan(5_424, "700"), yuan(625, "875")] == [3_796_800, 546_875]
    together = water_purification.value_yuan(np.array([5_424.0, 625.0]), price_yuan_per_t=np.array([700.0, 875.0]))
    assert together == pytest.approx(4_343_675)


def test_t9_transpiration_of_three_classes():
    energy = climate_regulation.vegetation_kwh(
        np.array([31_920.60e6, 32_283.46e6, 71_113.87e6]),
        heat_kj_per_m2_day=np.array([2_837.27, 1_300.95, 969.83]), days=15, cop=3.0,
    )  # fmt: skip
    assert energy.sum() / 1e8 == pytest.approx(2_799.096, abs=0.0005)
    assert [yuan(part, "0.53") / 1e8 for part in energy] == pytest.approx([666.68, 309.16, 507.68], abs=0.005)
    assert yuan(energy.sum(), "0.53") / 1e8 == pytest.approx(1_483.52, abs=0.005)


def test_t10_pests():
    forest = pest_control.value_yuan(np.array([158e8]), treatment_yuan_per_ha=375)[0]
    grass = pest_control.value_yuan(np.array([711.13e8]), treatment_yuan_per_ha=112.5)[0]
    assert (forest / 1e8, grass / 1e8) == pytest.approx((5.925, 8.000), abs=0.0005)


def test_t14_forest_of_a_reserve():
    assert yuan(57.94e4, "0.83") / 1e4 == pytest.approx(48.09, abs=0.005)
    assert yuan(7_900.77e4, "0.23") / 1e4 == pytest.approx(1_817.18, abs=0.005)


def test_t23_heat_of_evapotranspiration():
    heat = climate_regulation.latent_heat_kj_per_ha(np.array([219.0]), latent_heat_kj_per_kg=2_453)
    assert heat[0] / 1e8 == pytest.approx(53.72, abs=0.005)


@pytest.mark.parametrize(("cop", "kwh"), [(3.0, 346.85), (None, 800.56)])
def test_t33_a_cubic_metre_evaporates(cop, kwh):
    found = climate_regulation.water_surface_kwh(
        np.array([1.0]), latent_heat_kj_per_kg=2_450, humidifier_kwh_per_m3=120, cop=cop
    )
    assert found[0] == pytest.approx(kwh, abs=0.005)
    if cop:
        assert yuan(found[0], "0.52") == pytest.approx(180.36)


@pytest.mark.parametrize(
    ("pollutant", "tax", "equivalent_kg", "yuan_per_t"),
    [("so2", 1.2, 0.95, 1263.16), ("tp", 1.4, 0.25, 5600), ("dust", 1.2, 4, 300), ("cod", 1.4, 1, 1400),
     ("nh3n", 1.4, 0.8, 1750), ("nox", 1.2, 0.95, 1263.16)],
)  # fmt: skip
def test_t37_the_environmental_tax_of_jiangxi(pollutant, tax, equivalent_kg, yuan_per_t):
    assert valuation.tax_yuan_per_t(tax, equivalent_kg=equivalent_kg) == pytest.approx(yuan_per_t, abs=0.005)
    assert float(PRICES.at(pollutant, regions=("360000",), on=date(2024, 12, 31)).value) == yuan_per_t


def test_a_capacity_counts_up_to_the_emission():
    capacity = air_purification.capacity_t(np.array([10_000.0, 30_000.0]), rate_kg_per_ha=215.66)
    assert capacity == pytest.approx([0.21566, 0.64698])
    share = air_purification.counted_share(0.86264, emission_t=0.43132)
    assert share == pytest.approx(0.5)
    assert air_purification.removed_t(capacity, counted_share=share).sum() == pytest.approx(0.43132)
    assert water_purification.counted_share(0.4, emission_t=2.0) == 1.0
    assert np.isnan(water_purification.counted_share(0.4, emission_t=float("nan")))


def test_air_that_trees_cooled():
    found = climate_regulation.cooled_air_kwh(
        np.array([2.0]), air_m3=1_000.0, hours=900.0, cop=3.0, air_kg_per_m3=1.2, heat_kj_per_kg_c=1.0
    )
    assert found[0] == pytest.approx(200.0)  # 2·1.2·1·1,000·900 / 10,800


def test_works_that_plants_stand_in_for():
    assert noise_abatement.value_yuan(np.array([250.0]), barrier_yuan_per_m=40.0)[0] == 10_000
    assert coastal_protection.value_yuan(np.array([1_200.0]), works_yuan_per_m=5.0)[0] == 6_000
    healed = pest_control.self_healed_m2(np.array([1_000_000.0]), planted_share=0.08, natural_share=0.03)
    assert healed[0] == pytest.approx(50_000.0)
