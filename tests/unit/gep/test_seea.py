"""Condition, supply and use, assets, and printed figures held against each other."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gep.seea import assets, condition, consistency, supply_use

# Condition


def test_t34_ecosystem_quality_index():
    index = condition.quality_index(
        leaf_area=np.array([0.7]), vegetation_cover=np.array([0.9]), production=np.array([0.6])
    )
    assert index[0] == pytest.approx(73.33, abs=0.005)
    assert condition.grades(index, year=2023).tolist() == ["good"]  # 良


def test_a_grade_begins_at_its_limit():
    index = np.array([100, 75, 74.99, 55, 35, 20, 19.99, 0, np.nan])
    assert condition.grades(index, year=2023).tolist() == [
        "excellent", "excellent", "good", "good", "fair", "low", "poor", "poor", "",
    ]  # fmt: skip


def test_relative_density_is_within_its_reference():
    found = condition.relative_density(np.array([3.0, 9.0, np.nan, 2.0]), reference=np.array([6.0, 6.0, 6.0, 0.0]))
    assert found[:2].tolist() == [0.5, 1.0]
    assert np.isnan(found[2:]).all()


def test_condition_is_weighed_by_area_and_says_what_is_known():
    before = condition.State(np.array(["forest"] * 3), np.array([1.0, 3.0, 4.0]), np.array([40.0, 80.0, np.nan]))
    after = condition.State(np.array(["forest", "crop"]), np.array([8.0, 1.0]), np.array([75.0, np.nan]))
    found = condition.account(before, after, types=("forest", "crop"))
    assert found.opening.tolist()[0] == 70.0
    assert (found.change[0], found.opening_known_share[0], found.closing_known_share[0]) == (5.0, 0.5, 1.0)
    assert np.isnan(found.closing[1])


# Supply and use


def test_supply_is_use_to_the_fen():
    found = supply_use.tabulate(
        {"crops": [0, 1_000], "climate_regulation": [700, -1], "water_supply.water_domestic": [31, 0]},
        types=("forest", "crop"), imports={"crops": 50}, exports={"crops": 200},
    )  # fmt: skip
    used = {service: dict(zip(found.users, row, strict=True)) for service, row in
            zip(found.services, found.use.tolist(), strict=True)}  # fmt: skip
    assert used["crops"]["agriculture"] == 850
    assert used["climate_regulation"]["households"] == 699
    assert used["water_supply.water_domestic"]["households"] == 31
    assert (found.supply.sum(axis=1) + found.imports).tolist() == (found.use.sum(axis=1) + found.exports).tolist()


def test_tables_whose_sides_differ_are_refused():
    found = supply_use.tabulate({"crops": [10]}, types=("crop",))
    found.use[0, 0] += 1
    with pytest.raises(supply_use.SupplyIsNotUse, match="crops: 10 supplied and imported, 11 used"):
        supply_use.balance(found)


def test_a_service_that_nobody_is_known_to_use_is_named():
    with pytest.raises(supply_use.UserUnknown, match="moonlight"):
        supply_use.tabulate({"moonlight": [1]}, types=("crop",))


def test_physical_amounts_are_whole_thousandths():
    assert supply_use.whole(np.array([1.2345, -0.0006])).tolist() == [1_234, -1]
    with pytest.raises(ValueError, match="missing"):
        supply_use.whole(np.array([np.nan]))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-(10**15), 10**15), min_size=3, max_size=3), st.integers(0, 10**12))
def test_supply_is_use_whatever_the_amounts(amounts, exported):
    found = supply_use.tabulate({"tourism": amounts}, types=("a", "b", "c"), exports={"tourism": exported})
    assert int(found.use.sum()) + exported == sum(amounts)


def test_every_indicator_has_users_and_a_kind_of_value():
    from gep import method_profiles

    for indicator in method_profiles.indicator_list():
        assert sum(supply_use.users_of(indicator).values()) == 1
        assert supply_use.is_exchange_value(indicator) in (True, False)


def test_users_grades_and_valuations_have_names_in_both_languages():
    import csv

    from gep.seea import names

    valued_by = {row["valued_by"] for row in csv.DictReader((supply_use.HERE / "exchange.csv").open(encoding="utf-8"))}
    users = {user for shares in supply_use._users().values() for user in shares}
    for key in (*condition.GRADES, *sorted(users | valued_by)):
        assert names.name(key) != names.name(key, language="en")
    assert names.name("good") == "良"


def test_both_totals_are_told_with_what_is_between_them():
    found = supply_use.totals(
        {"crops": 500, "water_retention": 300, "tourism": 200, "tourism.consumer_surplus": 40, "oxygen_release": 10}
    )
    assert (found.gep_profile_total_fen, found.seea_exchange_total_fen) == (1_050, 700)
    assert found.left_out_fen == {"water_retention": 300, "tourism.consumer_surplus": 40, "oxygen_release": 10}


# Assets


def test_t20_present_value_of_a_flow_that_begins_at_once():
    terms = assets.Terms.of(region="361000", year=2023)
    assert (terms.rate, terms.years) == (0.0277, 100)
    assert assets.present_value(19.10, terms=terms) == pytest.approx(662.52, abs=0.005)  # 10^12 yuan


def test_a_flow_without_interest_is_its_sum():
    assert assets.present_value(7.0, terms=assets.Terms(rate=0.0, years=3)) == 21.0
    with pytest.raises(ValueError, match="no present value"):
        assets.present_value(7.0, terms=assets.Terms(rate=-1.0, years=3))


def state(area, quantity, yuan, rate=0.0, years=10):
    return assets.AssetState(*(np.array(values, dtype=float) for values in (area, quantity, yuan)),
                             assets.Terms(rate, years))  # fmt: skip


def test_t21_assets_of_jiangxis_forests_add_up():
    """2,116.5 and 2,057.2 of stock, 581,179.8 of services, all 10^8 yuan; a life of one year keeps them as given."""
    worth = state([1, 1, 1], [211_650_000_000, 205_720_000_000, 58_117_980_000_000], [1, 1, 1], years=1)
    found = assets.account(worth, worth, types=("first", "second", "services"))
    assert int(found.closing_fen[:2].sum()) == 41_737 * 10**9
    assert int(found.closing_fen.sum()) == 5_853_535 * 10**9  # 585,353.5 · 10^8 yuan


def test_from_opening_to_closing_every_fen_has_its_item():
    found = assets.account(
        state([100, 50, 0, 20], [2, 4, np.nan, 1], [1.0, 1.0, np.nan, 1.0]),
        state([120, 50, 30, 0], [2, 3, 5, np.nan], [1.5, 1.0, 1.0, np.nan]),
        types=("forest", "marsh", "new", "gone"),
    )
    assert found.opening_fen.tolist() == [200_000, 200_000, 0, 20_000]
    assert found.additions_by_conversion_fen.tolist() == [40_000, 0, 150_000, 0]
    assert found.reductions_by_conversion_fen.tolist() == [0, 0, 0, -20_000]
    assert found.degradation_fen.tolist() == [0, -50_000, 0, 0]
    assert found.revaluation_fen.tolist() == [120_000, 0, 0, 0]
    assert found.closing_fen.tolist() == [360_000, 150_000, 150_000, 0]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(*[st.floats(0, 1e6), st.floats(-1e3, 1e3), st.floats(0, 100)] * 2), min_size=1, max_size=8))
def test_the_items_always_lead_from_opening_to_closing(rows):
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    before = assets.AssetState(*columns[:3], assets.Terms(0.0277, 100))
    after = assets.AssetState(*columns[3:], assets.Terms(0.03, 90))
    found = assets.account(before, after, types=[str(n) for n in range(len(rows))])
    items = (found.additions_by_conversion_fen + found.reductions_by_conversion_fen + found.enhancement_fen
             + found.degradation_fen + found.revaluation_fen)  # fmt: skip
    assert (found.opening_fen + items == found.closing_fen).all()


def test_a_type_without_a_price_is_named():
    with pytest.raises(assets.StateMissing, match="forest"):
        assets.account(state([1], [1], [np.nan]), state([1], [1], [1]), types=("forest",))


def test_a_worth_beyond_whole_fen_is_refused():
    with pytest.raises(assets.AssetTooLarge):
        assets.account(state([1], [1e18], [1]), state([1], [1e18], [1]), types=("forest",))


# Printed figures


def test_t25_regulating_services_in_published_accounts():
    assert consistency.share("53.14", of="72.81") == pytest.approx(Decimal("0.730"), abs=Decimal("0.0005"))
    assert consistency.rest("1259.03", without="670.59") == Decimal("588.44")
    assert consistency.share("27.199", of="55.129") == pytest.approx(Decimal("0.4934"), abs=Decimal("0.00005"))


def test_n4_shares_of_ecosystems_that_were_taken_of_another_total():
    consistency.check_shares("72.81", parts={"regulating": ("53.14", "73.0")})
    with pytest.raises(consistency.ShareBaseDiffers, match=r"wetland: 28.08 is 42.4 % of 66.14 to 66.32, not of 72.81"):
        consistency.check_shares("72.81", parts={"wetland": ("28.08", "42.4"), "forest": ("19.89", "30.0")})
    consistency.check_shares(
        "66.25", parts={"wetland": ("28.08", "42.4"), "forest": ("19.89", "30.0"), "grass": ("10.66", "16.1")}
    )


def test_the_provinces_shares_fit_its_total():
    consistency.check_shares(
        "29040.66",
        parts={
            "provisioning": ("3847.9", "13.25"),
            "regulating": ("18432.1", "63.47"),
            "cultural": ("6760.7", "23.28"),
        },
    )


def test_n6_an_abstract_that_contradicts_its_text_is_flagged():
    computed = Decimal(str(assets.present_value(19.10, terms=assets.Terms(0.0277, 100))))
    consistency.check_agreement(computed, printed={"text": "662"})
    with pytest.raises(consistency.FiguresDisagree, match=r"the abstract prints 691, the figures make 662.52"):
        consistency.check_agreement(computed, printed={"text": "662", "abstract": "691"})
