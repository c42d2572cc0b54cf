"""The book over HTTP: who may read what, and the public log."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from bookkeeping import postings, transparency
from bookkeeping.postings import Leg

pytestmark = pytest.mark.usefixtures("accounts")
NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
BOOK, LOG = "/api/v1/book/accounts", "/api/v1/log"


@pytest.fixture(autouse=True)
def gift(accounts):
    postings.post(reference="gift", legs=[Leg("coin:fund/bus", "coin:resident/a", 5)], occurred_at=NOW)


@pytest.fixture
def staff(client):
    client.force_login(get_user_model().objects.create_user("auditor", is_staff=True))
    return client


def test_everyone_sees_what_a_fund_holds(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get(f"{BOOK}/coin:fund/bus/balance")
    assert answer.status_code == 200
    assert answer.json() == {"account": "coin:fund/bus", "unit": "coin", "posted": -5, "held": 0, "available": -5}


@pytest.mark.parametrize("what", ["coin:resident/a/balance", "coin:resident/a/statement", "coin:fund/bus/statement"])
def test_who_was_paid_is_not_for_everyone(client, what):
    assert client.get(f"{BOOK}/{what}").status_code == 401
    client.force_login(get_user_model().objects.create_user("resident"))
    assert client.get(f"{BOOK}/{what}").status_code == 401


def test_staff_read_balances_and_statements(staff):
    assert staff.get(f"{BOOK}/coin:resident/a/balance").json()["available"] == 5
    page = staff.get(f"{BOOK}/coin:resident/a/statement?limit=1").json()
    assert [(line["reference"], line["quantity"], line["balance"]) for line in page["lines"]] == [("gift", 5, 5)]
    assert page["next"] is None
    assert staff.get(f"{BOOK}/coin:resident/a/statement?after=forged").status_code == 422


@pytest.mark.parametrize("code", ["coin:resident/nobody", "gold:x", "x"])
def test_an_unknown_account_is_not_found(staff, code):
    answer = staff.get(f"{BOOK}/{code}/balance")
    assert answer.status_code == 404
    assert answer.json()["code"] == "account_missing"


def test_the_log_is_public_and_shows_no_account(client, staff):
    assert client.get(f"{LOG}/head").status_code == 404
    first = transparency.seal(at=NOW)
    postings.post(reference="p", legs=[Leg("coin:resident/a", "coin:resident/b", 1)], occurred_at=NOW)
    transparency.seal(at=NOW)
    client.logout()
    assert client.get(f"{LOG}/head?size=1").json()["root"] == first.root
    assert client.get(f"{LOG}/consistency?first=1&second=2").json()["head"]["size"] == 2
    inclusion = client.get(f"{LOG}/inclusion?index=1")
    assert inclusion.json()["index"] == 1
    assert "resident" not in inclusion.content.decode()
    assert client.get(f"{LOG}/inclusion?index=2").status_code == 404
    assert client.get(f"{LOG}/proof?reference=p").status_code == 401
