"""Totals shared out in whole fen: worked cases, and what must hold of every allocation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.rounding import NothingToShareBy, apportion
from gep import allocation
from gep.allocation import largest_remainder

busy = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be
AREAS_HA, NPP = np.array([12.0, 30.5, 7.25]), np.array([610.0, 540.0, 720.0])


def one_county(total_fen, weights, codes=None):
    codes = np.array(codes or [f"{n:06}" for n in range(len(weights))])
    return allocation.allocate_many(
        np.array([[total_fen]]), county_of_parcel=np.zeros(len(weights), dtype=int),
        weights=np.array([weights], dtype=float), codes=codes,
    )  # fmt: skip


def test_t35_a_countys_rice_goes_to_three_parcels_to_the_fen():
    shared = one_county(123_456_789, AREAS_HA * NPP)
    assert (AREAS_HA * NPP).tolist() == [7_320.0, 16_470.0, 5_220.0]
    assert shared.parcels_fen[0].tolist() == [31_151_454, 70_090_773, 22_214_562]
    assert shared.parcels_fen.sum() == 123_456_789
    assert shared.unallocated_fen.tolist() == [[0]]


def test_of_equal_remainders_the_smallest_code_comes_first():
    assert one_county(5, [1, 1, 1], ["c", "a", "b"]).parcels_fen[0].tolist() == [1, 2, 2]
    assert one_county(4, [1, 1, 1], ["c", "a", "b"]).parcels_fen[0].tolist() == [1, 2, 1]


def test_a_county_without_weights_keeps_its_total_unallocated():
    shared = allocation.allocate_many(
        np.array([[700, 300], [0, 55]]), county_of_parcel=np.array([0, 0, 1, -1]),
        weights=np.array([[1.0, 2.0, 0.0, 9.0], [0.0, 0.0, 0.0, 9.0]]), codes=np.array(["a", "b", "c", "d"]),
    )  # fmt: skip
    assert shared.parcels_fen.tolist() == [[233, 467, 0, 0], [0, 0, 0, 0]]
    assert shared.unallocated_fen.tolist() == [[0, 300], [0, 55]]


@pytest.mark.parametrize("weight", [np.nan, -1.0, np.inf, 1e-200])
def test_a_weight_that_is_none_is_refused_by_its_parcel(weight):
    with pytest.raises(allocation.WeightRefused, match="product 0, parcel b"):
        one_county(5, [1, weight], ["a", "b"])


@pytest.mark.parametrize("total", [-1, 2**53])
def test_a_total_that_cannot_be_told_to_the_fen_is_refused(total):
    with pytest.raises(largest_remainder.TotalRefused, match="product 0, county 0"):
        one_county(total, [1, 2])


awkward_weights = st.one_of(
    st.sampled_from([0.0, 1.0, 2.0, 0.1, 0.3, 1 / 3, 1e-9, 1e9, 5e-5, 30.0]),
    st.floats(1e-6, 1e12, allow_subnormal=False),
    st.integers(0, 50).map(float),
)


@settings(busy, max_examples=150)
@given(
    parcels=st.lists(st.tuples(st.integers(-1, 3), awkward_weights), min_size=1, max_size=60),
    totals=st.lists(st.one_of(st.integers(0, 10**15), st.integers(0, 200)), min_size=4, max_size=4),
    shuffle=st.randoms(use_true_random=False),
)
def test_many_counties_equal_the_exact_rule_one_by_one_in_any_order(parcels, totals, shuffle):
    shuffle.shuffle(parcels)
    county, weights = np.array([p[0] for p in parcels]), np.array([p[1] for p in parcels])
    codes = [f"{n:03}" for n in range(len(parcels))]
    shuffle.shuffle(codes)
    codes = np.array(codes)
    shared = allocation.allocate_many(np.array([totals]), county_of_parcel=county, weights=weights[None], codes=codes)
    for place, total in enumerate(totals):
        mine = np.flatnonzero(county == place)
        mine = mine[np.argsort(codes[mine])]
        if weights[mine].sum() == 0:
            assert shared.parcels_fen[0][mine].sum() == 0
            assert shared.unallocated_fen[0, place] == total
        else:
            assert shared.parcels_fen[0][mine].tolist() == apportion(total, weights[mine]).tolist()
            assert shared.unallocated_fen[0, place] == 0
    assert shared.parcels_fen[0][county == -1].sum() == 0


def test_shares_that_only_exact_numbers_can_tell_apart():
    """0.1 + 0.2 and 0.3 differ in the last bit, and so do their remainders; the larger weight gets the odd fen."""
    assert one_county(1, [0.3, 0.1 + 0.2], ["a", "b"]).parcels_fen[0].tolist() == [0, 1]
    assert one_county(10**15 + 1, [0.3, 0.1 + 0.2], ["a", "b"]).parcels_fen[0].sum() == 10**15 + 1


def test_a_hundred_thousand_equal_parcels_share_by_code():
    codes = np.array([f"{n:06}" for n in range(100_000)])[::-1]
    shared = one_county(123_456_789, np.full(100_000, 0.1), codes.tolist())
    fen = shared.parcels_fen[0]
    assert (fen[codes < "056789"] == 1_235).all()
    assert (fen[codes >= "056789"] == 1_234).all()


# Parts of a whole, some of them negative


def test_a_negative_class_stays_negative_and_the_sum_is_exact():
    assert allocation.split_signed(870, [1_000.4, -130.9]).tolist() == [1_001, -131]
    assert allocation.split_signed(-12, [-20.5, 8.5, 0.0]).tolist() == [-20, 8, 0]


def test_amounts_that_nearly_cancel_are_not_blown_up():
    assert allocation.split_signed(1, [1_000_000.2, -999_999.8]).tolist() == [1_000_001, -1_000_000]


def test_what_is_left_over_goes_by_size():
    assert allocation.split_signed(1_010, [600.0, 300.0, 100.0]).tolist() == [606, 303, 101]


def test_nothing_cannot_be_split():
    assert allocation.split_signed(0, [0.0, 0.0]).tolist() == [0, 0]
    with pytest.raises(NothingToShareBy, match="5 fen"):
        allocation.split_signed(5, [0.0])
    with pytest.raises(ValueError, match="finite"):
        allocation.split_signed(5, [np.nan, 1.0])


@busy
@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=20).filter(any),
)
def test_signed_parts_add_up_and_stay_within_a_fen_of_what_they_should_be(total, amounts):
    parts = allocation.split_signed(total, amounts).tolist()
    assert sum(parts) == total
    drift = Fraction(total) - sum(map(Fraction, amounts))
    size = sum(abs(Fraction(amount)) for amount in amounts)
    for part, amount in zip(parts, amounts, strict=True):
        assert abs(part - Fraction(amount) - drift * abs(Fraction(amount)) / size) < 1


# Two margins at once


def test_crops_and_townships_both_add_up():
    table = allocation.fit_margins(
        np.array([1_000, 500]), np.array([700, 600, 200]), weights=np.array([[3.0, 2.0, 1.0], [1.0, 1.0, 0.0]])
    )
    assert table.sum(axis=1).tolist() == [1_000, 500]
    assert table.sum(axis=0).tolist() == [700, 600, 200]
    assert table[1, 2] == 0


def test_a_table_of_halves_is_rounded_so_that_all_margins_hold():
    table = allocation.fit_margins(np.array([1, 1]), np.array([1, 1]), weights=np.ones((2, 2)))
    assert table.tolist() in ([[1, 0], [0, 1]], [[0, 1], [1, 0]])


def test_a_table_that_already_fits_is_left_as_it_is():
    weights = np.array([[20.0, 30.0], [40.0, 10.0]])
    assert allocation.fit_margins(np.array([50, 50]), np.array([60, 40]), weights=weights).tolist() == weights.tolist()


def test_margins_that_disagree_are_refused_with_both_sums():
    with pytest.raises(allocation.MarginsDisagree, match="rows add up to 30 fen, the columns to 31 fen"):
        allocation.fit_margins(np.array([10, 20]), np.array([30, 1]), weights=np.ones((2, 2)))


def test_margins_that_the_cells_cannot_reach_are_refused_by_name():
    with pytest.raises(allocation.MarginsUnreachable, match="row 1 has 20 fen and no cell"):
        allocation.fit_margins(np.array([10, 20]), np.array([15, 15]), weights=np.array([[1.0, 1.0], [0.0, 0.0]]))
    with pytest.raises(allocation.MarginsUnreachable, match=r"rows \[1\] need 20 fen.* take 15 fen"):
        allocation.fit_margins(np.array([10, 20]), np.array([15, 15]), weights=np.array([[1.0, 1.0], [0.0, 1.0]]))


def test_margins_that_force_a_weighted_cell_to_zero_are_refused(monkeypatch):
    monkeypatch.setattr("gep.allocation.margins.ROUNDS", 200)
    with pytest.raises(allocation.MarginsDoNotConverge, match="after 200 rounds"):
        allocation.fit_margins(np.array([10, 20]), np.array([10, 20]), weights=np.array([[1.0, 1.0], [0.0, 1.0]]))


@settings(busy, max_examples=80)
@given(st.data())
def test_every_margin_holds_and_every_cell_is_the_fitted_one_rounded(data):
    from gep.allocation import margins

    rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 8))
    cells = st.lists(st.integers(0, 10**6), min_size=rows * columns, max_size=rows * columns)
    truth = np.array(data.draw(cells)).reshape(rows, columns)
    noise = st.lists(st.floats(0.5, 2.0), min_size=rows * columns, max_size=rows * columns)
    weights = truth * np.array(data.draw(noise)).reshape(rows, columns)
    row_totals, column_totals = truth.sum(axis=1), truth.sum(axis=0)
    table = allocation.fit_margins(row_totals, column_totals, weights=weights)
    assert table.sum(axis=1).tolist() == row_totals.tolist()
    assert table.sum(axis=0).tolist() == column_totals.tolist()
    fitted = margins._fit(row_totals, column_totals, weights)
    assert (np.abs(table - fitted) < 1 + 1e-5).all()
    assert (table[weights == 0] == 0).all()


def test_parcels_meet_products_and_townships_at_once_in_any_order():
    random = np.random.default_rng(35)
    township = random.integers(0, 5, 400)
    weights = random.uniform(0, 3, (3, 400)) * (random.uniform(size=(3, 400)) > 0.3)
    codes = np.array([f"p{n:04}" for n in range(400)])
    townships_fen = np.array([200_001, 300_017, 123_456, 99_999, 276_527])
    products_fen = np.array([500_000, 300_001, 199_999])
    shared = allocation.allocate_with_margins(
        products_fen, townships_fen, township_of_parcel=township, weights=weights, codes=codes
    ).parcels_fen
    assert shared.sum(axis=1).tolist() == products_fen.tolist()
    assert [int(shared[:, township == t].sum()) for t in range(5)] == townships_fen.tolist()
    assert (shared[weights == 0] == 0).all()
    order = random.permutation(400)
    again = allocation.allocate_with_margins(
        products_fen, townships_fen, township_of_parcel=township[order], weights=weights[:, order], codes=codes[order]
    ).parcels_fen
    assert (again == shared[:, order]).all()


# An official figure beside the model

PARCELS = np.array(["b", "a", "c", "d", "e"])
COUNTY = np.array(["361028", "361028", "361028", "361023", "361023"])


def test_a_countys_official_figure_is_reached_exactly_and_others_keep_the_model():
    found = allocation.calibrate(
        np.array([100, 100, 50, 30, 40]), county=COUNTY, codes=PARCELS, official_fen={"361028": 301}
    )
    assert found.parcels_fen.tolist() == [120, 121, 60, 30, 40]  # 120.4, 120.4, 60.2: the odd fen goes to "a"
    assert found.factor == {"361028": 1.204}


def test_a_parcel_that_costs_water_costs_more_after_calibration():
    found = allocation.calibrate(
        np.array([100, -20, 20, 30, 40]), county=COUNTY, codes=PARCELS, official_fen={"361028": 151}
    )
    assert found.parcels_fen.tolist() == [151, -30, 30, 30, 40]
    deficit = allocation.calibrate(
        np.array([-100, -20, 0, 30, 40]), county=COUNTY, codes=PARCELS, official_fen={"361028": -60}
    )
    assert deficit.parcels_fen.tolist() == [-50, -10, 0, 30, 40]


@pytest.mark.parametrize("official", [0, -5])
def test_a_model_without_a_value_of_that_sign_is_not_calibrated(official):
    with pytest.raises(allocation.CannotCalibrate, match=f"361028: {official} fen by the official figure, 250 fen"):
        allocation.calibrate(
            np.array([100, 100, 50, 30, 40]), county=COUNTY, codes=PARCELS, official_fen={"361028": official}
        )
