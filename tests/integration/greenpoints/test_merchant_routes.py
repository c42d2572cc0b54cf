"""What merchants ask for over the wire: a route that moves value keeps the contract of its key; refusals name why."""

import json
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from behaviour_lines import AT, DAY
from coins import broken, give, noon
from django.db import connection
from django.test import Client
from django.utils import timezone

from bookkeeping import queries as book
from greenpoints.models import Dispute, Refund
from greenpoints.redemption import offers, redemptions, settlements, vouchers
from identity import organisations, partner_keys, signatures
from identity.models import Organisation, PartnerBinding, Person

BASE = "/api/v1/greenpoints"
NONCES = (f"nonce-{n:016}" for n in count())
SENDS = 10


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


@dataclass(frozen=True)
class Shop:
    """A merchant with its key; ``voucher`` is the code that a resident shows, ``person`` the resident."""

    key: partner_keys.IssuedKey
    person: str = ""
    voucher: str = ""

    def send(self, path, body=None, *, method="POST", once="key-1"):
        """Sign and send; ``{voucher}`` in the path is the code."""
        where = BASE + path.format(voucher=self.voucher)
        raw = b"" if body is None else json.dumps(body).encode()
        headers = signatures.sign(
            raw, key_id=self.key.key_id, secret=self.key.secret, method=method, path=where, at=timezone.now(),
            nonce=next(NONCES), idempotency_key=once,
        )  # fmt: skip
        return Client().generic(method, where, raw, content_type="application/json" if raw else "", headers=headers)

    def get(self, path):
        """Sign and read."""
        return self.send(path, method="GET", once="")

    def state(self):
        """Return the resident's coins and those held of them, the merchant's, and the refunds and disputes."""
        mine = book.balance(f"coin:resident/{self.person}")
        taken = book.balance("coin:merchant/tea-house").posted
        return mine.posted, mine.held, taken, Refund.objects.count(), Dispute.objects.count()


def signer(code):
    return partner_keys.issue(organisation=code, algorithm="hmac-sha256", at=AT)


@pytest.fixture
def shop(scene):
    """A resident had 210 coins: o-paid took 20 on DAY (stated, 100 fen), 10 are held for o-held, 105 for a voucher."""
    person, now = scene[0], timezone.now()
    give(person, 210, on=DAY)
    tea_house = Organisation.objects.get(code="tea-house")
    bound = Person.objects.get(ref=person)
    PartnerBinding.objects.create(partner=tea_house, subject_ref="tea-0", person=bound, bound_at=AT)
    redemptions.hold(person=person, merchant="tea-house", coins=20, order="o-paid", at=noon(DAY))
    redemptions.confirm(merchant="tea-house", order="o-paid", at=noon(DAY))
    settlements.close(merchant="tea-house", last_on=DAY, at=noon(DAY + timedelta(days=1)))
    redemptions.hold(person=person, merchant="tea-house", coins=10, order="o-held", at=now)
    terms = offers.OfferTerms(
        merchant="tea-house", title_zh="电影票一张", title_en="A film ticket", coins=105, stock=2, each_at_most=2,
        voucher_days=30, valid_from=DAY, valid_to=DAY + timedelta(days=3_660),
    )  # fmt: skip
    offers.propose("film", terms, by="ann")
    offers.open_offer("film", by="bob")
    mine = vouchers.take(person=person, offer="film", request="r1", at=now)
    return Shop(key=signer("tea-house"), person=person, voucher=mine.code)


BEFORE = (190, 115, 20, 0, 0)
ROUTES = [
    pytest.param(
        "/redemptions", {"order": "o-new", "subject_ref": "tea-0", "coins": 5},
        {"order": "o-new", "subject_ref": "tea-0", "coins": 6}, (190, 120, 20, 0, 0), id="hold",
    ),
    pytest.param("/redemptions/o-held/confirm", {"coins": 4}, {"coins": 5}, (186, 105, 24, 0, 0), id="confirm"),
    pytest.param("/redemptions/o-held/void", None, {"coins": 5}, (190, 105, 20, 0, 0), id="void"),
    pytest.param(
        "/redemptions/o-paid/refunds", {"line": "r-1", "coins": 5}, {"line": "r-2", "coins": 5}, (195, 115, 15, 1, 0),
        id="refund of a part",
    ),
    pytest.param(
        "/redemptions/o-paid/refunds", {"line": "r-1"}, {"line": "r-1", "coins": 5}, (210, 115, 0, 1, 0),
        id="refund of all",
    ),
    pytest.param("/vouchers/{voucher}/redeem", None, {"coins": 5}, (85, 10, 125, 0, 0), id="redeem a voucher"),
    pytest.param(
        f"/statements/{DAY}/disputes", {"reason": "少计"}, {"reason": "多计"}, (190, 115, 20, 0, 1), id="dispute",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "other", "after"), ROUTES)
