from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rounding import NothingToShareBy, apportion, half_up, percentage_fee

weight = st.integers(0, 10**12) | st.floats(0, 1e15)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        pytest.param(123_456_789, [7320, 16470, 5220], [31_151_454, 70_090_773, 22_214_562], id="T35 of gep.md"),
        pytest.param(100, [1, 1, 1], [34, 33, 33], id="ties go to the earlier"),
        pytest.param(2, [1, 1, 1], [1, 1, 0], id="fewer than parts"),
        pytest.param(10, [0, 5, 0], [0, 10, 0], id="nothing for a zero weight"),
        pytest.param(10, [0.1, 0.2, 0.7], [1, 2, 7], id="fractions"),
        pytest.param(0, [0, 0], [0, 0], id="nothing to share"),
        pytest.param(9 * 10**18, [1, 2], [3 * 10**18, 6 * 10**18], id="beyond 64 bits on the way"),
        pytest.param(7, [1e-300, 1e300], [0, 7], id="far apart"),
        pytest.param(0, [], [], id="no parts"),
    ],
)
def test_parts_by_hand(total, weights, parts):
    assert apportion(total, weights).tolist() == parts


@given(total=st.integers(0, 10**15), weights=st.lists(weight, min_size=1, max_size=40))
def test_parts_add_up_and_are_within_one_of_their_share(total, weights):
    whole = sum(map(Fraction, weights))
    if not whole:
        return
    parts = apportion(total, weights).tolist()
    assert sum(parts) == total
    # A list of whole numbers and fractions is read as floats by numpy: that is the weight that counts.
    exact = [Fraction(value) for value in np.asarray(weights).tolist()]
    whole = sum(exact)
    assert all(abs(part - total * value / whole) < 1 for part, value in zip(parts, exact, strict=True))


@given(total=st.integers(0, 10**6), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_whole_numbers_and_the_same_as_fractions_share_alike(total, weights):
    if sum(weights):
        fractions = [Fraction(value, 7) for value in weights]
        assert apportion(total, weights).tolist() == apportion(total, fractions).tolist()


@pytest.mark.parametrize("weights", [[float("nan")], [float("inf")], [-1], [-0.5, 1]])
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        apportion(1, weights)


def test_a_negative_total_and_all_zero_weights_are_refused():
    with pytest.raises(ValueError, match="negative"):
        apportion(-1, [1])
    with pytest.raises(NothingToShareBy):
        apportion(1, [0, 0])


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(Decimal("0.5"), 1), (Decimal("2.5"), 3), (Decimal("-2.5"), -3), (Fraction(1, 3), 0), (Fraction(-5, 2), -3)],
)
def test_ties_go_away_from_zero(value, rounded):
    assert half_up(value) == rounded


def test_a_fee_is_whole_fen():
    assert percentage_fee(price_fen=1_000_100, rate=Decimal("0.015")) == 15_002  # 15,001.5
