"""Coins at a merchant: held, confirmed in full or part, released, expired; the money moves with them."""

from datetime import timedelta

import pytest
from behaviour_lines import AT, DAY, ride

from bookkeeping import chart, postings
from bookkeeping import queries as book
from bookkeeping.refusals import AccountFrozen, HoldExpired
from core import jobs
from greenpoints import queries
from greenpoints.models import Redemption
from greenpoints.redemption import redemptions
from identity.queries import OrganisationMissing


@pytest.fixture
def rich(deliver, scene):
    """Return a resident with two coins."""
    deliver([ride("e1", 8, metres=6_000)])
    return scene[0]


def hold(person, coins=2, order="o1", merchant="tea-house"):
    return redemptions.hold(person=person, merchant=merchant, coins=coins, order=order, at=AT)


def coins_of(person):
    found = book.balance(f"coin:resident/{person}")
    return found.posted, found.held


def test_held_then_confirmed(rich):
    assert hold(rich).status == "held"
    assert coins_of(rich) == (2, 2)
    redemptions.confirm(merchant="tea-house", order="o1", at=AT)
    assert coins_of(rich) == (0, 0)
    assert book.balance("coin:merchant/tea-house").posted == 2
    assert book.balance("fen:payable/tea-house").posted == 10
    assert book.balance("fen:reserved/city").posted == 0
    assert redemptions.confirm(merchant="tea-house", order="o1", at=AT).confirmed_coins == 2
    day = queries.merchant_day("tea-house", on=DAY + timedelta(days=1))  # 04:00 local of the next day
    assert (day.orders, day.coins, day.owed_fen) == (1, 2, 10)
    with pytest.raises(redemptions.OrderResolved):
        redemptions.release(merchant="tea-house", order="o1", at=AT)


def test_a_part_is_confirmed_and_the_rest_goes_back(rich):
    hold(rich)
    with pytest.raises(redemptions.TooManyCoins):
        redemptions.confirm(merchant="tea-house", order="o1", coins=3, at=AT)
    redemptions.confirm(merchant="tea-house", order="o1", coins=1, at=AT)
    assert coins_of(rich) == (1, 0)
    assert (book.balance("fen:payable/tea-house").posted, book.balance("fen:reserved/city").posted) == (5, 5)


def test_released(rich):
    hold(rich)
    redemptions.release(merchant="tea-house", order="o1", at=AT)
    assert coins_of(rich) == (2, 0)
    assert redemptions.release(merchant="tea-house", order="o1", at=AT).status == "released"
    with pytest.raises(redemptions.OrderResolved):
        redemptions.confirm(merchant="tea-house", order="o1", at=AT)


def test_nobody_confirmed_in_time(rich):
    hold(rich)
    assert redemptions.release_expired(at=AT + timedelta(minutes=14)) == 0
    assert redemptions.release_expired(at=AT + timedelta(minutes=15)) == 1
    assert coins_of(rich) == (2, 0)


def statuses():
    return dict(Redemption.objects.values_list("order", "status"))


def test_the_book_alone_ends_no_hold_of_ours(rich):
    """The lots would not hear of it: only our own sweep gives coins back."""
    hold(rich)
    assert postings.release_expired(now=AT + timedelta(days=1)) == 0
    with pytest.raises(HoldExpired):
        redemptions.confirm(merchant="tea-house", order="o1", at=AT + timedelta(minutes=15))
    assert coins_of(rich) == (2, 2)


def test_one_order_that_cannot_be_released_does_not_keep_the_others(rich, monkeypatch):
    hold(rich, coins=1)
    hold(rich, coins=1, order="o2")
    real = postings.release

    def release(**named):
        if "/o1/" in named["hold"]:
            raise AccountFrozen
        return real(**named)

    monkeypatch.setattr(postings, "release", release)
    assert redemptions.release_expired(at=AT + timedelta(minutes=15)) == 1
    assert statuses() == {"o1": "held", "o2": "released"}


def test_the_sweep_runs_as_a_job(rich):
    hold(rich)
    jobs.discover()
    jobs.run_due(as_of=AT + timedelta(minutes=16))
    assert statuses() == {"o1": "released"}
    assert coins_of(rich) == (2, 0)


def test_a_resident_who_cannot_pay_is_not_named_to_the_merchant(scene, rich):
    with pytest.raises(redemptions.CoinsNotAvailable) as never_earned:
        hold(scene[5], order="o1")
    chart.freeze(f"coin:resident/{rich}", at=AT)
    with pytest.raises(redemptions.CoinsNotAvailable) as frozen:
        hold(rich, order="o2")
    assert (never_earned.value.detail, frozen.value.detail) == ({"order": "o1"}, {"order": "o2"})


def test_the_same_order_twice_holds_once(rich):
    assert hold(rich) == hold(rich)
    assert coins_of(rich) == (2, 2)
    with pytest.raises(redemptions.OrderReused):
        hold(rich, coins=1)


def test_refusals(rich):
    with pytest.raises(redemptions.CoinsNotAvailable):
        hold(rich, coins=3)
    with pytest.raises(redemptions.NotAMerchant):
        hold(rich, merchant="bike-co")
    with pytest.raises(OrganisationMissing):
        hold(rich, merchant="nobody")
    with pytest.raises(redemptions.TooManyCoins):
        hold(rich, coins=0)
    with pytest.raises(redemptions.OrderMissing):
        redemptions.confirm(merchant="bike-co", order="o1", at=AT)
    assert coins_of(rich) == (2, 0)


def test_what_a_resident_sees(rich):
    summary = queries.resident_summary(rich, on=DAY)
    assert (summary.coins, summary.coins_held, summary.today_mg, summary.total_mg) == (2, 0, 240_000, 240_000)
    assert summary.carried_mg == 40_000
    (line,) = summary.acts
    assert (line.act, line.status, line.told, line.started_at.hour) == ("M02", "credited", "已计入", 8)
    assert queries.last_day(rich) == DAY
    assert queries.resident_summary("NOBODY", on=DAY).coins == 0
    totals = queries.totals()
    assert (totals.behaviours, totals.accepted, totals.coins_issued) == (1, 1, 2)
