"""Profiles, switches and figures are data: what they say, and that nothing else is taken for what they do not say."""

from dataclasses import replace

import numpy as np
import pytest

from core import coefficients
from gep import ecosystems, methods
from gep.method_profiles import indicator_list, switches
from gep.own_figures import FigureUnknown

HEAD = "key,value,unit,per,region,valid_from,valid_to,source,locator,tag\n"


def method(profile="GBT46869_2025", *, overrides=None, **switches):
    chosen = methods.profile(profile, switches=switches)
    return methods.Method(chosen, region="361028", year=2024, price_year=2024, overrides=overrides)


def test_there_are_five_profiles_and_each_can_be_read():
    assert methods.profile_names() == ["CAS2017", "GBT46869_2025", "JX_DB36_1402", "MEE2020", "NDRC2022"]
    for name in methods.profile_names():
        profile = methods.profile(name)
        assert profile.name == name
        assert set(profile.indicators) | set(profile.optional) <= set(indicator_list())
        assert set(profile.switches) == set(switches())
        for switch, setting in profile.switches.items():
            assert setting in switches()[switch].values
        for indicator, ways in profile.variants.items():
            assert set(ways) <= set(indicator_list()[indicator].variants)


@pytest.mark.parametrize(
    ("profile", "indicator", "there"),
    [
        ("GBT46869_2025", "oxygen_release", False),
        ("CAS2017", "oxygen_release", True),
        ("CAS2017", "water_supply", False),  # the same cubic metre as water retention's
        ("NDRC2022", "noise_abatement", True),
        ("MEE2020", "leisure", False),
        ("MEE2020", "landscape_premium", True),
        ("GBT46869_2025", "sandstorm_prevention", False),
        ("GBT46869_2025", "coastal_protection", False),
    ],
)
def test_profiles_differ_in_their_indicators(profile, indicator, there):
    assert (indicator in methods.profile(profile).indicators) is there


def test_optional_indicators_are_switched_on_and_others_cannot_be():
    assert "pest_control" in methods.profile("GBT46869_2025", switches={"include_pest_control": True}).indicators
    assert "oxygen_release" in methods.profile("GBT46869_2025", switches={"include_oxygen": True}).indicators
    assert "oxygen_release" in methods.profile("NDRC2022", switches={"include_oxygen": True}).indicators
    assert "oxygen_release" not in methods.profile("CAS2017", switches={"include_oxygen": False}).indicators
    with pytest.raises(methods.UnknownSwitch, match="include_coastal_protection"):
        methods.profile("GBT46869_2025", switches={"include_coastal_protection": True})


@pytest.mark.parametrize(
    "wrong",
    [
        {"clip_negative": "yes"},
        {"clip_negative": 1},
        {"reservoir_cost": "half"},
        {"sandstorm_prevention_variant": "rweq"},  # the formula is there, an account of it is not
        {"magic": True},
    ],
)
def test_settings_that_a_switch_cannot_take_are_refused(wrong):
    with pytest.raises(methods.UnknownSwitch, match=next(iter(wrong))):
        methods.profile("GBT46869_2025", switches=wrong)


def test_variants_that_lack_figures_are_passed_over():
    assert method().variants("carbon_sequestration") == ("biomass_stated", "nep", "dry_matter")
    assert method().figures_lacking("carbon_sequestration") == ("carbon_sequestration.survey_years",)
    assert method().variants("flood_mitigation") == ("waters_flood_storage", "waters_reservoir_share", "waters")
    assert method().variants("oxygen_release") == ("biomass_stated", "nep", "dry_matter")
    only = method(carbon_sequestration_variant="dry_matter")
    assert only.variants("carbon_sequestration") == only.variants("oxygen_release") == ("dry_matter",)


def test_a_profile_names_the_rows_that_it_takes():
    taken = method("CAS2017")
    assert (float(taken.price("carbon").yuan), taken.price("carbon").per) == (380.0, "t CO2")
    assert float(taken.price("so2").yuan) == 1200.0
    assert float(method().price("so2").yuan) == 1263.16
    assert ("prices", "carbon") in taken.taken
    chosen = methods.profile("GBT46869_2025")
    fields = {name: getattr(chosen, name) for name in chosen.__dataclass_fields__}
    ranged = methods.Profile(**fields | {"coefficients": {"water_retention.runoff": "runoff@gbt38582_low"}})
    other = methods.Method(ranged, region="361028", year=2024, price_year=2024)
    assert other.figure("water_retention", "runoff.111") == 0.10
    assert method().figure("water_retention", "runoff.111") == 0.0465


def test_figures_of_an_accounts_own_go_first_and_keep_their_tag(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        HEAD
        + "soil_retention.bulk_density,1.21,t/m3,soil,361028,2020-01-01,,county soil survey,p. 3,V\n"
        + "carbon_sequestration.rate.111,1.5,t C,ha-year,361028,2020-01-01,,county inventory,p. 9,U\n"
    )
    own = method(overrides=coefficients.read(path, any_source=True))
    own.profile = replace(own.profile, unconfirmed=())
    assert own.figure("soil_retention", "bulk_density") == 1.21
    assert not own.unconfirmed
    assert own.variants("carbon_sequestration") == ("biomass_stated", "rate", "nep", "dry_matter")
    assert own.figure("carbon_sequestration", "rate.111") == 1.5
    assert own.unconfirmed


