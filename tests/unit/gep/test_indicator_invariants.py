"""What holds for every formula: any shape comes back, missing stays missing, and more of a good thing is not less."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gep.indicators import (
    air_purification,
    carbon_sequestration,
    climate_regulation,
    crops,
    flood_mitigation,
    oxygen_release,
    pest_control,
    sandstorm_prevention,
    soil_retention,
    tourism,
    water_retention,
)

Formula = Callable[[np.ndarray], np.ndarray]
FORMULAS: dict[str, Formula] = {
    "retained water": lambda x: water_retention.retained_mm(
        precipitation_mm=x, evapotranspiration_mm=0.4 * x, runoff_share=np.array(0.1)
    ),
    "stored water": lambda x: water_retention.stored_mm(
        precipitation_mm=x, runoff_rain_share=0.6, bare_runoff_share=0.5, runoff_share=0.2
    ),
    "Budyko": lambda x: water_retention.budyko_yield_mm(
        precipitation_mm=x + 1, reference_evapotranspiration_mm=np.array(900.0), crop_share=np.array(0.9),
        available_water_mm=np.array(120.0), season=5.0,
    ),
    "soil": lambda x: soil_retention.retained_t_per_ha(x, cover=np.array(0.1)),
    "slope": lambda x: soil_retention.slope_factor(x / 10_000),
    "slope length": lambda x: soil_retention.slope_length_of_upslope(np.array(0.2), upslope_m2=x, cell_m=30.0),
    "storm runoff": lambda x: flood_mitigation.storm_runoff_mm(x, curve_number=np.array(70.0)),
    "lake": lambda x: flood_mitigation.lake_m3(x, intercept=4.9, exponent=1.1, changes=3.0),
    "NEP": carbon_sequestration.co2_from_nep,
    "respiration": lambda x: carbon_sequestration.respired_gc_per_m2(x / 1_000, rain_mm=x),
    "oxygen": oxygen_release.o2_from_co2,
    "capacity": lambda x: air_purification.capacity_t(x, rate_kg_per_ha=200.0),
    "transpiration": lambda x: climate_regulation.vegetation_kwh(x, heat_kj_per_m2_day=2_837.0, days=120, cop=3.0),
    "evaporation": lambda x: climate_regulation.water_surface_kwh(
        x, latent_heat_kj_per_kg=2_450, humidifier_kwh_per_m3=120, cop=3.0
    ),
    "pests": lambda x: pest_control.value_yuan(x, treatment_yuan_per_ha=375),
    "sand": lambda x: sandstorm_prevention.sanded_m2(x, bulk_density_t_per_m3=1.28, depth_m=0.1),
    "crops": lambda x: crops.value_yuan(x, price_yuan=2_600.0),
    "visits": lambda x: tourism.travel_cost_yuan(x, travel_yuan=50.0, time_yuan=100.0),
}  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
def test_any_shape_comes_back_and_missing_stays_missing(formula):
    values = np.array([[1.0, 400.0, np.nan], [0.0, 1_750.0, 9_000.0]])
    found = formula(values)
    assert found.shape == (2, 3)
    assert np.isnan(found).tolist() == np.isnan(values).tolist()
    assert formula(values.ravel()).tolist() == pytest.approx(found.ravel().tolist(), nan_ok=True)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
@given(less=st.floats(0, 5_000), more=st.floats(0, 5_000))
def test_more_is_not_less(formula, less, more):
    low, high = sorted([less, more])
    assert formula(np.array([low]))[0] <= formula(np.array([high]))[0] * (1 + 1e-12) + 1e-9


@given(
    cover=st.floats(0, 1), practice=st.floats(0, 1), potential=st.floats(0, 5_000),
)  # fmt: skip
def test_what_stays_and_what_goes_is_all_of_the_soil(cover, practice, potential):
    kept = soil_retention.retained_t_per_ha(np.array([potential]), cover=np.array([cover]), practice=practice)
    assert 0 <= kept[0] <= potential
    assert kept[0] + potential * cover * practice == pytest.approx(potential)


@given(capacity=st.floats(0.001, 1e6), emission=st.floats(0, 1e6))
def test_no_more_is_purified_than_can_be_or_is_there(capacity, emission):
    removed = air_purification.removed_t(
        np.array([capacity]), counted_share=air_purification.counted_share(capacity, emission_t=emission)
    )
    assert removed[0] == pytest.approx(min(capacity, emission))
