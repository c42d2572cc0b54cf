"""From a suspicious day to a decision: cases are raised once, people decide, appeals go to another, partners stop."""

import pytest
from behaviour_lines import AT, DAY, as_bytes, ride
from django.test import Client

from greenpoints.intake import batches
from greenpoints.models import RiskCase
from greenpoints.queries import risk as risk_queries
from greenpoints.redemption import redemptions
from greenpoints.risk import cases, scans, stops
from identity import organisations, people


@pytest.fixture
def suspected(deliver, scene):
    """Return the case of a resident who has the same ride five times; an honest one has none."""

    def proof(n):
        return {"type": "operator_record", "ref": f"p{n}"}

    copied = [ride(f"e{hour}", hour, metres=1_900, evidence=proof(hour)) for hour in (8, 10, 13, 17, 20)]
    deliver([*copied, ride("h1", 9, who="tok-1", metres=2_900, evidence=proof(1))])
    scans.scan(DAY, at=AT)
    return RiskCase.objects.get()


def test_a_suspicious_day_raises_one_case_however_often_it_is_scanned(suspected, scene):
    assert (suspected.subject, suspected.reason) == (scene[0], "copied_quantity")
    assert scans.scan(DAY, at=AT) == 0
    (line,) = risk_queries.queue(today=DAY)
    assert (line.zh, line.status_label, line.overdue) == ("测量值完全相同", "待复核", False)
    assert risk_queries.under_review(scene).people == {scene[0]}


def test_a_case_is_cleared_with_a_reason_and_the_grams_are_free(suspected, scene):
    with pytest.raises(cases.NoteNeeded):
        cases.decide(suspected.pk, uphold=False, note=" ", by="o", at=AT)
    cases.decide(suspected.pk, uphold=False, note="固定路线通勤", by="o", at=AT)
    assert risk_queries.under_review(scene).people == frozenset()
    with pytest.raises(cases.CaseDecided):
        cases.decide(suspected.pk, uphold=True, note="x", by="o", at=AT)


def test_an_appeal_is_decided_within_fifteen_days_by_somebody_else(suspected, scene):
    with pytest.raises(cases.NothingToAppeal):
        cases.appeal(suspected.pk, subject=scene[0], text="不是我", at=AT)
    cases.decide(suspected.pk, uphold=True, note="脚本上报", by="first", at=AT)
    with pytest.raises(cases.CaseMissing):
        cases.appeal(suspected.pk, subject=scene[1], text="不是我", at=AT)
    due_on = cases.appeal(suspected.pk, subject=scene[0], text="不是我", at=AT)
    assert due_on.isoformat() == "2026-12-06"  # 15 days after 21 November, which it is in Fuzhou
    assert [line.overdue for line in risk_queries.queue(today=due_on)] == [False]
    assert [line.overdue for line in risk_queries.queue(today=due_on.replace(day=7))] == [True]
    with pytest.raises(cases.OtherReviewerNeeded):
        cases.decide(suspected.pk, uphold=True, note="维持", by="first", at=AT)
    cases.decide(suspected.pk, uphold=False, note="申诉成立", by="second", at=AT)
    (line,) = risk_queries.cases_of(scene[0], today=DAY)
    assert (line.status, line.note) == ("cleared", "申诉成立")
    with pytest.raises(cases.NothingToAppeal):
        cases.appeal(suspected.pk, subject=scene[0], text="再申诉", at=AT)


def test_coins_are_held_and_let_go_again(suspected, scene):
    def spend(order):
        return redemptions.hold(person=scene[0], merchant="tea-house", coins=1, order=order, at=AT).status

    assert spend("o1") == "held"  # a suspicion alone takes nothing from anybody
    for _again in range(2):
        cases.hold_coins(suspected.pk, by="o", at=AT)
    with pytest.raises(redemptions.CoinsNotAvailable):
        spend("o2")
    cases.decide(suspected.pk, uphold=False, note="排除", by="o", at=AT)
    assert spend("o2") == "held"


def test_a_stopped_partner_delivers_nothing(scene, deliver):
    with pytest.raises(stops.StopReasonNeeded):
        stops.stop("bike-co", reason="", by="o", at=AT)
    for _again in range(2):
        stops.stop("bike-co", reason="凌晨集中造数", by="o", at=AT)
    with pytest.raises(batches.PartnerStopped):
        batches.receive(
            partner="bike-co", batch="b9", business_on=DAY, content=as_bytes([ride("e1", 8)]), received_at=AT
        )
    for _again in range(2):
        stops.resume("bike-co", by="o", at=AT)
    assert deliver([ride("e1", 8)]).status == "credited"


def test_the_review_queue_on_its_page(suspected, scene):
    organisations.register(code="commission", name="发改委", kind="government", region="361000", at=AT)
    operator, auditor = (
        people.register_user(name, "a-long-password-1", organisation="commission", roles=(name,), at=AT)
        for name in ("operator", "auditor")
    )

    def page(user, **data):
        client = Client()
        client.force_login(user)
        return client.post("/units/risk/", data) if data else client.get("/units/risk/")

    assert "测量值完全相同" in page(auditor).content.decode()
    told = {"case": suspected.pk, "note": "排除"}
    assert page(auditor, idempotency_key="a", step="clear", **told).status_code == 403
    assert page(operator, idempotency_key="b", step="clear", case="x").status_code == 404
    assert "已排除嫌疑" in page(operator, idempotency_key="c", step="clear", **told).content.decode()
    assert "没有待复核的线索" in page(auditor).content.decode()
    stopped = page(operator, idempotency_key="d", step="stop", partner="bike-co", reason="造数").content.decode()
    assert "单车公司" in stopped
    assert page(operator, idempotency_key="e", step="resume", partner="bike-co").status_code == 200
