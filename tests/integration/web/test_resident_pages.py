"""A resident's statements, consents and own data, as they and their guardian see them."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bookkeeping import chart, postings, transparency
from greenpoints.queries import statements
from identity import consents, guardians, people, real_names
from identity import queries as identity_queries
from web import statement_files

pytestmark = pytest.mark.django_db
VERIFIER = Path(__file__).resolve().parents[3] / "bookkeeping" / "offline_verifier.py"
TODAY = date(2026, 6, 15)


def at(month, day):
    return datetime(2026, month, day, 4, tzinfo=UTC)


def move(name, source, target, quantity, when):
    postings.post(reference=name, legs=[postings.Leg(source, target, quantity)], occurred_at=when)


@pytest.fixture
def ledger(city):
    """Return the ref of a resident who earned 12 coins in April, 30 in May (3 kg), spent 20, lost 2, got 5 in June."""
    ref = city["refs"][0]
    chart.open_accounts(["coin:fund/city", "co2e:act/M02"], nature=chart.Nature.SOURCE, floor=None)
    chart.open_accounts(
        [f"coin:resident/{ref}", f"co2e:resident/{ref}", "coin:merchant/tea-house", "coin:breakage/city"],
        nature=chart.Nature.HOLDER,
    )
    coins, grams = f"coin:resident/{ref}", f"co2e:resident/{ref}"
    move("points/april", "coin:fund/city", coins, 12, at(4, 20))
    move("act/bike/1", "co2e:act/M02", grams, 3_000_000, at(5, 3))
    move("points/may", "coin:fund/city", coins, 30, at(5, 4))
    move("redemption/tea-house/o1/hold", coins, "coin:merchant/tea-house", 20, at(5, 20))
    move("expiry/may", coins, "coin:breakage/city", 2, at(5, 31))
    # In Fuzhou it is June by then.
    move("points/june", "coin:fund/city", coins, 5, datetime(2026, 5, 31, 16, tzinfo=UTC))
    transparency.seal(at=at(6, 1))
    return ref


def test_a_month_adds_up_from_opening_to_closing(ledger):
    told = statements.statement(ledger, of=statements.period("2026-05", today=TODAY), today=TODAY)
    assert told.opening == {"coin": 12, "co2e": 0}
    assert told.closing == {"coin": 20, "co2e": 3_000_000}
    assert told.sums["coin"] == {"earned": 30, "redeemed": -20, "expired": -2}
    assert told.sums["co2e"] == {"saved": 3_000_000}
    assert [(row.purpose, row.quantity, row.balance) for row in told.entries if row.asset == "coin"] == [
        ("earned", 30, 42),
        ("redeemed", -20, 22),
        ("expired", -2, 20),
    ]
    assert told.complete


def test_a_year_is_the_sum_of_its_months(ledger):
    year = statements.statement(ledger, of=statements.period("2026", today=TODAY), today=TODAY)
    assert year.opening == {"coin": 0, "co2e": 0}
    assert year.closing == {"coin": 25, "co2e": 3_000_000}
    assert year.sums["coin"] == {"earned": 47, "redeemed": -20, "expired": -2}
    assert not year.complete


@pytest.mark.parametrize("code", ["2026-13", "2026-7x", "26", "2016", "2026-07", "２０２６"])
def test_a_period_that_is_none_is_refused(code):
    with pytest.raises(statements.PeriodRefused):
        statements.period(code, today=TODAY)


def test_december_ends_with_the_year():
    assert statements.period("2025-12", today=TODAY).after == date(2026, 1, 1)


def test_the_page_and_its_files_tell_the_same(client, city, ledger, monkeypatch):
    client.force_login(city["owner"])
    page = client.get(f"/greenpoints/{ledger}/statements/2026-05/").content.decode()
    assert "12 碳币" in page
    assert "20 碳币" in page
    assert "3.000 kg CO₂e" in page
    sheet = client.get(f"/greenpoints/{ledger}/statements/2026-05/lvbao.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [(row["purpose"], row["quantity"], row["balance"]) for row in rows if row["asset"] == "coin"] == [
        ("opening", "", "12"), ("earned", "30", "42"), ("redeemed", "-20", "22"), ("expired", "-2", "20"),
        ("closing", "", "20"),
    ]  # fmt: skip
    paper = client.get(f"/greenpoints/{ledger}/statements/2026-05/lvbao.pdf")
    assert paper.content.startswith(b"%PDF-")
    assert client.get(f"/greenpoints/{ledger}/statements/2026-05/lvbao.exe").status_code == 404
    assert client.get(f"/greenpoints/{ledger}/statements/2099-01/").status_code == 422


def test_a_statement_verifies_offline_and_a_forged_one_does_not(client, city, ledger, tmp_path):
    client.force_login(city["owner"])
    told = json.loads(client.get(f"/greenpoints/{ledger}/statements/2026-05/lvbao.json").content)
    assert verified(told, tmp_path) == 0
    assert told["statement"]["not_sealed_yet"] == 0
    assert told["statement"]["accounts"][f"coin:resident/{ledger}"] == {"opening": 12, "closing": 20}
    told["leaves"][1]["leg"]["quantity"] += 1
    assert verified(told, tmp_path) == 1


def test_what_is_not_sealed_yet_is_said_and_not_proved(client, city, ledger, tmp_path):
    move("points/late", "coin:fund/city", f"coin:resident/{ledger}", 9, at(5, 30))
    client.force_login(city["owner"])
    told = json.loads(client.get(f"/greenpoints/{ledger}/statements/2026-05/lvbao.json").content)
    assert told["closing"]["coin"] == 29
    assert told["statement"]["not_sealed_yet"] == 1
    assert told["statement"]["accounts"][f"coin:resident/{ledger}"] == {"opening": 12, "closing": 20}
    assert verified(told, tmp_path) == 0


def verified(told, folder):
    file = folder / "statement.json"
    file.write_text(json.dumps(told))
    return subprocess.run([sys.executable, "-I", "-S", str(VERIFIER), str(file)], capture_output=True).returncode


def test_a_printed_statement_has_its_figures(ledger):
    told = statements.statement(ledger, of=statements.period("2026-05", today=TODAY), today=TODAY)
    paper = statement_files.paper(told, verify_at="https://example.org/transparency/", at=at(6, 15))
    assert paper["balances"] == [
        ["碳币", "12 碳币", "30 碳币", "22 碳币", "20 碳币"],
        ["减排量", "0.000 kg CO₂e", "3.000 kg CO₂e", "0.000 kg CO₂e", "3.000 kg CO₂e"],
    ]
    assert [row[1:4] for row in paper["entries"]] == [
        ["低碳行为所得", "+30", "42"],
        ["兑换", "-20", "22"],
        ["到期失效", "-2", "20"],
    ]


def test_one_source_is_refused_and_the_others_stay(client, city):
    ref = city["refs"][0]
    client.force_login(city["owner"])
    where = f"/greenpoints/{ref}/consents/"
    client.post(f"{where}decide/", {"source": "steps", "decision": "withdraw"})
    assert not consents.in_force(ref, "source/steps", at=datetime.now(UTC))
    page = client.get(where).content.decode()
    assert page.count("已撤回</span>") == 1
    assert page.count("重新同意") == 1
    assert list(consents.withdrawn([ref, "nobody"], prefix="source/", at=datetime.now(UTC))) == [(ref, "source/steps")]
    client.post(f"{where}decide/", {"source": "steps", "decision": "give"})
    assert consents.in_force(ref, "source/steps", at=datetime.now(UTC))
    assert consents.withdrawn([ref], prefix="source/", at=datetime.now(UTC)) == {}
    client.post(f"{where}decide/", {"source": "no-such", "decision": "withdraw"})
    assert len(consents.history(ref)) == 2


@pytest.mark.parametrize("reader", ["other_resident", "auditor", "checker"])
def test_nobody_else_decides(client, city, reader):
    client.force_login(city[reader])
    where = f"/greenpoints/{city['refs'][0]}/consents/decide/"
    assert client.post(where, {"source": "steps", "decision": "withdraw"}).status_code == 403
    assert consents.history(city["refs"][0]) == []


def test_a_resident_corrects_and_exports_what_is_kept(client, city, ledger):
    client.force_login(city["owner"])
    where = f"/greenpoints/{ledger}/data/"
    assert client.post(f"{where}correct/", {"name": "", "phone": "12", "region": "361002"}).status_code == 422
    client.post(f"{where}correct/", {"name": "甲乙", "phone": "13900000003", "region": "361002"})
    assert identity_queries.person(ledger).phone == "13900000003"
    consents.withdraw(ledger, "source/steps", at=at(5, 1))
    told = json.loads(client.get(f"{where}export.json").getvalue())
    assert told["person"]["name"] == "甲乙"
    assert [line["purpose"] for line in told["consents"]] == ["source/steps"]
    assert told["behaviours"] == told["redemptions"] == []


def test_an_auditor_sees_no_name_and_no_phone(client, city):
    ref = city["refs"][0]
    people.correct(ref, name="甲乙", phone="13900000003", region="361002", at=at(5, 1))
    client.force_login(city["auditor"])
    page = client.get(f"/greenpoints/{ref}/data/").content.decode()
    assert "甲乙" not in page
    assert "13900000003" not in page


def test_a_guardian_opens_the_pages_of_a_child(client, city):
    parent, child = city["refs"][0], people.register("丙", region="361028", at=at(5, 1))
    real_names.confirm(parent, token="gov-1", age_group="adult", at=at(5, 1))
    guardians.bind(child, guardian=parent, at=at(5, 1))
    real_names.confirm(child, token="gov-2", age_group="child", at=at(5, 1))
    client.force_login(city["owner"])
    assert client.get(f"/greenpoints/{child}/consents/").status_code == 200
    client.force_login(city["other_resident"])
    assert client.get(f"/greenpoints/{child}/consents/").status_code == 403


def test_a_resident_asks_to_leave_and_thinks_again(client, city):
    ref = city["refs"][0]
    client.force_login(city["owner"])
    where = f"/greenpoints/{ref}/data/"
    client.post(f"{where}close/", {"decision": "ask"})
    assert 'value="take_back"' not in client.get(where).content.decode()
    client.post(f"{where}close/", {"decision": "ask", "sure": "yes"})
    assert 'value="take_back"' in client.get(where).content.decode()
    client.post(f"{where}close/", {"decision": "take_back"})
    assert 'value="take_back"' not in client.get(where).content.decode()
    client.post(f"{where}close/", {"decision": "take_back"})
    assert "没有待办的注销申请" in client.get(where).content.decode()
