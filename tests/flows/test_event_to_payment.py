"""Flow 4: a settled sale in the journal becomes a reconciled payment, by the job that drains the journal."""

from datetime import UTC, date, datetime, timedelta

import pytest
import shapely

from core import events, jobs
from core.invariants import examine, registered
from fixtures.fake_bank import SILENT, FakeBank
from identity import organisations
from marketplace import custody, listings, rights, sessions, settlements
from policy import claims, payments, queries
from policy.models import Claim, JournalCursor
from tests.integration.policy.conftest import (  # noqa: F401 - fixtures
    AFTER_NOTICE,
    AT,
    LINE,
    budget,
    officers,
    programme_in_force,
    sale,
)

pytestmark = pytest.mark.django_db(transaction=True)  # the journal is read as other connections see it


def settle(sale, session, *, price_fen):  # noqa: F811
    event = sale(session, price_fen=price_fen)
    events.record(event.kind, subject=event.subject, occurred_at=AT, detail={})


def drain(at):
    assert jobs.run_due(as_of=at) >= 1


def test_from_the_settled_sale_to_the_last_fen(sale, officers, programme_in_force, budget):  # noqa: F811
    settle(sale, "s1", price_fen=253_029_200)
    settle(sale, "s2", price_fen=100_000_000)
    drain(AT)
    drain(AT + timedelta(minutes=1))
    assert list(Claim.objects.order_by("pk").values_list("amount_fen", flat=True)) == [2_530_292, 1_000_000]
    for claim in Claim.objects.order_by("pk"):
        claims.register_payee(claim.party, name="资溪县竹业专业合作社", token="TK0001", at=AT)
        claims.consent(claim.number, party=claim.party, at=AT)
        claims.check(claim.number, user=officers["checker"], at=AT)
        claims.approve(claim.number, user=officers["first"], at=AT)
        claims.open_notice(claim.number, at=AT)
        claims.approve(claim.number, user=officers["second"], at=AFTER_NOTICE)
        claims.reserve(claim.number, at=AFTER_NOTICE)
    batch = payments.batch(LINE, by=officers["payer"], at=AFTER_NOTICE)
    payments.sign(batch.number, user=officers["signer1"], at=AFTER_NOTICE)
    payments.sign(batch.number, user=officers["signer2"], at=AFTER_NOTICE)
    bank = FakeBank(payments.bank_file(batch.number, at=AFTER_NOTICE), behave={2: SILENT})
    payments.read_answer(bank.answer(), at=AFTER_NOTICE)
    assert payments.reconcile(batch.number, at=AFTER_NOTICE).open_fen == 1_000_000
    payments.read_answer(bank.late_answer(2), at=AFTER_NOTICE)
    assert payments.reconcile(batch.number, at=AFTER_NOTICE).paid_fen == 3_530_292
    payments.close(batch.number, at=AFTER_NOTICE)
    (line,) = queries.budget_lines()
    assert (line.paid_fen, line.free_fen) == (3_530_292, 96_469_708)
    way = [step.status for step in queries.claims_of("zixi-coop")[0].steps]
    assert way == [
        "MATCHED", "CONSENTED", "CHECKED", "APPROVED_L1", "PUBLIC_NOTICE", "APPROVED_L2", "RESERVED", "BATCHED", "SENT",
        "PAID", "RECONCILED",
    ]  # fmt: skip
    assert [
        row for one in registered() if one.code in {"I12", "I13", "I14", "P27"} for row in examine(one).broken
    ] == []


def test_a_run_that_is_cut_off_leaves_cursor_and_claims_and_the_next_run_does_it_all(
    sale,  # noqa: F811
    programme_in_force,  # noqa: F811
    monkeypatch,
):
    settle(sale, "s1", price_fen=100_000_000)
    settle(sale, "s2", price_fen=100_000_000)
    whole = claims.match

    def cut_off_at_the_second(*, event, as_of):
        if event.subject == "s2":
            raise ConnectionError("cut off in the middle")
        return whole(event=event, as_of=as_of)

    monkeypatch.setattr(claims, "match", cut_off_at_the_second)
    drain(AT)
    assert (Claim.objects.count(), JournalCursor.objects.count()) == (0, 0)
    monkeypatch.setattr(claims, "match", whole)
    drain(datetime(2026, 5, 21, tzinfo=UTC))
    assert Claim.objects.count() == 2
    assert JournalCursor.objects.get().sequence > 0


def test_a_sale_on_the_market_is_matched_and_what_the_account_does_not_know_is_asked(
    programme_in_force,  # noqa: F811
):
    for code in ("zixi-bamboo-coop", "jx-green-invest"):
        organisations.register(code=code, name="测试主体", kind="seller", region="361028", at=AT)
    custody.record_inflow(party="jx-green-invest", amount_fen=30_000_000, bank_reference="b1", at=AT)
    land = shapely.box(117.06, 27.7, 117.064, 27.702)
    rights.register(
        code="FR-1", kind="forest_tenure", holder="zixi-bamboo-coop", geometry=land,
        parcels=("361028-000001",), valid_from=date(2025, 1, 1), valid_to=date(2055, 1, 1), at=AT,
    )  # fmt: skip
    begins = AT + timedelta(hours=1)
    listings.publish(
        code="L-1", right="FR-1", mode="english", start_fen=10_000_000, step_fen=100_000, reserve_fen=10_000_000,
        deposit_fen=2_000_000, opens_at=begins, free_until=begins + timedelta(minutes=10), extension_s=120, at=AT,
    )  # fmt: skip
    sessions.sign_up("L-1", party="jx-green-invest", at=AT)
    sessions.place_bid("L-1", party="jx-green-invest", amount_fen=10_000_000, key="k1", at=begins)
    sessions.close("L-1", at=begins + timedelta(hours=1))
    settlements.settle("L-1", at=begins + timedelta(hours=1))
    drain(begins + timedelta(hours=2))
    (claim,) = queries.claims_of("zixi-bamboo-coop")
    assert (claim.status, claim.subject, claim.demo) == ("NEED_INFO", "FR-1", True)
    assert [one["fact"] for one in claim.explanation["questions"]] == ["sale.county_code", "sale.gep_value_fen"]
    told = {"sale.county_code": "361028", "sale.gep_value_fen": 1_250_000}
    assert claims.answer(claim.number, party="zixi-bamboo-coop", facts=told, at=begins).amount_fen == 100_000
