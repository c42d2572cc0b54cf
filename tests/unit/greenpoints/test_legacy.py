"""LB-2018 and LB-2021: what the old rate cards paid."""

from datetime import date

import pytest

from greenpoints.quantification import legacy
from greenpoints.quantification.legacy import LB_2018, LB_2021, NotOnTheRateCard, OldAct

IN_2018, IN_2022 = date(2018, 3, 4), date(2022, 4, 22)


@pytest.mark.parametrize(
    ("rule_set", "on", "act", "quantity", "unit", "coins"),
    [
        pytest.param(LB_2018, IN_2018, "M01", 5_999, "step", 0, id="LB-2018: a step short of a coin"),
        pytest.param(LB_2018, IN_2018, "M01", 6_000, "step", 1, id="LB-2018: 6,000 steps"),
        pytest.param(LB_2018, IN_2018, "M02", 1, "trip", 1, id="LB-2018: a ride on a public bike"),
        pytest.param(LB_2018, IN_2018, "M06", 2, "trip", 2, id="LB-2018: two bus rides"),
        pytest.param(LB_2018, IN_2018, "D03", 1, "item", 5, id="LB-2018: a medical booking"),
        pytest.param(LB_2021, IN_2022, "M01", 7_250, "step", 3, id="LB-2021: 2,000 steps a coin"),
        pytest.param(LB_2021, IN_2022, "M02", 25, "min", 2, id="LB-2021: ten minutes of a shared bike"),
        pytest.param(LB_2021, IN_2022, "W01", 1, "day", 1, id="LB-2021: waste sorted morning and evening"),
        pytest.param(LB_2021, IN_2022, "N02", 90, "min", 30, id="2022: twenty coins an hour of tree care"),
    ],
)
def test_old_rates(rule_set, on, act, quantity, unit, coins):
    (line,) = legacy.statement(rule_set, [OldAct(on, act, quantity, unit)])
    assert line.coins == coins


def test_an_old_statement_reproduces():
    lines = legacy.statement(
        LB_2018,
        [
            OldAct(date(2018, 3, 5), "M06", 1, "trip"),
            OldAct(date(2018, 3, 4), "M01", 4_000, "step"),
            OldAct(date(2018, 3, 4), "M01", 3_500, "step"),
            OldAct(date(2018, 3, 4), "D03", 1, "item"),
        ],
    )
    assert [(line.on.day, line.act, line.quantity, line.coins) for line in lines] == [
        (4, "D03", 1, 5), (4, "M01", 7_500, 1), (5, "M06", 1, 1),
    ]  # fmt: skip
    assert lines[1].rule == "6,000 steps a day = 1 coin"


@pytest.mark.parametrize(
    ("rule_set", "act", "unit", "on"),
    [
        pytest.param(LB_2018, "W02", "g", IN_2018, id="not on the card"),
        pytest.param(LB_2021, "M02", "trip", IN_2022, id="counted otherwise"),
        pytest.param(LB_2018, "M06", "trip", IN_2022, id="another card by then"),
    ],
)
def test_what_a_rate_card_does_not_know_is_refused(rule_set, act, unit, on):
    with pytest.raises(NotOnTheRateCard):
        legacy.statement(rule_set, [OldAct(on, act, 1, unit)])
