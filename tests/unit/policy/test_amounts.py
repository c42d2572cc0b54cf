"""Amounts: worked figures, rounding, bounds, and one case equal to a million."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import amounts
from policy.amounts import AmountInvalid, AmountOutOfRange, AmountRowMissing

RATE = {"kind": "rate_x_units", "units": "u", "rate_fen": 3500, "per": 1000}
SHARE = {"kind": "share_of_cost", "cost_fen": "u", "share_bp": 3000, "cap_fen": 15_000_000}
TIERED = {
    "kind": "tiered",
    "units": "u",
    "tiers": [{"up_to": 100, "rate_fen": 500}, {"up_to": 300, "rate_fen": 200}, {"rate_fen": 0}],
}
INTEREST = {"kind": "interest_act365", "principal_fen": "p", "days": "d", "rate_bp": 300}
TABLE = {"kind": "table", "key": ["k", "l"], "rows": {"a.x": 1, "b.y": 2}}


@pytest.mark.parametrize(
    ("formula", "facts", "expected"),
    [
        pytest.param({"kind": "fixed", "amount_fen": 700}, {}, 700, id="fixed"),
        pytest.param(RATE, {"u": 123_456}, 432_096, id="123.456 mu at 35 yuan"),
        pytest.param({**RATE, "rate_fen": 500, "per": 1000}, {"u": 1}, 1, id="half a fen rounds up"),
        pytest.param({**RATE, "rate_fen": 499, "per": 1000}, {"u": 1}, 0, id="less than half rounds down"),
        pytest.param({**RATE, "floor_fen": 100}, {"u": 0}, 100, id="floor"),
        pytest.param(
            SHARE, {"u": 60_000_000}, 15_000_000, id="W18: 30 % of 600,000 yuan is 180,000, capped at 150,000"
        ),
        pytest.param(TIERED, {"u": 100}, 50_000, id="end of the first tier"),
        pytest.param(TIERED, {"u": 101}, 50_200, id="first unit of the second tier"),
        pytest.param(TIERED, {"u": 1000}, 90_000, id="beyond the last paid tier"),
        pytest.param(INTEREST, {"p": 100_000_000, "d": 184}, 1_512_329, id="W18: 3 % on 1,000,000 yuan for 184 days"),
        pytest.param(TABLE, {"k": "b", "l": "y"}, 2, id="table"),
    ],
)
def test_worked_amounts(formula, facts, expected):
    assert amounts.amount_fen(amounts.parse(formula), facts) == expected


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_many_cases_are_each_case_alone(units):
    for written in (RATE, SHARE, TIERED):
        formula = amounts.parse(written)
        together = amounts.compute(formula, {"u": np.array(units)}, size=len(units))
        assert together.tolist() == [amounts.amount_fen(formula, {"u": unit}) for unit in units]


def test_a_million_cases_of_a_table():
    keys = np.array(["a", "b"])[np.arange(1_000_000) % 2]
    others = np.array(["x", "y"])[np.arange(1_000_000) % 2]
    paid = amounts.compute(amounts.parse(TABLE), {"k": keys, "l": others}, size=1_000_000)
    assert int(paid.sum()) == 1_500_000


@pytest.mark.parametrize(
    ("formula", "facts", "refusal"),
    [
        (RATE, {"u": 2**62}, AmountOutOfRange),
        (RATE, {"u": -1}, AmountOutOfRange),
        (INTEREST, {"p": 2**50, "d": 10_000}, AmountOutOfRange),
        (TABLE, {"k": "a", "l": "y"}, AmountRowMissing),
    ],
)
def test_never_wraps_and_never_guesses(formula, facts, refusal):
    with pytest.raises(refusal):
        amounts.amount_fen(amounts.parse(formula), facts)


@pytest.mark.parametrize(
    "written",
    [
        {"kind": "python", "code": "1"},
        {"kind": "fixed"},
        {"kind": "fixed", "amount_fen": 1.5},
        {"kind": "fixed", "amount_fen": True},
        {"kind": "fixed", "amount_fen": -1},
        {"kind": "fixed", "amount_fen": 1, "bonus": 1},
        {"kind": "tiered", "units": "u", "tiers": [{"rate_fen": 1}, {"rate_fen": 2}]},
        {"kind": "tiered", "units": "u", "tiers": [{"up_to": 5, "rate_fen": 1}, {"up_to": 5, "rate_fen": 2}]},
        {"kind": "table", "key": ["k"], "rows": {"a": "1"}},
        {"kind": "sum", "parts": []},
    ],
)
def test_wrong_formulas_are_refused(written):
    with pytest.raises(AmountInvalid):
        amounts.parse(written)
