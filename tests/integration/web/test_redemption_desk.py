"""The desk takes coins for its own merchant, with a code that the resident showed, and once."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bookkeeping import queries as book
from greenpoints.points import funds, grants
from identity import one_time_codes, organisations, people, roles

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 2, 4, tzinfo=UTC)
PASSWORD = "bamboo-river-4471"


@pytest.fixture
def resident():
    """Return a resident with five coins behind which a fund stands."""
    organisations.register(code="tea", name="茶馆", kind="merchant", region="361028", at=AT)
    organisations.register(code="rival", name="酒馆", kind="merchant", region="361028", at=AT)
    funds.endow(sponsor="city", coins=100, fen=500, reference="2026", valid_from=date(2026, 1, 1), at=AT)
    ref = people.register("林一", region="361028", at=AT)
    people.register_user("resident", PASSWORD, person=ref, at=AT)
    grants.propose(code="gift", person=ref, sponsor="city", coins=5, reason="test", by="ann", at=AT)
    grants.approve("gift", by="bob", at=AT)
    return ref


def enter(name):
    client = Client()
    client.force_login(people.User.objects.get(username=name))
    return client


@pytest.fixture
def desk(resident):
    people.register_user("clerk", PASSWORD, organisation="tea", roles=["merchant"], at=AT)
    return enter("clerk")


def shown_code():
    """Return the code that the resident's own page shows."""
    page = enter("resident").post("/greenpoints/code/")
    assert "no-store" in page.headers["Cache-Control"]
    return re.search(r'id="one-time-code">([^<]+)<', page.content.decode())[1]


def key_of(page):
    return re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', page.content.decode())[1]


def hold(desk, code, *, order="o1", coins=2, key=None):
    key = key or key_of(desk.get("/redeem/"))
    fields = {"step": "hold", "order": order, "code": code, "coins": coins, "idempotency_key": key}
    return desk.post("/redeem/", fields)


def held_coins(ref):
    return book.balance(f"coin:resident/{ref}").held


def test_coins_are_held_with_the_shown_code_and_confirmed(desk, resident):
    page = hold(desk, shown_code().lower())
    assert (page.status_code, held_coins(resident)) == (200, 2)
    desk.post("/redeem/", {"step": "confirm", "order": "o1", "idempotency_key": key_of(page)})
    assert book.balance("coin:merchant/tea").posted == 2


def test_the_printed_number_of_a_resident_takes_nothing(desk, resident):
    assert hold(desk, resident).status_code == 422
    assert held_coins(resident) == 0


def test_a_code_is_good_once(desk, resident):
    code = shown_code()
    hold(desk, code)
    assert hold(desk, code, order="o2").status_code == 422
    assert held_coins(resident) == 2


def test_the_same_form_sent_twice_holds_once_and_answers_the_same(desk, resident):
    code, key = shown_code(), key_of(desk.get("/redeem/"))
    first, second = hold(desk, code, key=key), hold(desk, code, key=key)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (second.headers["Idempotency-Replayed"], held_coins(resident)) == ("true", 2)


def test_a_form_without_its_key_is_refused(desk, resident):
    fields = {"step": "hold", "order": "o1", "code": shown_code(), "coins": 1}
    assert desk.post("/redeem/", fields).status_code == 400
    assert held_coins(resident) == 0


def test_a_refused_hold_leaves_the_code_good(desk, resident):
    code = shown_code()
    assert hold(desk, code, coins=6).status_code == 409
    assert hold(desk, code, coins=5).status_code == 200


def test_a_newer_code_replaces_the_last(desk, resident):
    old, new = shown_code(), shown_code()
    assert hold(desk, old).status_code == 422
    assert hold(desk, new).status_code == 200


def test_a_code_is_too_old_after_five_minutes(resident):
    code = one_time_codes.issue(resident, purpose="redemption", at=AT)
    late = AT + timedelta(minutes=5)
    with pytest.raises(one_time_codes.CodeRefused):
        one_time_codes.redeem(code, purpose="redemption", at=late)
    with pytest.raises(one_time_codes.CodeRefused):
        one_time_codes.redeem(code, purpose="other", at=AT)
    assert one_time_codes.redeem(code, purpose="redemption", at=late - timedelta(seconds=1)) == resident


def test_the_table_does_not_tell_the_code(resident):
    code = one_time_codes.issue(resident, purpose="redemption", at=timezone.now())
    assert code not in str(one_time_codes.OneTimeCode.objects.values().get())


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_for_another_merchant_opens_no_desk(resident, method):
    clerk = people.register_user("clerk", PASSWORD, organisation="tea", at=AT)
    roles.grant(clerk, "merchant", organisation="rival", by="boss", at=AT)
    fields = {"step": "hold", "order": "o1", "code": shown_code(), "coins": 1, "idempotency_key": "a" * 32}
    assert getattr(enter("clerk"), method)("/redeem/", fields).status_code == 403
    assert held_coins(resident) == 0


def test_a_revoked_desk_is_closed(desk):
    roles.revoke("clerk", "merchant", organisation="tea", by="boss", at=AT)
    assert desk.get("/redeem/").status_code == 403


def test_only_residents_are_shown_codes(desk):
    assert desk.post("/greenpoints/code/").status_code == 403
    assert Client().post("/greenpoints/code/").status_code == 302
    assert enter("resident").get("/greenpoints/code/").status_code == 405


@pytest.mark.parametrize("step", ["hold", "confirm", "release"])
@pytest.mark.parametrize("order", ["a\0b", "", "x" * 41, "../o1", "o1\n", "绿"])
def test_no_order_number_is_a_fault(desk, resident, step, order):
    fields = {"step": step, "order": order, "code": shown_code(), "coins": 1, "idempotency_key": "b" * 32}
    assert desk.post("/redeem/", fields).status_code == 200
    assert held_coins(resident) == 0