def test_p7_one_key_has_one_effect(shop, path, body, other, after):
    missing = shop.send(path, body, once="")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency-key-required")
    assert missing["Content-Type"] == "application/problem+json"
    assert shop.state() == BEFORE
    first = shop.send(path, body)
    assert first.status_code == 200, first.content
    assert shop.state() == after
    again = shop.send(path, body)
    assert (again.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    differs = shop.send(path, other)
    assert (differs.status_code, differs.json()["code"]) == (422, "idempotency-key-reused")
    assert shop.state() == after
    assert shop.person not in first.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "body", "other", "after"), ROUTES)
def test_p7_parallel_sends_of_one_key_have_one_effect(shop, path, body, other, after):
    start, answers = Barrier(SENDS), []

    def one():
        try:
            start.wait()
            answers.append(shop.send(path, body))
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(SENDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shop.state() == after
    done = [answer for answer in answers if answer.status_code == 200]
    running = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(running) == SENDS
    assert len({answer.content for answer in done}) == 1
    assert len([answer for answer in done if "Idempotency-Replayed" not in answer.headers]) == 1
    assert {answer.json()["code"] for answer in running} <= {"idempotency-key-in-use"}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        pytest.param("/redemptions/o-paid/refunds", {"line": "r-1", "coins": 5}, 200, None, id="the same line"),
        pytest.param("/vouchers/{voucher}/redeem", None, 409, "voucher_used", id="a used voucher"),
        pytest.param(f"/statements/{DAY}/disputes", {"reason": "少计"}, 200, None, id="an open dispute"),
    ],
)
def test_under_another_key_nothing_moves_twice(shop, path, body, status, code):
    first = shop.send(path, body)
    after = shop.state()
    again = shop.send(path, body, once="key-2")
    assert (again.status_code, again.json().get("code")) == (status, code)
    assert "Idempotency-Replayed" not in again.headers
    assert status != 200 or again.content == first.content
    assert shop.state() == after


