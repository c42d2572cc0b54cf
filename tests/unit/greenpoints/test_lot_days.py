"""How long coins live, and in which order lots are emptied. Days worked out on a calendar."""

from datetime import date

import pytest

from greenpoints import rewards


@pytest.mark.parametrize(
    ("earned", "months", "last_day"),
    [
        pytest.param("2024-01-31", 24, "2026-01-31", id="end of a month"),
        pytest.param("2024-06-01", 24, "2026-06-30", id="first of a month"),
        pytest.param("2024-02-29", 24, "2026-02-28", id="leap day"),
        pytest.param("2022-02-10", 24, "2024-02-29", id="to a leap day"),
        pytest.param("2025-12-31", 1, "2026-01-31", id="over new year"),
        pytest.param("2026-11-20", 120, "2036-11-30", id="ten years"),
    ],
)
def test_coins_live_to_the_end_of_the_month(earned, months, last_day):
    assert str(rewards.expires_on(date.fromisoformat(earned), life_months=months)) == last_day


def test_the_rules_in_force():
    rules = rewards.lot_rules(date(2026, 11, 20))
    assert (rules.life_months, rules.refund_days, rules.notice_days) == (24, 30, (30, 7))


@pytest.mark.parametrize(
    ("available", "wanted", "given"),
    [
        pytest.param([100, 60, 40], 120, [100, 20, 0], id="L1: A and a part of B"),
        pytest.param([5], 5, [5], id="all"),
        pytest.param([5, 5], 11, [5, 5], id="more than there is"),
        pytest.param([], 1, [], id="nothing there"),
    ],
)
def test_lots_are_emptied_in_turn(available, wanted, given):
    assert rewards.in_turn(available, wanted) == given
