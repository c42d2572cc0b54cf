"""The desk of 绿宝: one operator proposes, another decides, an auditor looks, and the page shows what waits."""

import uuid
from datetime import date

import pytest

from bookkeeping import queries as book
from greenpoints.points import funds
from greenpoints.queries import desk
from identity import people
from tests.integration.web.conftest import AT

pytestmark = pytest.mark.django_db
DESK = "/greenpoints/desk/"
CAMPAIGN = {
    "code": "rural-2026", "title_zh": "乡村加倍", "title_en": "Rural bonus", "sponsor": "city", "numerator": "6",
    "denominator": "5", "valid_from": "2026-11-01", "valid_to": "2027-01-01", "person_cap": "100",
    "budget_coins": "5000", "acts": ["M02", "M05"], "regions": ["361028"], "declared_days": "on",
}  # fmt: skip


@pytest.fixture
def operators(city):
    """Return two operators' users; a fund of 1,000 coins at 5 fen stands ready."""
    funds.endow(sponsor="city", coins=1000, fen=5000, reference="2026", valid_from=date(2026, 1, 1), at=AT)
    return [
        people.register_user(name, "a-long-password-1", organisation="commission", roles=("operator",), at=AT)
        for name in ("ann", "bob")
    ]


def send(client, user, path, told):
    client.force_login(user)
    return client.post(f"{DESK}{path}", told | {"idempotency_key": uuid.uuid4().hex})


def test_a_campaign_needs_two(client, operators):
    ann, bob = operators
    assert send(client, ann, "campaigns/new/", CAMPAIGN).status_code == 302
    page = client.get(DESK).content.decode()
    assert "乡村加倍" in page
    assert "复核并启用" not in page
    send(client, ann, "campaign/rural-2026/decide/", {"step": "activate"})
    assert desk.campaigns()[0]["status"] == "proposed"
    client.force_login(bob)
    assert "复核并启用" in client.get(DESK).content.decode()
    send(client, bob, "campaign/rural-2026/decide/", {"step": "activate"})
    send(client, bob, "campaign/rural-2026/decide/", {"step": "declare", "day": "2026-11-20"})
    (row,) = desk.campaigns()
    assert (row["status"], row["approved_by"], row["days"]) == ("active", "bob", [date(2026, 11, 20)])
    assert (row["acts"], row["regions"], row["numerator"]) == ("M02,M05", "361028", 6)
    send(client, ann, "campaign/rural-2026/decide/", {"step": "stop"})
    assert desk.campaigns()[0]["status"] == "stopped"


def test_a_campaign_that_cannot_be_is_told_at_its_form(client, operators):
    answer = send(client, operators[0], "campaigns/new/", CAMPAIGN | {"numerator": "2", "denominator": "3"})
    assert answer.status_code == 422
    assert "campaign_refused" in answer.content.decode()
    assert send(client, operators[0], "campaigns/new/", CAMPAIGN | {"code": ""}).status_code == 422
    assert desk.campaigns() == []


def test_a_grant_is_paid_on_the_word_of_a_second_person(client, city, operators):
    ann, bob = operators
    ref = city["refs"][0]
    told = {"code": "g1", "person": ref, "sponsor": "city", "coins": "20", "reason": "补发"}
    assert send(client, ann, "grants/new/", told).status_code == 302
    send(client, ann, "grant/g1/decide/", {"step": "approve"})
    assert desk.grants()[0]["status"] == "proposed"
    for _twice in range(2):
        send(client, bob, "grant/g1/decide/", {"step": "approve"})
    assert book.balance(f"coin:resident/{ref}").available == 20
    (fund,) = desk.funds()
    assert (fund.coins, fund.fen, fund.reserved_fen) == (980, 4900, 100)
    send(client, bob, "grant/g1/decide/", {"step": "dance"})
    assert desk.grants()[0]["decided_by"] == "bob"


def test_an_auditor_looks_and_decides_nothing(client, city, operators):
    client.force_login(city["auditor"])
    page = client.get(DESK).content.decode()
    assert "资助资金" in page
    assert "提出活动</a>" not in page
    assert client.get(f"{DESK}campaigns/new/").status_code == 403
    assert client.post(f"{DESK}grant/g1/decide/", {"step": "approve"}).status_code == 403


def test_operators_land_at_their_desk(client, operators):
    answer = client.post("/sign-in/", {"username": "ann", "password": "a-long-password-1"})
    assert answer.url == DESK