REFUNDS = "/redemptions/o-paid/refunds"
DISPUTES = f"/statements/{DAY}/disputes"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        pytest.param("/redemptions/none/refunds", {"line": "r-1"}, 404, "order_missing", id="no such order"),
        pytest.param("/redemptions/o-held/refunds", {"line": "r-1"}, 409, "not_confirmed", id="only held"),
        pytest.param(REFUNDS, {"line": "r-1", "coins": 21}, 409, "refund_too_large", id="more than taken"),
        pytest.param(REFUNDS, {"line": "r-1", "coins": 0}, 422, "invalid_input", id="no coins"),
        pytest.param(REFUNDS, {"line": "r-1", "coins": "5"}, 422, "invalid_input", id="text for a number"),
        pytest.param(REFUNDS, {"coins": 5}, 422, "invalid_input", id="no line"),
        pytest.param(REFUNDS, {"line": "r" * 21}, 422, "invalid_input", id="long line"),
        pytest.param(REFUNDS, {"line": "r-1", "fen": 5}, 422, "invalid_input", id="unknown member"),
        pytest.param("/vouchers/0000-0000-0000-0000/redeem", None, 422, "voucher_refused", id="forged voucher"),
        pytest.param("/statements/2026-10-31/disputes", {"reason": "x"}, 404, "statement_missing", id="no statement"),
        pytest.param("/statements/7/disputes", {"reason": "x"}, 422, "invalid_input", id="no day"),
        pytest.param(DISPUTES, {"reason": "x", "order": "none"}, 422, "dispute_refused", id="another's order"),
        pytest.param(DISPUTES, {"reason": ""}, 422, "invalid_input", id="no reason"),
    ],
)
def test_refused_by_name(shop, path, body, status, code):
    answer = shop.send(path, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert shop.state() == BEFORE


def test_refunded_in_parts_then_all_that_is_left(shop):
    part = shop.send(REFUNDS, {"line": "r-1", "coins": 5}).json()
    assert (part["status"], part["confirmed_coins"], part["refunded_coins"]) == ("confirmed", 20, 5)
    other = shop.send(REFUNDS, {"line": "r-1", "coins": 6}, once="key-2")
    assert (other.status_code, other.json()["code"]) == (409, "refund_line_reused")
    assert shop.send(REFUNDS, {"line": "r-2"}, once="key-3").json()["refunded_coins"] == 20
    more = shop.send(REFUNDS, {"line": "r-3"}, once="key-4")
    assert (more.status_code, more.json()["code"]) == (409, "refund_too_large")
    assert shop.state() == (210, 115, 0, 2, 0)


def test_a_voucher_is_checked_redeemed_and_refunded_by_its_order(shop):
    good = shop.get("/vouchers/{voucher}")
    assert good.status_code == 200, good.content
    told = good.json()
    assert (told["offer"], told["title_en"], told["coins"]) == ("film", "A film ticket", 105)
    assert (told["status"], told["used_at"]) == ("held", None)
    assert shop.state() == BEFORE
    used = shop.send("/vouchers/{voucher}/redeem").json()
    assert (used["status"], used["order"], used["used_at"] is None) == ("confirmed", told["order"], False)
    assert shop.get("/vouchers/{voucher}").json() == used
    back = shop.send(f"/redemptions/{used['order']}/refunds", {"line": "r-1"}, once="key-2").json()
    assert back["refunded_coins"] == 105
    assert shop.state() == (190, 10, 20, 1, 0)


def test_a_voucher_that_was_given_up_or_ran_out_is_not_good(shop):
    late = timezone.now() + timedelta(days=32)
    with pytest.raises(vouchers.VoucherRefused) as refusal:
        vouchers.check(merchant="tea-house", code=shop.voucher, at=late)
    assert "expired_at" in refusal.value.detail
    vouchers.give_up(person=shop.person, code=shop.voucher, at=timezone.now())
    answer = shop.get("/vouchers/{voucher}")
    assert (answer.status_code, answer.json()["code"]) == (422, "voucher_refused")


def test_a_statement_is_read_disputed_and_answered(shop):
    read = shop.get(f"/statements/{DAY}").json()
    assert (read["first_on"], read["last_on"], read["orders"]) == (str(DAY), str(DAY), 1)
    assert (read["confirmed_coins"], read["confirmed_fen"], read["due_fen"], read["paid_fen"]) == (20, 100, 100, 0)
    assert (read["refunds"], read["refunded_coins"], read["status"], read["disputes"]) == (0, 0, "closed", [])
    assert shop.get("/statements").json() == [read]
    raised = shop.send(DISPUTES, {"reason": "少计", "order": "o-paid"}).json()
    assert (raised["order"], raised["reason"], raised["status"]) == ("o-paid", "少计", "open")
    settlements.answer(raised["id"], accept=False, text="已核对", by="fay", at=timezone.now())
    read = shop.get(f"/statements/{DAY}").json()
    answered = {**raised, "status": "rejected", "answer": "已核对"}
    assert (read["status"], read["disputes"]) == ("closed", [answered])


def test_another_merchant_reaches_nothing_of_this_one(shop):
    organisations.register(code="book-shop", name="书店", kind="merchant", region="361000", at=AT)
    stranger = Shop(key=signer("book-shop"), person=shop.person, voucher=shop.voucher)
    for answer, status, code in (
        (stranger.send(REFUNDS, {"line": "r-1"}, once="k1"), 404, "order_missing"),
        (stranger.get("/vouchers/{voucher}"), 422, "voucher_refused"),
        (stranger.send("/vouchers/{voucher}/redeem", once="k2"), 422, "voucher_refused"),
        (stranger.get(f"/statements/{DAY}"), 404, "statement_missing"),
        (stranger.send(DISPUTES, {"reason": "x"}, once="k3"), 404, "statement_missing"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stranger.get("/statements").json() == []
    assert shop.state() == BEFORE
