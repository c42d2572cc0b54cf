"""The book over HTTP: who may read what, and the public log."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model

from bookkeeping import chart, postings, transparency
from bookkeeping.postings import Leg
from identity import organisations, people, roles

pytestmark = pytest.mark.usefixtures("accounts")
NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
BOOK, LOG = "/api/v1/book/accounts", "/api/v1/log"


@pytest.fixture(autouse=True)
def gift(accounts):
    postings.post(reference="gift", legs=[Leg("coin:fund/bus", "coin:resident/a", 5)], occurred_at=NOW)


def user(name, *, roles=(), person="", organisation=""):
    return people.register_user(name, "correct-horse-9", at=NOW, roles=roles, person=person, organisation=organisation)


@pytest.fixture(params=["auditor", "operator", "finance_officer"])
def staff(request, client):
    client.force_login(user("reader", roles=[request.param]))
    return client


def test_everyone_sees_what_a_fund_holds(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get(f"{BOOK}/coin:fund/bus/balance")
    assert answer.status_code == 200
    assert answer.json() == {"account": "coin:fund/bus", "unit": "coin", "posted": -5, "held": 0, "available": -5}


OF_OTHERS = ["coin:resident/a/balance", "coin:resident/a/statement", "coin:fund/bus/statement"]


@pytest.mark.parametrize("what", OF_OTHERS)
def test_who_was_paid_is_not_for_everyone(client, what):
    assert client.get(f"{BOOK}/{what}").status_code == 401
    client.force_login(user("resident"))
    assert client.get(f"{BOOK}/{what}").json()["code"] == "book_not_yours"


@pytest.mark.parametrize("what", OF_OTHERS)
def test_django_s_own_flags_open_nothing(client, what):
    client.force_login(get_user_model().objects.create_user("boss", is_staff=True, is_superuser=True))
    assert client.get(f"{BOOK}/{what}").status_code == 403


def test_a_revoked_role_reads_no_more(staff):
    assert staff.get(f"{BOOK}/coin:resident/a/statement").status_code == 200
    for role in ("auditor", "operator", "finance_officer"):
        roles.revoke("reader", role, by="boss", at=NOW)
    assert staff.get(f"{BOOK}/coin:resident/a/statement").status_code == 403


def test_a_resident_reads_the_own_account_and_no_other(client):
    ref = people.register("林一", region="361028", at=NOW)
    chart.open_accounts([f"coin:resident/{ref}", f"fen:party/{ref}"], nature=chart.Nature.HOLDER)
    client.force_login(user("lin", person=ref))
    for code in (f"coin:resident/{ref}", f"fen:party/{ref}"):
        assert client.get(f"{BOOK}/{code}/balance").json()["posted"] == 0
        assert client.get(f"{BOOK}/{code}/statement").json()["lines"] == []
    assert client.get(f"{BOOK}/coin:resident/a/balance").status_code == 403
    assert client.get(f"{BOOK}/coin:resident/{ref}x/balance").status_code == 403


def test_a_merchant_reads_the_own_account_while_the_role_is_held(client):
    organisations.register(code="tea", name="茶馆", kind="merchant", region="361028", at=NOW)
    client.force_login(user("clerk", organisation="tea", roles=["merchant"]))
    assert client.get(f"{BOOK}/coin:merchant/tea/statement").status_code == 200
    roles.revoke("clerk", "merchant", organisation="tea", by="boss", at=NOW)
    assert client.get(f"{BOOK}/coin:merchant/tea/statement").status_code == 403


@pytest.mark.parametrize(("who", "status"), [("auditor", 200), ("resident", 403), ("receiver", 200), ("stranger", 401)])
@pytest.mark.parametrize("path", [f"{LOG}/proof", "/transparency/proof.json"])
def test_a_posting_is_shown_to_its_parties_and_to_auditors(client, who, status, path):
    ref = people.register("林一", region="361028", at=NOW)
    chart.open_accounts([f"coin:resident/{ref}"], nature=chart.Nature.HOLDER)
    postings.post(reference="own", legs=[Leg("coin:fund/bus", f"coin:resident/{ref}", 5)], occurred_at=NOW)
    transparency.seal(at=NOW)
    if who != "stranger":
        client.force_login(
            user(who, roles=["auditor"] if who == "auditor" else [], person=ref if who == "receiver" else "")
        )
    answer = client.get(f"{path}?reference=own")
    assert answer.status_code == (302 if status == 401 and path.startswith("/transparency") else status)
    assert (ref in answer.content.decode()) == (status == 200)


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


@pytest.mark.parametrize(
    "until", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00", "2026-11-01T08:30:00", "2026-11-01", "1"]
)
def test_an_instant_without_offset_or_sense_is_refused(staff, until):
    answer = staff.get(f"{BOOK}/coin:resident/a/statement?until={until}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


def test_a_statement_ends_at_an_instant(staff):
    before, at = "2026-11-01T16:29:59%2B08:00", "2026-11-01T16:30:00%2B08:00"
    assert staff.get(f"{BOOK}/coin:resident/a/statement?until={before}").json()["lines"] == []
    assert len(staff.get(f"{BOOK}/coin:resident/a/statement?until={at}").json()["lines"]) == 1


def test_a_misspelt_parameter_is_refused(staff):
    assert staff.get(f"{BOOK}/coin:resident/a/statement?untill=2026-11-01T08:30:00Z").status_code == 422
