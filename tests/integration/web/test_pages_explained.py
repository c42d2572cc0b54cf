"""What pages tell beyond numbers: how a listing ended, what overlaps it, rules of acts, verdicts, the desk."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core import invariants, jobs
from core.invariants import Broken, Checked, Invariant
from identity import organisations
from tests.integration.marketplace.small_market import ENDS, publish, register
from tests.integration.web.conftest import AT
from web import act_rules, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(db):
    organisations.register(code="zixi-bamboo", name="资溪竹业合作社", kind="seller", region="361028", at=AT)
    register("R1", 0, 100)
    register("R2", 60, 160, kind="vep_bundle")
    publish()


def test_a_listing_shows_what_shares_its_land_in_m2_and_mu(client, listed):
    page = client.get("/marketplace/L1/").content.decode()
    assert "8,000 m²（12.00 亩）" in page
    assert "互斥：不得同时挂牌，系统拒绝" in page
    assert page.count('fill-rule="evenodd"') == 3  # the right, the other, what they share
    assert "资溪竹业合作社（zixi-bamboo）" in page
    assert "挂牌冻结" in page


def test_a_listing_that_is_over_asks_for_no_next_bid(client, listed):
    from marketplace import sessions

    sessions.close("L1", at=ENDS + timedelta(minutes=1))
    page = client.get("/marketplace/L1/").content.decode()
    assert "竞价已结束，未成交。" in page
    assert "下一口价" not in page


def test_a_person_who_sells_is_not_named(client, city):
    register("R1", 0, 100, holder=city["refs"][0])
    publish()
    page = client.get("/marketplace/L1/").content.decode()
    assert city["refs"][0] not in page
    assert "个人" in page


def test_every_act_has_its_factor_cap_evidence_and_source(db):
    rules = {row["code"]: row for row in act_rules.told(on=date(2026, 11, 24))}
    assert len(rules) == 54
    assert (rules["M09"]["factors"], rules["M09"]["confirmed"]) == ([], False)  # by formula, see its page
    walking = rules["M01"]
    assert [(row["value"], row["unit"], row["per"], row["confirmed"]) for row in walking["factors"]] == [
        ("0.0164", "g", "步", True)
    ]
    assert [(row["value"], row["unit"]) for row in walking["caps"]] == [("12000", "步"), ("1", "次")]
    assert [(row["letter"], row["value"]) for row in walking["evidence"]] == [("B", "0.9"), ("D", "0")]
    assert [row["confirmed"] for row in rules["W02"]["factors"]] == [False, False]
    assert rules["W01"]["flat"]["value"] == "1"


def test_the_hourly_check_is_published_with_its_time(client, monkeypatch):
    assert "还没有核验过" in client.get("/transparency/").content.decode()
    one = Invariant(code="I99", zh="试验", en="A trial", check=lambda: [Checked(7), Broken("secret-row", "wrong")])
    monkeypatch.setattr(invariants, "registered", lambda: [one])
    verdicts.check(at=AT)
    page = client.get("/transparency/").content.decode()
    assert "I99" in page
    assert "1 行不符" in page
    assert "2026-05-20 12:00:00" in page  # Beijing time
    assert "secret-row" not in page


def test_the_check_runs_among_the_recurring_jobs():
    now = timezone.now()  # the database's own clock tells which jobs are forgotten
    while jobs.run_due(as_of=now):
        pass
    assert verdicts.last().hold
    assert verdicts.last().at == now


def test_the_desk_of_a_finance_officer_says_where_there_is_nothing(client, city):
    client.force_login(city["payer"])
    assert "还没有支付批次。" in client.get("/policy/reconciliation/").content.decode()
    assert "/policy/reconciliation/" in client.get("/policy/").content.decode()