def test_scopes_are_spelt_out_and_parts_have_their_own():
    codes = np.array([0, 111, 34, 21, 422, 421, 63], dtype=np.int16)
    assert method().in_scope("water_retention", codes).tolist() == [False, True, False, True, True, False, False]
    assert method().out_of_scope("water_retention", codes).tolist() == [False, False, True, False, False, True, True]
    assert method().in_scope("air_purification", codes).tolist() == [False, True, False, True, False, False, False]
    assert method().in_scope("air_purification.nox", codes).tolist() == [False, True, False, False, False, False, False]
    runoff = method().of_class("water_retention", "runoff", indicator="water_retention", codes=codes)
    assert runoff[1] == 0.0465
    assert np.isnan(runoff[[0, 2, 5, 6]]).all()


@pytest.mark.parametrize("profile", methods.profile_names())
@pytest.mark.parametrize(
    ("scope", "table", "figure"),
    [
        ("water_retention", "water_retention", "runoff"),
        ("water_retention.storage", "water_retention", "runoff_gain"),
        ("carbon_sequestration", "carbon_sequestration", "dry_matter"),
        ("air_purification", "air_purification", "so2"),
        ("air_purification", "air_purification", "dust"),
        ("air_purification.nox", "air_purification", "nox"),
        ("water_purification", "water_purification", "cod"),
    ],
)
def test_every_class_in_scope_has_its_figure(profile, scope, table, figure):
    found = method(profile).by_class(table, figure, indicator=scope)
    assert found
    assert min(found.values()) >= 0


def test_the_master_list_has_the_levels_of_the_standard():
    standard = [kind for kind in ecosystems.CLASSES if len(kind.code) == 2]
    assert (len(ecosystems.LEVEL_ONE), len(standard)) == (8, 24)
    assert all(kind.parent in {*ecosystems.LEVEL_ONE, *ecosystems.BY_CODE} for kind in ecosystems.CLASSES)
    assert ecosystems.BY_CODE["113"].level_one == "1"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("0101", "511"), ("0201K", "52"), ("0302", "113"), ("0303", "41"), ("0402", "41"), ("0810", "62"),
        ("0810A", "61"), ("1102", "421"), ("1103", "422"), ("1104A", "423"), ("1107", "43"), ("1203", "51"),
        ("1205", "72"), ("0602", "63"),
    ],
)  # fmt: skip
def test_survey_codes_become_classes(code, kind):
    assert ecosystems.OF_LAND_USE[code] == kind


def test_the_same_digits_mean_other_things_in_other_systems():
    planning = ecosystems.of_land_use("land-sea-use", "2023")
    assert planning["1703"] == ecosystems.OF_LAND_USE["1103"] == "422"
    assert "1103" not in planning
    with pytest.raises(ecosystems.UnknownClass, match="gb21010"):
        ecosystems.of_land_use("gb21010", "2007")


def test_survey_and_land_cover_together():
    cover = np.array([13, 33, 121, 43, 21], dtype=np.int16)
    surveyed = ecosystems.surveyed(cover, land_use=np.array(["0301", "", "0101"]), parcel=np.array([0, 0, 1, 2, 2]))
    assert surveyed.tolist() == [13, 111, 121, 511, 511]


def test_cells_of_a_profile_that_no_text_confirms_make_an_account_unconfirmed():
    assert method().unconfirmed
    assert "switches.reservoir_cost" in method().unconfirmed_cells()
    assert "indicators.pest_control" not in method().unconfirmed_cells()  # it is not in the account
    assert "indicators.pest_control" in method(include_pest_control=True).unconfirmed_cells()
    cas = method("CAS2017")
    assert cas.unconfirmed_cells() == ["switches.p_in_water_balance", "switches.clip_negative"]
    dry = method("CAS2017", include_water_retention=False)
    assert (dry.unconfirmed_cells(), dry.unconfirmed) == ([], False)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("soil_retention.bulk_densty", "soil_retention.bulk_density"),
        ("water_retention.runof.111", "water_retention.runoff.111"),
        ("water_retention.runoff.999", "water_retention.runoff"),
        ("prices.reservior", "prices.reservoir"),
        ("valuation_ratios.gross.crops", "valuation_ratios"),
        ("uncertainty.layer", ""),  # spreads are the platform's own
        ("bulk_density", ""),  # without its table
    ],
)
def test_a_misspelt_figure_of_an_accounts_own_is_refused_by_its_row(tmp_path, key, hint):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + f"{key},1.21,t/m3,soil,361028,2020-01-01,,county soil survey,p. 3,V\n")
    with pytest.raises(FigureUnknown, match=f"own: the row '{key}' in 361028 from 2020-01-01 .*{hint}"):
        method(overrides=coefficients.read(path, any_source=True))


@pytest.mark.parametrize(
    "key",
    [
        "soil_retention.bulk_density", "water_retention.runoff.34", "flood_mitigation.storm_runoff.111", "prices.tn",
        "climate_regulation.air_height", "price_indices.construction_prices", "valuation_ratios.rent.livestock",
        "carbon_sequestration.rate.111", "water_retention.runoff@gbt38582_low.11",
    ],
)  # fmt: skip
def test_figures_that_a_method_may_ask_for_are_taken(tmp_path, key):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + f"{key},1,x,y,361028,2020-01-01,,county soil survey,p. 3,V\n")
    method(overrides=coefficients.read(path, any_source=True))


def test_oxygen_goes_by_either_of_its_switches_and_not_by_two_that_disagree():
    assert "oxygen_release" in method(include_oxygen_release=True).profile.indicators
    assert "oxygen_release" not in method("CAS2017", include_oxygen_release=False).profile.indicators
    assert method(include_oxygen_release=True).switch("include_oxygen") is True
    with pytest.raises(methods.UnknownSwitch, match="include_oxygen = False, include_oxygen_release = True"):
        method(include_oxygen=False, include_oxygen_release=True)
