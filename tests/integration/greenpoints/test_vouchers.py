"""Offers of the catalogue: a voucher sets its coins and one piece aside, and is used once."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from behaviour_lines import AT, DAY
from coins import broken, give, noon
from django.db import connection

from bookkeeping import queries as book
from core.errors import RuleViolation
from greenpoints import voucher_codes
from greenpoints.models import Offer, Voucher
from greenpoints.points.grants import SamePersonDecides
from greenpoints.redemption import offers, redemptions, stock, vouchers
from identity import organisations

TERMS = offers.OfferTerms(
    merchant="tea-house",
    title_zh="电影票一张",
    title_en="A film ticket",
    coins=105,
    stock=2,
    each_at_most=2,
    voucher_days=30,
    valid_from=DAY,
    valid_to=DAY + timedelta(days=60),
)


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


@pytest.fixture
def film(scene):
    """Return three residents with 210 coins each; a film ticket is in the catalogue, two pieces."""
    offers.propose("film", TERMS, by="ann")
    offers.open_offer("film", by="bob")
    for person in scene[:3]:
        give(person, 210, on=DAY)
    return scene[:3]


def take(person, request="r1", offer="film", at=None):
    return vouchers.take(person=person, offer=offer, request=request, at=at or noon(DAY))


def stock_now():
    return Offer.objects.values_list("reserved", "used").get(code="film")


def test_taken_then_used_once(film):
    (shown,) = vouchers.catalogue(on=DAY)
    assert (shown.coins, shown.left) == (105, 2)
    mine = take(film[0])
    assert take(film[0]) == mine
    assert (mine.status, str(mine.expires_on), stock_now()) == ("held", "2026-12-20", (1, 0))
    assert book.balance(f"coin:resident/{film[0]}").available == 105
    later = noon(DAY + timedelta(days=29))
    done = vouchers.use(merchant="tea-house", code=mine.code.lower(), at=later)
    assert (done.status, done.confirmed_coins, stock_now()) == ("confirmed", 105, (0, 1))
    with pytest.raises(vouchers.VoucherUsed) as again:
        vouchers.use(merchant="tea-house", code=mine.code, at=later + timedelta(hours=1))
    assert again.value.detail == {"used_at": "2026-12-19T04:00:00+00:00"}
    assert [row.status for row in vouchers.wallet(film[0])] == ["confirmed"]


def test_the_till_tells_genuine_codes_offline(film):
    organisations.register(code="other", name="别家", kind="merchant", region="361000", at=AT)
    mine = take(film[0])
    key, other = vouchers.merchant_key("tea-house"), vouchers.merchant_key("other")
    assert voucher_codes.number_of(mine.code, key=key) == Voucher.objects.get().number
    assert voucher_codes.number_of(mine.code, key=other) is None
    for merchant, code in (("other", mine.code), ("tea-house", "0000-0000-0000-0000"), ("tea-house", "")):
        with pytest.raises(vouchers.VoucherRefused):
            vouchers.use(merchant=merchant, code=code, at=noon(DAY))


def test_nobody_used_it_in_time(film):
    mine = take(film[0])
    over = noon(DAY + timedelta(days=31))
    with pytest.raises(vouchers.VoucherRefused):
        vouchers.use(merchant="tea-house", code=mine.code, at=over)
    assert redemptions.release_expired(at=over) == 1
    assert (stock_now(), book.balance(f"coin:resident/{film[0]}").available) == ((0, 0), 210)
    assert take(film[0]).status == "released"  # the same request is the same voucher; a new one is a new request
    assert take(film[0], "r2", at=noon(DAY + timedelta(days=32))).status == "held"


def test_given_up_before_it_was_used(film):
    mine = take(film[0])
    for _again in range(2):
        assert vouchers.give_up(person=film[0], code=mine.code, at=noon(DAY)).status == "released"
    assert (stock_now(), book.balance(f"coin:resident/{film[0]}").available) == ((0, 0), 210)
    with pytest.raises(vouchers.VoucherRefused):
        vouchers.give_up(person=film[1], code=mine.code, at=noon(DAY))


def test_no_more_than_there_are_and_one_may_have(film):
    give(film[0], 105, on=DAY)
    take(film[0])
    take(film[0], "r2")
    with pytest.raises(vouchers.EnoughVouchers):
        take(film[0], "r3")
    with pytest.raises(stock.OutOfStock):
        take(film[1])
    assert vouchers.catalogue(on=DAY) == []
    assert (stock_now(), book.balance(f"coin:resident/{film[1]}").available) == ((2, 0), 210)


def test_who_cannot_pay_takes_nothing_from_the_stock(scene, film):
    with pytest.raises(redemptions.CoinsNotAvailable):
        take(scene[5])
    assert stock_now() == (0, 0)


def test_an_offer_takes_two_people_and_its_days(scene, film):
    offers.propose("tea", replace(TERMS, valid_from=DAY + timedelta(days=1)), by="ann")
    with pytest.raises(SamePersonDecides):
        offers.open_offer("tea", by="ann")
    for _again in range(2):
        offers.open_offer("tea", by="bob")
    with pytest.raises(vouchers.OfferNotToday):
        take(film[0], offer="tea")
    offers.close_offer("film")
    with pytest.raises(vouchers.OfferNotToday):
        take(film[0])
    with pytest.raises(offers.OfferMissing):
        take(film[0], offer="none")
    with pytest.raises(offers.OfferDiffers):
        offers.propose("film", replace(TERMS, coins=1), by="ann")
    for field, wrong in (("coins", {"coins": 0}), ("stock", {"stock": 0}), ("days", {"valid_to": DAY})):
        with pytest.raises(offers.OfferRefused) as refused:
            offers.propose("x", replace(TERMS, **wrong), by="ann")
        assert refused.value.detail == {"field": field}
    with pytest.raises(redemptions.NotAMerchant):
        offers.propose("x", replace(TERMS, merchant="bike-co"), by="ann")


def test_much_at_once_needs_a_real_name(scene):
    give(scene[0], 300, on=DAY)
    with pytest.raises(redemptions.RealNameNeeded):
        redemptions.hold(person=scene[0], merchant="tea-house", coins=201, order="o1", at=noon(DAY))
    assert redemptions.hold(person=scene[0], merchant="tea-house", coins=200, order="o2", at=noon(DAY)).status == "held"


@pytest.mark.django_db(transaction=True)
def test_a_voucher_at_many_tills_at_once_is_used_once(film):
    mine, answers, barrier = take(film[0]), [], Barrier(12)

    def till():
        barrier.wait()
        try:
            answers.append(vouchers.use(merchant="tea-house", code=mine.code, at=noon(DAY)).status)
        except RuleViolation as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=till) for _n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert book.balance("coin:merchant/tea-house").posted == 105
    assert sorted(answers) == ["confirmed"] + ["voucher_used"] * 11
    assert stock_now() == (0, 1)
