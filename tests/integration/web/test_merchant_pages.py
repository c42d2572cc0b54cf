"""From the catalogue to the bank: a voucher is taken, used at the till, its day closed, the merchant paid."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookkeeping import queries as book
from greenpoints.models import Dispute, MerchantStatement, Refund, Voucher
from greenpoints.points import funds, grants
from greenpoints.redemption import offers, redemptions, settlements
from identity import organisations, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    """Return a resident with 300 coins, a film ticket for 105 in the catalogue, and who signs in."""
    now, today = timezone.now(), timezone.localdate()
    for code, name in (("cinema", "影城"), ("rival", "戏院")):
        organisations.register(code=code, name=name, kind="merchant", region="361002", at=now)
        people.register_user(f"{code}-clerk", "a-long-password-1", organisation=code, roles=["merchant"], at=now)
    organisations.register(code="office", name="生态办", kind="government", region="361000", at=now)
    for name in ("fay", "gus"):
        people.register_user(name, "a-long-password-1", organisation="office", roles=["finance_officer"], at=now)
    funds.endow(sponsor="city", coins=1_000, fen=5_000, reference="r", valid_from=date(2026, 1, 1), at=now)
    ref = people.register("林一", region="361002", at=now)
    people.register_user("resident", "a-long-password-1", person=ref, at=now)
    grants.propose(code="g", person=ref, sponsor="city", coins=300, reason="test", by="ann", at=now)
    grants.approve("g", by="bob", at=now)
    terms = offers.OfferTerms(
        "cinema", "电影票一张", "A film ticket", 105, 10, 2, 30, today - timedelta(days=1), today + timedelta(days=30)
    )
    offers.propose("film", terms, by="ann")
    offers.open_offer("film", by="bob")
    return ref


def enter(name):
    client = Client()
    client.force_login(people.User.objects.get(username=name))
    return client


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())[1]


def take(person):
    client, path = enter("resident"), f"/greenpoints/{person}/vouchers/"
    shown = client.get(path)
    assert "no-store" in shown["Cache-Control"]
    sent = {"offer": "film", "request": hidden(shown, "request")}
    for _twice in range(2):
        client.post(f"{path}take/", sent)
    return client.get(path).content.decode()


def code_on(page):
    return re.search(r'class="big code">([0-9A-Z-]{19})<', page)[1]


def till(client, code, *, key=None):
    shown = client.get("/redeem/voucher/")
    return client.post("/redeem/voucher/", {"code": code, "idempotency_key": key or hidden(shown, "idempotency_key")})


def test_a_voucher_from_the_catalogue_to_the_till(town):
    page = take(town)
    assert Voucher.objects.count() == 1
    assert "<svg" in page
    assert "<script" not in re.search(r'<div class="qr".*?</div>', page, re.S)[0]
    clerk = enter("cinema-clerk")
    done = till(clerk, code_on(page).lower().replace("-", " "))
    assert (done.status_code, "105" in done.content.decode()) == (200, True)
    again = till(clerk, code_on(page))
    assert again.status_code == 409
    assert "该券已使用过" in again.content.decode()
    assert book.balance("coin:merchant/cinema").posted == 105
    mine = enter("resident").get(f"/greenpoints/{town}/vouchers/").content.decode()
    assert "已使用" in mine
    assert code_on(page) not in mine


def test_another_shop_takes_nothing_and_others_see_no_code(town):
    page = take(town)
    assert till(enter("rival-clerk"), code_on(page)).status_code == 422
    now = timezone.now()
    people.register_user("looker", "a-long-password-1", organisation="office", roles=["auditor"], at=now)
    assert code_on(page) not in enter("looker").get(f"/greenpoints/{town}/vouchers/").content.decode()
    assert enter("rival-clerk").get(f"/greenpoints/{town}/vouchers/").status_code == 403


def test_a_voucher_is_given_up_for_its_coins(town):
    code = code_on(take(town))
    enter("resident").post(f"/greenpoints/{town}/vouchers/give-up/", {"code": code})
    assert book.balance(f"coin:resident/{town}").available == 300


def redeemed(town, *, coins=20, order="o1", at=None):
    at = at or timezone.now()
    redemptions.hold(person=town, merchant="cinema", coins=coins, order=order, at=at)
    redemptions.confirm(merchant="cinema", order=order, at=at)


def test_the_day_is_closed_and_an_order_refunded_once(town):
    redeemed(town)
    clerk = enter("cinema-clerk")
    page = clerk.get("/redeem/day/")
    assert "o1" in page.content.decode()
    sent = {"order": "o1", "coins": "5", "line": hidden(page, "line"), "on": timezone.localdate().isoformat()}
    for _twice in range(2):
        assert clerk.post("/redeem/refund/", sent).status_code == 302
    assert Refund.objects.values_list("coins", flat=True).get() == 5
    assert book.balance(f"coin:resident/{town}").posted == 285
    for wrong in ("", "0", "-1", "x", "16", "9" * 30):
        clerk.post("/redeem/refund/", sent | {"coins": wrong, "line": "l2"})
    enter("rival-clerk").post("/redeem/refund/", sent | {"line": "l3"})
    assert Refund.objects.count() == 1
    assert clerk.get("/redeem/day/?on=1000-13-99").status_code == 200


def test_a_month_is_stated_disputed_answered_and_paid(town):
    last_month = timezone.now() - timedelta(days=40)
    redeemed(town, at=last_month)
    today = timezone.localdate()
    for _twice in range(2):
        settlements.close_due(today=today, at=timezone.now())
    row = MerchantStatement.objects.get()
    clerk, office = enter("cinema-clerk"), enter("fay")
    assert row.due_fen == 100
    clerk.post(f"/redeem/statements/{row.last_on}/dispute/", {"reason": "少一单", "order": "o1"})
    sent = {"merchant": "cinema", "last_on": row.last_on.isoformat(), "bank_reference": "B-1"}
    office.post("/settlements/pay/", sent)
    assert MerchantStatement.objects.get().status == "disputed"
    assert "少一单" in office.get("/settlements/").content.decode()
    answered = {"dispute": Dispute.objects.get().pk, "decision": "reject", "answer": "已计入"}
    clerk.post("/settlements/answer/", answered)
    assert Dispute.objects.get().status == "open"
    office.post("/settlements/answer/", answered)
    for _twice in range(2):
        office.post("/settlements/pay/", sent)
    assert MerchantStatement.objects.values_list("status", "paid_fen").get() == ("paid", 100)
    assert "B-1" in clerk.get("/redeem/statements/").content.decode()
    assert "没有待付款" in office.get("/settlements/").content.decode()
