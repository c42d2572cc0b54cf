"""Scenarios, transfers of land, project units: worked cases, and sums that must not be made."""

from decimal import Decimal

import numpy as np
import pytest

from gep.uses import land_transfers, own_accounts, scenario, vep
from gep.uses.own_accounts import NeverAddedToGep, NonUseMemo

# Scenario


def lines(codes, quantity, value_fen):
    return scenario.Lines(
        np.array(codes), {key: np.array(column) for key, column in quantity.items()},
        {name: np.array(column) for name, column in value_fen.items()},
    )  # fmt: skip


BASELINE = lines(
    ["p1", "p2", "p3"],
    {("water_retention", ""): [100.0, 200.0, 300.0], ("soil_retention", "nitrogen"): [1.0, 2.0, np.nan]},
    {"water_retention": [70_600, 141_200, 211_800], "soil_retention": [10, 20, 0], "crops": [5, 6, 7]},
)


def test_only_the_chosen_parcels_are_calculated_again():
    asked = []

    def recalculate(places, kinds):
        asked.append((places.tolist(), kinds.tolist()))
        return lines(["p1", "p3"], {("water_retention", ""): [40.0, 350.0], ("soil_retention", "nitrogen"): [3.0, 4.0]},
                     {"water_retention": [28_240, 247_100], "soil_retention": [30, 40]})  # fmt: skip

    found = scenario.run(
        BASELINE, kinds={"p3": "111", "p1": "63"}, recalculate=recalculate, kept=frozenset({"crops", "tourism"})
    )
    assert asked == [([0, 2], ["63", "111"])]
    water = found.indicators["water_retention"]
    assert (water.before_fen, water.after_fen, water.change_fen) == (282_400, 275_340, -7_060)
    assert (water.gains_fen, water.losses_fen) == (35_300, -42_360)
    assert found.parcel_change.value_fen["water_retention"].tolist() == [-42_360, 35_300]
    assert found.quantity_change["water_retention", ""] == -10.0
    assert np.isnan(found.quantity_change["soil_retention", "nitrogen"])  # what was not known cannot be compared
    assert found.change_fen == -7_060 + 60
    assert found.kept == ("crops",)


def test_t18_afforestation_along_the_wei():
    """Per km²: 15.22 mm more water at 5.714 yuan/m³, 86.87 kg N and 11.28 kg P less at 35,700 and 750,700 yuan/t; in
    Weiyuan 21.17 mm less water."""
    before = lines(["gansu", "weiyuan"], {("water_retention", ""): [0.0, 0.0]},
                   {"water_retention": [0, 0], "water_purification": [0, 0]})  # fmt: skip

    def recalculate(places, kinds):
        water_m3 = np.array([15.22, -21.17]) * 1_000
        nutrients_yuan = 86.87 / 1_000 * 35_700 + 11.28 / 1_000 * 750_700
        return lines(
            ["gansu", "weiyuan"], {("water_retention", ""): water_m3},
            {"water_retention": np.rint(water_m3 * 571.4).astype(int),
             "water_purification": np.array([round(nutrients_yuan * 100), 0])},
        )  # fmt: skip

    found = scenario.run(
        before, kinds={"gansu": "111", "weiyuan": "111"}, recalculate=recalculate, kept=frozenset()
    ).parcel_change
    assert (found.value_fen["water_retention"] / 1e6).tolist() == pytest.approx([8.70, -12.10], abs=0.005)
    assert found.value_fen["water_purification"][0] / 1e6 == pytest.approx(1.16, abs=0.005)
    assert found.quantity["water_retention", ""].tolist() == [15_220.0, -21_170.0]


def test_a_parcel_that_is_not_in_the_account_is_named():
    with pytest.raises(scenario.ParcelUnknown, match="p9"):
        scenario.run(BASELINE, kinds={"p9": "111"}, recalculate=lambda places, kinds: BASELINE, kept=frozenset())


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (lines(["p2"], {}, {"water_retention": [1], "soil_retention": [1]}), "not those of the chosen"),
        (lines(["p1"], {}, {"water_retention": [1]}), "soil_retention had a value"),
    ],
)
def test_lines_that_do_not_fit_are_refused(after, told):
    with pytest.raises(scenario.LinesDoNotFit, match=told):
        scenario.run(BASELINE, kinds={"p1": "63"}, recalculate=lambda places, kinds: after, kept=frozenset({"crops"}))


# Transfers of land


def transfer(parcel, out, into, owed, share="0.3", plan="plan-1"):
    return land_transfers.Transfer(plan, parcel, out, into, owed, Decimal(share))


