"""Flow 4: a settled sale in the journal becomes a reconciled payment, by the job that drains the journal."""

from datetime import UTC, datetime, timedelta

import pytest

from core import events, jobs
from core.invariants import examine, registered
from fixtures.fake_bank import SILENT, FakeBank
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

pytestmark = pytest.mark.django_db


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
