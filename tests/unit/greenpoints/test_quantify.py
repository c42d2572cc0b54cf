"""Worked cases P1-P3, P5-P7, P13, P19 and P24 of the method pages: milligrams, written out."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenpoints import rewards
from greenpoints.quantification import quantify
from greenpoints.quantification.quantify import Factors

MG_PER_UNIT = {
    "M01": Fraction(164, 10), "M02": Fraction(40), "M05": Fraction(269, 10), "M06": Fraction(80_000),
    "M07": Fraction(468, 10), "D01": Fraction(4_716), "W02.carton": Fraction(500), "W03.pet": Fraction(1_150),
    "W04.aluminium": Fraction(7_940), "C05": Fraction(0),
}  # fmt: skip
DISCOUNT = {"A": Fraction(1), "B": Fraction(9, 10), "C": Fraction(1, 2), "D": Fraction(0)}


def reduction(rows, *, approved=True):
    keys, quantities, letters = zip(*rows, strict=True)
    return quantify.reductions(
        np.array(quantities, np.int64),
        factors=Factors(
            numerator=np.array([MG_PER_UNIT[key].numerator for key in keys]),
            denominator=np.array([MG_PER_UNIT[key].denominator for key in keys]),
            discount_numerator=np.array([DISCOUNT[letter].numerator for letter in letters]),
            discount_denominator=np.array([DISCOUNT[letter].denominator for letter in letters]),
            approved=np.full(len(keys), approved),
        ),
    )


@pytest.mark.parametrize(
    ("key", "quantity", "letter", "gross_mg", "net_mg"),
    [
        pytest.param("M01", 7_250, "B", 118_900, 107_010, id="P1 walking 7,250 steps, class B"),
        pytest.param("M01", 12_000, "A", 196_800, 196_800, id="P2 walking, the 12,000 steps that count"),
        pytest.param("M02", 3_200, "A", 128_000, 128_000, id="P3 shared bike 3.2 km"),
        pytest.param("M05", 7_400, "A", 199_060, 199_060, id="P5 bus 7.4 km"),
        pytest.param("M06", 1, "A", 80_000, 80_000, id="P6 one bus tap"),
        pytest.param("M07", 11_500, "A", 538_200, 538_200, id="P7 metro 11.5 km"),
        pytest.param("D01", 3, "A", 14_148, 14_148, id="P13 three e-invoices"),
        pytest.param("C05", 1, "D", 0, 0, id="P24 photo of a clean plate"),
        pytest.param("M01", 2_001, "B", 32_816, 29_534, id="rounded down once: 29,534.76"),
    ],
)
def test_worked_case(key, quantity, letter, gross_mg, net_mg):
    answer = reduction([(key, quantity, letter)])
    assert (answer.gross_mg[0], answer.net_mg[0], answer.posted_mg[0]) == (gross_mg, net_mg, net_mg)


def test_p19_weighed_recycling():
    answer = reduction([("W02.carton", 3_000, "B"), ("W03.pet", 800, "B"), ("W04.aluminium", 200, "B")])
    assert answer.gross_mg.tolist() == [1_500_000, 920_000, 1_588_000]
    assert answer.gross_mg.sum() == 4_008_000
    assert answer.net_mg.sum() == 3_607_200


def test_an_unconfirmed_factor_is_shown_and_posts_nothing():
    answer = reduction([("W02.carton", 3_000, "B")], approved=False)
    assert (answer.gross_mg[0], answer.net_mg[0], answer.posted_mg[0]) == (1_500_000, 1_350_000, 0)


def test_what_does_not_fit_is_refused():
    with pytest.raises(quantify.TooLarge):
        reduction([("M06", 10**15, "A")])
    with pytest.raises(ValueError, match="never negative"):
        reduction([("M02", -1, "A")])


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_never_more_than_the_exact_amount_and_never_a_milligram_less(quantities):
    answer = reduction([("M01", quantity, "B") for quantity in quantities])
    for quantity, net_mg in zip(quantities, answer.net_mg.tolist(), strict=True):
        exact = Fraction(quantity) * Fraction(164, 10) * Fraction(9, 10)
        assert net_mg <= exact < net_mg + 1


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
