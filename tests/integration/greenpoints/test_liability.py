"""What sponsors owe for coins that are out: by hand, from the example of the design."""

from datetime import date
from decimal import Decimal

from behaviour_lines import DAY
from coins import give, noon

from greenpoints import queries, rewards
from greenpoints.points import expiry
from greenpoints.redemption import redemptions


def test_the_example_of_the_design():
    """12.4 million coins at 10 fen, a quarter of which expires: 930,000 yuan."""
    assert rewards.liability_fen(12_400_000 * 10, breakage_share=Decimal("0.25")) == 93_000_000
    assert rewards.liability_fen(1, breakage_share=Decimal("0.25")) == 1


def test_by_sponsor_and_month(scene, monkeypatch):
    give(scene[0], 10, on=date(2024, 9, 1))
    give(scene[1], 30, on=date(2024, 12, 1))
    (told,) = queries.liabilities(on=DAY)
    assert (told.sponsor, told.coins, told.cost_fen, told.liability_fen, told.observed) == ("city", 40, 200, 150, False)
    assert [(str(month.month), month.coins, month.cost_fen) for month in told.months] == [
        ("2026-09-01", 10, 50), ("2026-12-01", 30, 150),
    ]  # fmt: skip
    expiry.expire(today=date(2026, 10, 1), at=noon(date(2026, 10, 1)))
    redemptions.hold(person=scene[1], merchant="tea-house", coins=10, order="o1", at=noon(DAY))
    redemptions.confirm(merchant="tea-house", order="o1", at=noon(DAY))
    monkeypatch.setattr("greenpoints.queries.liability.ENOUGH_COINS", 20)
    (told,) = queries.liabilities(on=DAY)
    assert (told.coins, told.breakage_share, told.observed, told.liability_fen) == (20, Decimal("0.5"), True, 50)
