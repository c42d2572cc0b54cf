"""Claims: matched once, asked and never refused for want of a fact, approved by different people."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from core.invariants import registered
from identity.roles import RoleMissing
from policy import budgets, claims, programmes, queries
from policy.models import Approval, Claim, ClaimStep, Decision
from policy.programmes import RatesNotConfirmed, SecondPersonNeeded
from tests.integration.policy.conftest import AFTER_NOTICE, AT, LINE

pytestmark = pytest.mark.django_db


def broken():
    return [(one.code, row) for one in registered() if one.code in {"I12", "I13", "I14", "P27"}
            for row in one.check() if hasattr(row, "what")]  # fmt: skip


def test_a_settled_sale_is_matched_once(sale, programme_in_force):
    event = sale("s1", price_fen=253_029_200)
    (claim,) = claims.match(event=event, as_of=AT)
    (again,) = claims.match(event=event, as_of=AT)
    assert (claim.status, claim.amount_fen) == ("MATCHED", 2_530_292)
    assert again == claim
    assert Decision.objects.count() == Claim.objects.count() == 1
    assert [one["result"] for one in claim.explanation["conditions"]] == ["MET"] * 6
    assert broken() == []


def test_a_second_sale_of_the_same_right_in_the_year_is_no_second_claim(sale, programme_in_force):
    claims.match(event=sale("s1", right="r"), as_of=AT)
    assert claims.match(event=sale("s2", right="r"), as_of=AT) == []
    assert (Claim.objects.count(), Decision.objects.count()) == (1, 2)


def test_a_no_is_stored_with_its_reason_and_makes_no_claim(sale, programme_in_force):
    assert claims.match(event=sale("s1", price_fen=999_999), as_of=AT) == []
    (hint,) = queries.qualifies("zixi-coop")
    assert (hint.status, [one["id"] for one in hint.failed]) == ("NOT_ELIGIBLE", ["D4_least_price"])


def test_a_missing_fact_is_a_question_and_its_answer_decides(sale, programme_in_force):
    (claim,) = claims.match(event=sale("s1", seller_county=None), as_of=AT)
    assert (claim.status, claim.amount_fen) == ("NEED_INFO", None)
    assert [question["fact"] for question in claim.explanation["questions"]] == ["sale.seller_county_code"]
    told = claims.answer(claim.number, party="zixi-coop", facts={"sale.seller_county_code": "361028"}, at=AT)
    assert (told.status, told.amount_fen) == ("MATCHED", 1_000_000)
    assert broken() == []


def test_consent_is_the_partys_own_and_needs_an_account(sale, programme_in_force):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    with pytest.raises(claims.NotYourClaim):
        claims.consent(claim.number, party="another", at=AT)
    with pytest.raises(claims.PayeeMissing):
        claims.consent(claim.number, party="zixi-coop", at=AT)
    with pytest.raises(claims.PayeeRefused):
        claims.register_payee("zixi-coop", name="=HYPERLINK(1)", token="TK1", at=AT)


def test_maker_is_never_checker_by_rule_and_by_database(approved, officers):
    claim = approved("s1", amount_fen=10_000)
    row = Claim.objects.get(number=claim.number)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(claim=row, round=1, step="OTHER", user=officers["checker"], amount_fen=10_000, at=AT)


def test_one_person_cannot_check_and_approve(sale, programme_in_force, officers):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee("zixi-coop", name="合作社", token="TK1", at=AT)
    claims.consent(claim.number, party="zixi-coop", at=AT)
    with pytest.raises(RoleMissing):
        claims.check(claim.number, user=officers["second"], at=AT)
    claims.check(claim.number, user=officers["checker"], at=AT)
    with pytest.raises(SecondPersonNeeded):
        claims.approve(claim.number, user=officers["checker"], at=AT)
    claims.approve(claim.number, user=officers["first"], at=AT)
    with pytest.raises(claims.ClaimStepNotPossible):
        claims.approve(claim.number, user=officers["second"], at=AT)
    noticed = claims.open_notice(claim.number, at=AT)
    assert noticed.notice_until.isoformat() == "2026-05-30"
    with pytest.raises(claims.NoticeStillRunning):
        claims.approve(claim.number, user=officers["second"], at=AT + timedelta(days=9))
    assert claims.approve(claim.number, user=officers["second"], at=AT + timedelta(days=10)).status == "APPROVED_L2"


def test_an_objection_sends_the_claim_back_to_the_check(sale, programme_in_force, officers):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee("zixi-coop", name="合作社", token="TK1", at=AT)
    claims.consent(claim.number, party="zixi-coop", at=AT)
    claims.check(claim.number, user=officers["checker"], at=AT)
    claims.approve(claim.number, user=officers["first"], at=AT)
    claims.open_notice(claim.number, at=AT)
    assert claims.object_to(claim.number, reason="面积有误", at=AT).status == "OBJECTED"
    assert claims.check(claim.number, user=officers["first"], at=AT).status == "CHECKED"
    assert claims.approve(claim.number, user=officers["checker"], at=AT).status == "APPROVED_L1"


def test_the_budget_is_never_overspent_and_the_claim_waits(approved):
    for place in range(20):
        assert approved(f"s{place}", amount_fen=5_000_000).status == "RESERVED"
    waiting = approved("late", amount_fen=10_000)
    assert waiting.status == "WAITLISTED"
    assert claims.reserve(waiting.number, at=AFTER_NOTICE).status == "WAITLISTED"
    budgets.appropriate(LINE, amount_fen=10_000, document="doc-2", at=AFTER_NOTICE)
    assert claims.reserve(waiting.number, at=AFTER_NOTICE).status == "RESERVED"
    (line,) = queries.budget_lines()
    assert (line.free_fen, line.reserved_fen) == (0, 100_010_000)
    assert broken() == []


def test_made_up_figures_come_into_force_only_as_a_demonstration(officers, settings):
    settings.DEMO_PROGRAMMES = False
    programmes.register_all(at=AT)
    programmes.review("DEMO-RIGHT-SALE", 1, by=officers["checker"], at=AT)
    programmes.simulate("DEMO-RIGHT-SALE", 1, at=AT)
    with pytest.raises(RatesNotConfirmed):
        programmes.activate("DEMO-RIGHT-SALE", 1, by=officers["second"], at=AT)


def without_triggers(table):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the table has work pending
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            cursor.execute(f"DROP TRIGGER {table}_no_update")


def test_the_database_refuses_to_change_what_was_decided(approved):
    approved("s1", amount_fen=10_000)
    for model in (Decision, Approval, ClaimStep):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.update(id=F("id"))
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_a_decision_that_was_altered_is_found(sale, programme_in_force):
    claims.match(event=sale("s1"), as_of=AT)
    without_triggers("policy_decision")
    Decision.objects.update(amount_fen=999)
    codes = {code for code, _row in broken()}
    assert codes == {"I12", "P27"}


def test_everybody_reads_a_claim_under_notice_and_one_that_is_paid(sale, officers, programme_in_force, budget):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee(claim.party, name="合作社", token="TK1", at=AT)
    claims.consent(claim.number, party=claim.party, at=AT)
    claims.check(claim.number, user=officers["checker"], at=AT)
    claims.approve(claim.number, user=officers["first"], at=AT)
    assert not queries.claim(claim.number).public
    claims.open_notice(claim.number, at=AT)
    assert queries.claim(claim.number).public
    claims.object_to(claim.number, reason="不实", at=AT)
    assert not queries.claim(claim.number).public
    claims.reject(claim.number, user=officers["checker"], reason="不实", at=AT)
    assert not queries.claim(claim.number).public
    Claim.objects.update(status="RESERVED")
    assert not queries.claim(claim.number).public
    for paid in ("PAID", "RECONCILED"):
        Claim.objects.update(status=paid)
        assert queries.claim(claim.number).public
