"""From milligrams to whole coins, and how long coins live. Exact whole numbers, no database."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import coefficients, regions

Ints = NDArray[np.int64]
RULES = Path(__file__).parent / "coefficients" / "points_rules.csv"
LONGEST_LIFE_MONTHS = 120  # ten years: the ceiling of the Shenzhen rule, which ours keeps


@dataclass(frozen=True, slots=True)
class Rewards:
    """Per person, shape (m,): whole coins due, and the mg that stay until they make another coin."""

    coins: Ints
    carried_mg: Ints


@dataclass(frozen=True, slots=True)
class LotRules:
    """How long coins live: months from earning, days left after a refund, days of notice; debts; breakage."""

    life_months: int
    refund_days: int
    notice_days: tuple[int, ...]
    debt_limit: int
    breakage_share: Decimal
    real_name_above: int


def coins_due(posted_mg: Ints, *, flat_coins: Ints, carried_mg: Ints, carried_coins: Ints, mg_per_coin: int) -> Rewards:
    """Return the coins of each person for what was posted since the last time.

    ``coins = carried coins + flat coins + floor((carried mg + posted mg) / mg per coin)``: because the rest is
    carried, the sum does not depend on how the acts were split over batches. ``posted_mg`` and ``flat_coins`` are below
    zero where a later record took more away than it brought; then the coins may be, the mg carried never are.
    """
    if mg_per_coin < 1:
        raise ValueError("a coin stands for at least one mg")
    total_mg = carried_mg + posted_mg
    coins = carried_coins + flat_coins + total_mg // mg_per_coin
    return Rewards(coins=coins, carried_mg=total_mg % mg_per_coin)


@lru_cache(maxsize=64)
def lot_rules(day: date) -> LotRules:
    """Return the rules of ``day`` in Fuzhou; ValueError where coins would live for less than a month or too long."""
    table, chain = coefficients.load(RULES), regions.chain(regions.FUZHOU)

    def figure(key: str) -> Decimal:
        return Decimal(str(table.at(key, regions=chain, on=day).value))

    def whole(key: str) -> int:
        return int(figure(key))

    rules = LotRules(
        life_months=whole("lot_life"),
        refund_days=whole("refund_life"),
        notice_days=(whole("notice_early"), whole("notice_late")),
        debt_limit=whole("debt_limit"),
        breakage_share=figure("breakage_share"),
        real_name_above=whole("real_name_above"),
    )
    if not 1 <= rules.life_months <= LONGEST_LIFE_MONTHS:
        raise ValueError(f"points_rules: lot_life is 1 to {LONGEST_LIFE_MONTHS} months, not {rules.life_months}")
    return rules


def expires_on(earned_on: date, *, life_months: int) -> date:
    """Return the last day on which coins earned on a day can be used: the end of the month ``life_months`` later."""
    months = earned_on.year * 12 + earned_on.month - 1 + life_months
    year, month = divmod(months, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


@lru_cache(maxsize=64)
def closing_days(day: date) -> int:
    """Return how many days the holder of an account that closes has to use or give away what is in it."""
    row = coefficients.load(RULES).at("closing", regions=regions.chain(regions.FUZHOU), on=day)
    return int(Decimal(str(row.value)))


def refunded_until(expires_on: date, *, refunded_on: date, refund_days: int) -> date:
    """Return until when refunded coins can be used: as before, and at least ``refund_days`` after the refund."""
    return max(expires_on, refunded_on + timedelta(days=refund_days))


def in_turn(available: Sequence[int], wanted: int) -> list[int]:
    """Return how many of ``wanted`` each lot gives, the first as much as it has; fewer in all where all are emptied."""
    given = []
    for coins in available:
        part = min(coins, wanted)
        given.append(part)
        wanted -= part
    return given


def taken_back(earned_mg: int, *, carried_mg: int, mg_per_coin: int) -> tuple[int, int]:
    """Return the coins that ``earned_mg`` had brought, and the mg carried without them.

    The mirror of ``coins_due``: what is left is what there would be had it never been earned.
    """
    missing = earned_mg - carried_mg
    coins = -(-missing // mg_per_coin) if missing > 0 else 0
    return coins, carried_mg - earned_mg + coins * mg_per_coin


def liability_fen(cost_fen: int, *, breakage_share: Decimal) -> int:
    """Return what coins that cost ``cost_fen`` in all are expected to be paid for, rounded up to whole fen."""
    return int((cost_fen * (1 - breakage_share)).to_integral_value(ROUND_CEILING))
