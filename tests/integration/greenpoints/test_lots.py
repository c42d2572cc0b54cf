"""Coins expire on their day, the earliest first; refunds find their lots again. Vector L1 of the design, day by day."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from behaviour_lines import AT, DAY, ride
from coins import broken, give, left, noon
from django.db import IntegrityError, connection, transaction

from bookkeeping import queries as book
from core import events, jobs
from core.errors import RuleViolation
from greenpoints.models import ExpiryNotice, Lot, LotUse
from greenpoints.points import expiry, funds, spending
from greenpoints.redemption import redemptions


def day(text):
    return date.fromisoformat(text)


@pytest.fixture
def three_lots(scene):
    """Return a resident with A 100 to 2026-01-31, B 60 to 2026-06-30, C 40 to 2026-12-31."""
    for earned, coins in (("2024-01-05", 100), ("2024-06-05", 60), ("2024-12-05", 40)):
        give(scene[0], coins, on=day(earned))
    return scene[0]


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


def redeem(person, coins, *, on, order="o1"):
    redemptions.hold(person=person, merchant="tea-house", coins=coins, order=order, at=noon(on))
    redemptions.confirm(merchant="tea-house", order=order, at=noon(on))


def run_expiry(on):
    return expiry.expire(today=on, at=noon(on)).coins


def available(person):
    return book.balance(f"coin:resident/{person}").available


def test_l1(three_lots):
    person, own = three_lots, f"resident/{three_lots}"
    assert left(own) == {"2026-01-31": 100, "2026-06-30": 60, "2026-12-31": 40}
    redeem(person, 120, on=day("2026-01-10"))
    assert (available(person), left(own)) == (80, {"2026-06-30": 40, "2026-12-31": 40})
    assert (run_expiry(day("2026-02-01")), available(person)) == (0, 80)
    redemptions.refund(merchant="tea-house", order="o1", line="r1", at=noon(day("2026-02-05")))
    assert available(person) == 200
    assert left(own) == {"2026-03-07": 100, "2026-06-30": 60, "2026-12-31": 40}
    assert run_expiry(day("2026-03-07")) == 0
    assert (run_expiry(day("2026-03-08")), available(person)) == (100, 100)
    assert (book.balance("coin:breakage/city").posted, book.balance("fen:reserved/city").posted) == (100, 500)
    assert book.balance("fen:payable/tea-house").posted == 0


def test_expiry_twice_is_once_and_its_money_goes_back_to_the_fund(three_lots):
    before = book.balance("fen:fund/city").posted
    first, second = (expiry.expire(today=day("2026-07-01"), at=noon(day("2026-07-01"))) for _again in range(2))
    assert (first.lots, first.coins, first.fen, second.lots) == (2, 160, 800, 0)
    assert book.balance("fen:fund/city").posted == before + 800
    assert left(f"resident/{three_lots}") == {"2026-12-31": 40}


def test_coins_set_aside_outlive_their_day_until_they_are_released(three_lots):
    last = noon(day("2026-01-31")) + timedelta(hours=11, minutes=55)
    redemptions.hold(person=three_lots, merchant="tea-house", coins=30, order="o1", at=last)
    assert run_expiry(day("2026-02-01")) == 70
    redemptions.release_expired(at=last + timedelta(minutes=15))
    with pytest.raises(redemptions.CoinsNotAvailable):
        redemptions.hold(person=three_lots, merchant="tea-house", coins=101, order="o2", at=noon(day("2026-02-01")))
    assert run_expiry(day("2026-02-01")) == 30
    assert available(three_lots) == 100


def test_confirming_a_part_frees_the_later_coins(three_lots):
    at = noon(day("2026-01-10"))
    redemptions.hold(person=three_lots, merchant="tea-house", coins=150, order="o1", at=at)
    redemptions.confirm(merchant="tea-house", order="o1", coins=110, at=at)
    assert left(f"resident/{three_lots}") == {"2026-06-30": 50, "2026-12-31": 40}
    assert book.balance(f"coin:resident/{three_lots}").held == 0


def test_refunds_in_parts_return_the_last_taken_first(three_lots):
    redeem(three_lots, 120, on=day("2026-01-10"))
    on = noon(day("2026-01-12"))
    for _again in range(2):  # a line sent again changes nothing
        redemptions.refund(merchant="tea-house", order="o1", line="r1", coins=30, at=on)
    assert left(f"resident/{three_lots}") == {"2026-02-11": 10, "2026-06-30": 60, "2026-12-31": 40}
    with pytest.raises(redemptions.RefundLineReused):
        redemptions.refund(merchant="tea-house", order="o1", line="r1", coins=31, at=on)
    with pytest.raises(spending.RefundTooLarge):
        redemptions.refund(merchant="tea-house", order="o1", line="r2", coins=91, at=on)
    redemptions.refund(merchant="tea-house", order="o1", line="r2", at=on)
    with pytest.raises(spending.RefundTooLarge):
        redemptions.refund(merchant="tea-house", order="o1", line="r3", at=on)
    assert available(three_lots) == 200
    assert book.balance("coin:merchant/tea-house").posted == 0


def test_a_label_does_not_save_coins_from_expiry(scene, deliver):
    """Coins of acts and coins of grants end alike: lots are chosen by their day and what is left."""
    deliver([ride("e1", 8, metres=6_000)])
    give(scene[0], 5, on=DAY)
    assert left(f"resident/{scene[0]}") == {"2028-11-30": 7}
    assert run_expiry(day("2028-12-01")) == 7


def test_notice_is_given_early_and_late_and_once(three_lots):
    told = []
    for text in ("2025-12-31", "2026-01-01", "2026-01-02", "2026-01-24", "2026-01-25", "2026-01-31"):
        expiry.give_notice(today=day(text), at=noon(day(text)))
        told.append(ExpiryNotice.objects.count())
    assert told == [0, 1, 1, 2, 2, 2]
    rows = ExpiryNotice.objects.order_by("noticed_on").values_list("days_before", "coins", "noticed_on", "expires_on")
    assert list(rows) == [
        (30, 100, day("2026-01-01"), day("2026-01-31")), (7, 100, day("2026-01-24"), day("2026-01-31")),
    ]  # fmt: skip


def test_coins_end_at_ten_past_midnight_in_fuzhou(three_lots):
    jobs.discover()
    before = noon(day("2026-02-01")) - timedelta(hours=11, minutes=51)  # 00:09
    jobs.run_due(as_of=before)
    assert available(three_lots) == 200
    jobs.run_due(as_of=before + timedelta(minutes=2))
    assert available(three_lots) == 100
    assert events.latest("greenpoints.coins_expired").detail == {"lots": 1, "coins": 100, "fen": 500}


def test_several_sponsors_pay_for_their_own_coins(scene):
    funds.endow(sponsor="alliance", coins=100, fen=500, reference="2026", valid_from=DAY, at=AT)
    give(scene[0], 3, on=day("2026-01-05"))
    give(scene[0], 4, on=day("2026-02-05"), sponsor="alliance")
    redeem(scene[0], 5, on=DAY)
    assert {name: book.balance(f"fen:reserved/{name}").posted for name in ("city", "alliance")} == {
        "city": 0, "alliance": 10,
    }  # fmt: skip
    redemptions.refund(merchant="tea-house", order="o1", line="r1", coins=3, at=noon(DAY))
    assert {name: book.balance(f"fen:reserved/{name}").posted for name in ("city", "alliance")} == {
        "city": 5, "alliance": 20,
    }  # fmt: skip


def test_the_database_keeps_lots_from_going_below_zero(three_lots):
    lot = Lot.objects.order_by("expires_on").first()
    for change in ({"coins": -1}, {"held_coins": 101}, {"held_coins": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lot.objects.filter(pk=lot.pk).update(**change)


@pytest.mark.parametrize("code", ["I4b", "I4c"])
def test_the_invariants_see_a_wrong_lot(three_lots, code):
    lot = Lot.objects.order_by("expires_on").first()
    with transaction.atomic():
        Lot.objects.filter(pk=lot.pk).update(coins=99)
        assert [found[0] for found in broken(code)] == [code]
        Lot.objects.filter(pk=lot.pk).update(coins=100, held_coins=1)
        assert len(broken("I4b")) == 2  # the book has nothing set aside, and nothing accounts for it
        Lot.objects.filter(pk=lot.pk).update(held_coins=0)


@pytest.mark.django_db(transaction=True)
def test_fifty_redemptions_at_once_never_overdraw_a_lot(three_lots):
    at, tills, answers = noon(day("2026-01-10")), 50, []
    barrier = Barrier(tills)

    def till(place):
        barrier.wait()
        try:
            redemptions.hold(person=three_lots, merchant="tea-house", coins=7, order=f"o{place}", at=at)
            if place % 2:
                redemptions.confirm(merchant="tea-house", order=f"o{place}", at=at)
            answers.append("held")
        except RuleViolation as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=till, args=(place,)) for place in range(tills)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["coins_not_available"] * 22 + ["held"] * 28  # 28 times 7 of 200
    assert sum(LotUse.objects.values_list("coins", flat=True)) == 196
    assert available(three_lots) == 4