def test_the_charge_is_a_share_of_what_a_plan_gains_beyond_its_obligation():
    found = land_transfers.ledger([transfer("b", 500, 100, 0), transfer("a", 1_000, 3_005, 1_000)])
    assert [(row.transfer.parcel, row.change_fen, row.charge_fen) for row in found.rows] == [
        ("a", 2_005, 302),  # 1,005 · 0.3 = 301.5, half up
        ("b", -400, 0),
    ]
    assert (found.out_fen, found.in_fen, found.charge_fen) == (1_500, 3_105, 302)


def test_a_parcel_is_entered_once_under_a_plan():
    with pytest.raises(land_transfers.TransferTwice, match="parcel a is entered twice under plan-1"):
        land_transfers.ledger([transfer("a", 1, 2, 0), transfer("a", 1, 2, 0)])
    assert len(land_transfers.ledger([transfer("a", 1, 2, 0), transfer("a", 1, 2, 0, plan="plan-2")]).rows) == 2
    with pytest.raises(land_transfers.ShareRefused, match=r"a share of 1\.2"):
        land_transfers.ledger([transfer("a", 1, 2, 0, share="1.2")])


# Project units

TEA = vep.MarketableProduct("tea", "provisioning", (1_000_000, 1_000_000), payer="market")
STAYS = vep.MarketableProduct("stays", "cultural", (-500_000, 2_000_000), payer="guests")


def test_a_unit_is_worth_its_discounted_net_income():
    found = vep.by_income("jinzhu", [TEA, STAYS], discount_rate=Decimal("0.05"))
    assert found.by_product_fen == {
        "tea": 1_859_410,
        "stays": 1_337_869,
    }  # 952,380.95 + 907,029.48; 1,814,058.96 less 476,190.48
    assert found.fen == 3_197_279
    assert (found.name, found.approach) == ("jinzhu", "income")


def test_a_regulating_service_counts_only_where_someone_pays():
    air = vep.MarketableProduct("clean air", "regulating", (100,), payer="")
    with pytest.raises(vep.NobodyPays, match="nobody pays for clean air"):
        vep.by_income("jinzhu", [TEA, air], discount_rate=Decimal("0.05"))
    paid = vep.MarketableProduct("clean air", "regulating", (105,), payer="guesthouses")
    assert vep.by_income("jinzhu", [paid], discount_rate=Decimal("0.05")).fen == 100


def test_a_unit_is_worth_what_like_units_were_paid():
    like = [vep.Comparable(name, Decimal(yuan), {"location": Decimal(factor)})
            for name, yuan, factor in (("a", "10", "1.1"), ("b", "12", "1"), ("c", "20", "0.5"))]  # fmt: skip
    assert vep.by_comparables("jinzhu", like, size=Decimal("250")).fen == 275_000  # mean of 11, 12 and 10 yuan
    with pytest.raises(vep.UnitRefused, match="2 comparables, 3 are needed"):
        vep.by_comparables("jinzhu", like[:2], size=Decimal(1))


@pytest.mark.parametrize(
    ("products", "rate", "told"),
    [([], "0.05", "no product"), ([TEA, TEA], "0.05", "named twice"), ([TEA], "1", "discount rate of 1"),
     ([TEA], "-0.01", "discount rate")],
)  # fmt: skip
def test_a_unit_that_makes_no_sense_is_refused(products, rate, told):
    with pytest.raises(vep.UnitRefused, match=told):
        vep.by_income("jinzhu", products, discount_rate=Decimal(rate))


@pytest.mark.parametrize(
    "add",
    [
        lambda value: 5 + value,
        lambda value: value + 5,
        lambda value: value + value,
        lambda value: sum([1, 2, value]),
        int,
        float,
        lambda value: np.int64(5) + value,
        lambda value: np.array([1, 2]) + value,
        lambda value: value * 2,
    ],
)
@pytest.mark.parametrize("value", [vep.VepValue("jinzhu", 7, "income"), NonUseMemo("birds", 7)])
def test_neither_vep_nor_memo_is_ever_added_to_gep(add, value):
    with pytest.raises(NeverAddedToGep, match="never added to GEP"):
        add(value)


def test_t17_memo_of_what_is_not_used():
    """Baiyangdian 2011: 11.31 yuan a month of 83.44 % of 61.92·10⁴ payers; population from 135 over 1.52 persons."""
    from gep.indicators.cultural import tourism

    residents = 135e4 / 1.52 * 0.75 * (1 - 0.0704)
    assert residents / 1e4 == pytest.approx(61.92, abs=0.005)
    yuan = tourism.memo_nonuse_yuan(np.array([61.92e4]), willing_yuan_per_year=11.31 * 12, payers_share=0.8344)
    memo = NonUseMemo("Baiyangdian", round(float(yuan[0]) * 100))
    assert memo.fen / 1e10 == pytest.approx(0.701, abs=0.0005)
    assert isinstance(memo, own_accounts.OwnAccountValue)
