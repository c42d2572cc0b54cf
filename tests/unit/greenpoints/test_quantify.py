"""Worked cases P1 to P25 of the method pages with the factor set TEST-2022: milligrams, written out."""

import json
from fractions import Fraction

import factor_set_2022
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenpoints import rewards
from greenpoints.quantification import bases, parameters, quantify
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.quantify import Reduction


def reduction(rows, *, in_force=None):
    """Return what rows of (act, material, evidence, quantity, measures) are worth."""
    in_force = in_force or factor_set_2022.in_force()
    chosen = [in_force.basis(act, material=material, evidence=evidence) for act, material, evidence, *_ in rows]
    return quantify.reductions(
        chosen,
        np.arange(len(rows)),
        quantity=np.array([row[3] for row in rows], np.int64),
        measures=np.array([json.dumps(row[4]) if row[4] else "" for row in rows] + [""], object)[:-1],
    )


CASES = [
    ("P1", "M01", "", "health_api", 7_250, {}, 118_900, 107_010),
    ("P2", "M01", "", "health_api", 12_000, {}, 196_800, 177_120),  # of 18,000 steps, as many as count
    ("P3", "M02", "", "operator_record", 3_200, {}, 128_000, 128_000),
    ("P4", "M04", "", "operator_record", 4_000, {}, 132_390, 132_390),  # 132.3904 g, rounded down
    ("P5", "M05", "", "fare_record", 7_400, {}, 199_060, 199_060),
    ("P6", "M06", "", "fare_record", 1, {}, 80_000, 80_000),
    ("P7", "M07", "", "fare_record", 11_500, {}, 538_200, 538_200),
    ("P8", "M09", "", "telematics", 32_000, {}, 2_087_520, 2_087_520),
    ("P9", "M10", "", "pile_record", 20_000, {}, 6_677_800, 6_677_800),
    ("P10", "M13", "", "odometer_photos", 1, {"daily_mean_m": 30_000}, 3_181_815, 1_590_907),
    ("P11", "M12", "", "order_record", 10_000, {"detour_m": 2_000}, 389_360, 389_360),
    ("P12", "M15", "", "toll_record", 2, {}, 46_000, 46_000),
    ("P13", "D01", "", "tax_record", 3, {}, 14_148, 14_148),
    ("P14", "H01", "", "power_meter", 30, {"persons": 3, "consumption_wh": 198_000}, 25_884_000, 25_884_000),
    ("P15", "H02", "", "power_meter", 1, {"persons": 3, "consumption_wh": 14_000, "mean_7day_wh": 15_600},
     920_320, 920_320),
    ("P16", "H04", "", "gas_meter", 30, {"consumption_l": 10_800, "baseline_l": 15_000}, 9_081_240, 9_081_240),
    ("P17", "H06", "", "inverter_and_meter", 9_600, {"capacity_w": 3_000}, 5_521_920, 5_521_920),
    ("P18", "H07", "electric", "install_record", 150, {}, 2_588_400, 1_294_200),
    ("P19 carton", "W02", "carton", "scale", 3_000, {}, 1_500_000, 1_350_000),
    ("P19 PET", "W03", "pet", "scale", 800, {}, 920_000, 828_000),
    ("P19 aluminium", "W04", "aluminium", "scale", 200, {}, 1_588_000, 1_429_200),
    ("P20", "W06", "", "scale", 5_000, {}, 6_400_000, 5_760_000),
    ("P21", "W10", "phone_published_case", "order_record", 1, {}, 51_903_000, 51_903_000),
    ("P22", "D05", "", "meeting_log", 12, {"round_trips_m": 720_000, "duration_min": 120}, 77_231_760, 69_508_584),
    ("P23", "H08", "gas", "sub_meter", 1_000, {}, 4_405_906, 3_965_315),  # 3,965,315.4
    ("P24", "C05", "", "photo", 1, {}, 0, 0),
    ("P25", "N02", "", "volunteer_record", 150, {}, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("case", "act", "material", "evidence", "quantity", "measures", "gross_mg", "net_mg"),
                         [pytest.param(*case, id=case[0]) for case in CASES])  # fmt: skip
def test_worked_case(case, act, material, evidence, quantity, measures, gross_mg, net_mg):
    answer = reduction([(act, material, evidence, quantity, measures)])
    assert (answer.gross_mg[0], answer.net_mg[0], answer.posted_mg[0]) == (gross_mg, net_mg, net_mg)


def test_p19_weighed_recycling_in_all():
    answer = reduction([row[1:6] for row in CASES if row[0].startswith("P19")])
    assert (answer.gross_mg.sum(), answer.net_mg.sum()) == (4_008_000, 3_607_200)


def test_p24_and_p25_are_paid_in_coins():
    answer = reduction([row[1:6] for row in CASES if row[0] in {"P24", "P25"}])
    assert answer.flat_coins.tolist() == [1, 50]
    assert answer.posted_mg.tolist() == [0, 0]


def test_an_hour_of_volunteering_is_twenty_coins_and_a_minute_less_is_nineteen():
    answer = reduction([("N02", "", "volunteer_record", minutes, {}) for minutes in (59, 60, 62)])
    assert answer.flat_coins.tolist() == [19, 20, 20]


def test_an_unconfirmed_figure_is_shown_and_posts_nothing():
    as_it_stands = parameters.in_force(factor_set_2022.DAY)
    answer = reduction(
        [
            ("W02", "carton", "scale", 3_000, {}),
            ("M09", "", "telematics", 32_000, {}),
            ("H06", "", "inverter_and_meter", 9_600, {"capacity_w": 3_000}),
        ],
        in_force=as_it_stands,
    )
    assert answer.gross_mg.tolist() == [1_500_000, 2_087_520, 5_521_920]
    assert answer.net_mg.tolist() == [1_350_000, 2_087_520, 5_521_920]
    assert answer.posted_mg.tolist() == [0, 0, 5_521_920]
    assert as_it_stands.basis("M09", material="", evidence="telematics").unapproved == (
        "petrol_density", "car_fuel", "ev_power",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("act", "material", "evidence", "quantity", "measures", "gross_mg"),
    [
        pytest.param("H01", "", "power_meter", 30, {"persons": 3, "consumption_wh": 36_449}, 0,
                     id="below 15 % of the baseline nobody lives there"),
        pytest.param("H01", "", "power_meter", 30, {"persons": 3, "consumption_wh": 36_450}, 86_280_000,
                     id="at 15 % the saving counts, 5 kWh a day at most"),
        pytest.param("H01", "", "power_meter", 1, {"persons": 9, "consumption_wh": 16_900}, 1_150_400,
                     id="seven persons count"),
        pytest.param("H01", "", "power_meter", 30, {"persons": 3, "consumption_wh": 190_000, "self_used_wh": 8_000},
                     25_884_000, id="G4: own solar power is consumption too"),
        pytest.param("H01", "", "power_meter", 30, {"persons": 3, "consumption_wh": 300_000}, 0,
                     id="more than the baseline is no debt"),
        pytest.param("H02", "", "power_meter", 1, {"persons": 3, "consumption_wh": 8_100, "mean_7day_wh": 9_000}, 0,
                     id="H02 is for users above the baseline"),
        pytest.param("H02", "", "power_meter", 1, {"persons": 3, "consumption_wh": 8_101, "mean_7day_wh": 20_000},
                     1_725_600, id="3 kWh a day at most"),
        pytest.param("H04", "", "gas_meter", 1, {"consumption_l": 0, "baseline_l": 9_000}, 3_243_300,
                     id="1.5 m3 a day at most"),
        pytest.param("H06", "", "inverter_and_meter", 30_000, {"capacity_w": 3_000}, 10_353_600,
                     id="no more than the installation can give"),
        pytest.param("H06", "", "inverter_and_meter", 9_600, {"capacity_w": 3_000, "certified_wh": 9_600}, 0,
                     id="what has a certificate is claimed already"),
        pytest.param("M12", "", "order_record", 10_000, {"detour_m": 3_000}, 313_602, id="a detour of 0.3"),
        pytest.param("M12", "", "order_record", 10_000, {"detour_m": 3_001}, 0, id="beyond it, no carpool"),
        pytest.param("M13", "", "plate_log", 1, {"daily_mean_m": 90_000}, 4_242_420, id="40 km a day count"),
        pytest.param("D05", "", "meeting_log", 12, {"round_trips_m": 120_000, "duration_min": 60}, 0,
                     id="within 5 km no journey is saved"),
        pytest.param("H09", "", "invoice_and_label", 1,
                     {"class_wh": 730_000, "bought_wh": 365_000, "owned_day": 365}, 575_200, id="the first year"),
        pytest.param("H09", "", "invoice_and_label", 1,
                     {"class_wh": 730_000, "bought_wh": 365_000, "owned_day": 366}, 0, id="and not a day more"),
        pytest.param("C04", "", "residue_scale", 1, {"residue_g": 19}, 144_000, id="a clean plate"),
        pytest.param("C04", "", "residue_scale", 1, {"residue_g": 20}, 0, id="20 g are left over"),
        pytest.param("D04", "", "printer_log", 1, {"printed_sheets": 100, "mean_sheets": 900}, 943_200,
                     id="200 sheets a day at most"),
        pytest.param("D02", "", "service_record", 1, {"round_trip_m": 8_000}, 9_432,
                     id="two sheets, and no trip before a survey"),
        pytest.param("D06", "", "roster", 1, {"round_trip_m": 24_000}, 2_229_272, id="24 km, less 0.64 kWh"),
        pytest.param("M08", "", "ticket_record", 100_000, {}, 8_222_500, id="82.225 g a km"),
        pytest.param("M14", "", "plate_log", 1, {"daily_mean_m": 30_000}, 1_811_880, id="30 km of an electric car"),
        pytest.param("C06", "", "canteen_record", 1, {"meat_replaced_g": 100}, 910_000, id="100 g of pork"),
        pytest.param("C06", "", "canteen_record", 1, {}, 0, id="nothing by default"),
        pytest.param("H01", "", "power_meter", 30, {"persons": 3}, 0, id="no consumption, no saving"),
    ],
)  # fmt: skip
def test_rules_of_the_formulas(act, material, evidence, quantity, measures, gross_mg):
    assert reduction([(act, material, evidence, quantity, measures)]).gross_mg.tolist() == [gross_mg]


def test_every_formula_of_the_catalogue_gives_a_mass():
    in_force = factor_set_2022.in_force()
    kinds = [
        (act.code, material, evidence)
        for act in ACTS.values()
        for material in act.materials or ("",)
        for evidence in act.evidence
    ]
    assert len({act for act, *_ in kinds}) == 54
    for act, material, evidence in kinds:
        basis = in_force.basis(act, material=material, evidence=evidence)
        assert basis.numbers.baseline
        assert basis.unapproved == ()
        assert bases.read(basis.content) == basis


def test_what_does_not_fit_is_refused():
    with pytest.raises(quantify.TooLarge):
        reduction([("M06", "", "fare_record", 10**15, {})])
    with pytest.raises(ValueError, match="never negative"):
        reduction([("M02", "", "operator_record", -1, {})])
    with pytest.raises(ValueError, match="never negative"):
        reduction([("M12", "", "order_record", 10_000, {"detour_m": -1})])


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_never_more_than_the_exact_amount_and_never_a_milligram_less(quantities):
    answer = reduction([("M01", "", "health_api", quantity, {}) for quantity in quantities])
    for quantity, net_mg in zip(quantities, answer.net_mg.tolist(), strict=True):
        exact = Fraction(quantity) * Fraction(164, 10) * Fraction(9, 10)
        assert net_mg <= exact < net_mg + 1


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 12)), min_size=1, max_size=20))
def test_household_saving_is_exact_whatever_the_size(rows):
    """Quantities so large that 64 bits do not hold the products go another way, to the same milligram."""
    told = [
        ("H01", "", "power_meter", days, {"persons": persons, "consumption_wh": consumption})
        for days, consumption, persons in rows
    ]
    answer = reduction(told)
    grid, one_person = Fraction(5752, 10), 2_700
    for (days, consumption, persons), gross_mg in zip(rows, answer.gross_mg.tolist(), strict=True):
        baseline = one_person * min(persons, 7) * days
        saved_wh = min(max(baseline - consumption, 0), 5_000 * days)
        assert gross_mg == (0 if 100 * consumption < 15 * baseline else saved_wh * grid // 1)


def test_rows_of_many_kinds_are_answered_in_their_places():
    rows = [row[1:6] for row in CASES]
    single = [reduction([row]) for row in rows]
    together = reduction(rows)
    for name in Reduction.__dataclass_fields__:
        assert getattr(together, name).tolist() == [getattr(one, name)[0] for one in single]


def test_coins_of_a_day():
    due = rewards.coins_due(
        np.array([100_000, 99_999, 250_000, 0]),
        flat_coins=np.array([0, 0, 1, 2]),
        carried_mg=np.array([0, 1, 60_000, 99_999]),
        carried_coins=np.array([0, 0, 3, 0]),
        mg_per_coin=100_000,
    )
    assert due.coins.tolist() == [1, 1, 7, 2]
    assert due.carried_mg.tolist() == [0, 0, 10_000, 99_999]


@given(st.lists(st.integers(0, 10**7), max_size=30), st.integers(0, 29))
def test_splitting_a_day_changes_no_coin(amounts_mg, cut):
    def coins(parts):
        total, carried = 0, np.zeros(1, np.int64)
        none = np.zeros(1, np.int64)
        for part in parts:
            due = rewards.coins_due(
                np.array([sum(part)]), flat_coins=none, carried_mg=carried, carried_coins=none, mg_per_coin=100_000
            )
            total, carried = total + int(due.coins[0]), due.carried_mg
        return total, int(carried[0])

    assert coins([amounts_mg]) == coins([amounts_mg[:cut], amounts_mg[cut:]])
    assert coins([amounts_mg]) == (sum(amounts_mg) // 100_000, sum(amounts_mg) % 100_000)
