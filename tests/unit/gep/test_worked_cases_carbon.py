"""The worked cases of carbon and oxygen, by name. Each answer is written out."""

from decimal import Decimal

import numpy as np
import pytest

from gep import guards, valuation
from gep.indicators import carbon_sequestration, oxygen_release
from tests.unit.gep.worked_cases import yuan


def test_t13_carbon_dioxide_and_oxygen_of_dry_matter():
    dry_matter_t = np.array([6_050.31, 40_584.50, 4_774.77, 5_560.52, 1_042.60])
    co2_t = float(carbon_sequestration.co2_from_dry_matter(dry_matter_t, co2_per_dry_matter=1.63).sum())
    o2_t = float(oxygen_release.o2_from_dry_matter(dry_matter_t, o2_per_dry_matter=1.19).sum())
    assert (co2_t, o2_t) == pytest.approx((94_560.70, 69_035.11), abs=0.005)
    assert yuan(co2_t, "379.87") / 1e4 == pytest.approx(3_592.08, abs=0.005)
    assert yuan(o2_t, "1160.70") / 1e4 == pytest.approx(8_012.91, abs=0.005)


def test_t15_reeds():
    co2_t = carbon_sequestration.co2_from_dry_matter(np.array([3.74e4]), co2_per_dry_matter=1.63)
    carbon_t = carbon_sequestration.carbon_t(co2_t)[0]
    oxygen_t = oxygen_release.o2_from_dry_matter(np.array([3.74e4]), o2_per_dry_matter=1.2)[0]
    assert (carbon_t / 1e4, oxygen_t / 1e4) == pytest.approx((1.66, 4.49), abs=0.005)
    assert yuan(carbon_t, "1320") / 1e8 == pytest.approx(0.2195, abs=0.00005)
    assert yuan(oxygen_t, "1000") / 1e8 == pytest.approx(0.4488, abs=0.00005)


@pytest.mark.parametrize(("bracket", "respired"), [("inner", 27.686), ("outer", 12.949)])
def test_t19_respiration_of_a_month(bracket, respired):
    found = carbon_sequestration.respired_gc_per_m2(np.array([18.0]), rain_mm=np.array([146.0]), bracket=bracket)
    assert found[0] == pytest.approx(respired, abs=0.0005)
    assert carbon_sequestration.nep_gc_per_m2(np.array([100.0]), respired_gc_per_m2=found)[0] == pytest.approx(
        100 - respired, abs=0.0005
    )


def test_t39_carbon_of_one_parcel():
    co2_t = carbon_sequestration.co2_from_nep(np.array([120.0])) * 2.35
    assert co2_t[0] == pytest.approx(10.34)
    assert carbon_sequestration.carbon_t(co2_t)[0] == pytest.approx(2.82)
    assert oxygen_release.o2_from_co2(co2_t)[0] == pytest.approx(7.52)


def test_n3_oxygen_that_does_not_go_with_the_carbon():
    guards.check_oxygen(co2_t=94_560.70, o2_t=69_035.11)  # 1.19 over 1.63
    with pytest.raises(guards.BasisMismatch, match=r"O2 : CO2 is 8.110") as refused:
        guards.check_oxygen(co2_t=100.0, o2_t=811.0)
    assert refused.value.code == "basis_mismatch"


def test_a_stand_that_grows_and_one_that_is_felled():
    before = carbon_sequestration.biomass_t_per_ha(np.array([60.0, 120.0]), slope=0.3999, intercept=22.541)
    after = carbon_sequestration.biomass_t_per_ha(np.array([85.0, 0.0]), slope=0.3999, intercept=22.541)
    assert before == pytest.approx([46.535, 70.529])
    fixed = carbon_sequestration.co2_from_biomass(before, later_t_per_ha=after, years=5.0, carbon_share=0.5)
    assert fixed == pytest.approx([3.66575, -17.5956])  # 0.3999·25·0.5/5·44/12 and 0.3999·-120·0.5/5·44/12


def test_a_rate_with_its_soil():
    assert carbon_sequestration.co2_from_rate(np.array([0.9]), soil_share=0.2)[0] == pytest.approx(3.96)


def test_growth_by_light():
    absorbed = carbon_sequestration.absorbed_mj_per_m2(np.array([600.0]), fpar=np.array([0.8]))
    assert absorbed[0] == pytest.approx(240.0)
    efficiency = carbon_sequestration.light_use_gc_per_mj(
        cold_stress=np.array([0.9]), heat_stress=np.array([0.8]), water_stress=np.array([0.5]), largest=0.5
    )
    assert carbon_sequestration.npp_gc_per_m2(absorbed, light_use_gc_per_mj=efficiency)[0] == pytest.approx(
        43.2
    )  # 240 · 0.18


def test_a_price_per_carbon_is_refused_for_carbon_dioxide():
    with pytest.raises(valuation.PriceBasisMismatch, match="per 't C', the quantity is in 't CO2'"):
        valuation.Price(yuan=Decimal(1200), per="t C", year=2010).for_unit("t CO2")
    guards.check_carbon_unit(switch="tC", per="t C")
    with pytest.raises(guards.BasisMismatch, match="44/12"):
        guards.check_carbon_unit(switch="tCO2", per="t C")
