"""Flow 4: the settled sale is matched to a programme, explained, approved twice, paid, reconciled with the bank."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import jobs
from fixtures.fake_bank import FakeBank
from policy import budgets, claims, payments, programmes
from policy import queries as policy_queries
from web.demo import cast

PROGRAMME, VERSION = "DEMO-RIGHT-SALE", 1
BUDGET_FEN = 500_000_000
PAYEE_TOKEN = "DEMO6217000000000001"  # noqa: S105 - the bank's name for an account, not a secret


@dataclass(frozen=True)
class Subsidy:
    """What the flow came to: the claim with its explanation and steps, and the reconciliation of its batch."""

    claim: Any
    reconciliation: Any


def prepare(members: cast.Cast, *, at: datetime) -> None:
    """Register the programmes, bring the demo's one into force, put money on its line; a second time: nothing."""
    for version in programmes.register_all(at=at):
        if version.code == PROGRAMME and version.status == "DRAFT":
            programmes.review(PROGRAMME, VERSION, by=members.users["policy1"], at=at)
            programmes.simulate(PROGRAMME, VERSION, at=at)
            programmes.activate(PROGRAMME, VERSION, by=members.users["finance1"], at=at)
    line = _budget_line()
    budgets.open_line(line, name="演示预算：权益成交奖补")
    budgets.appropriate(line, amount_fen=BUDGET_FEN, document="demo-2026", at=at)
    claims.register_payee(cast.SELLER, name="资溪毛竹专业合作社（演示）", token=PAYEE_TOKEN, at=at)


def pay(members: cast.Cast, *, settled_at: datetime) -> Subsidy:
    """Let the waiting job match the sale, then take its claim from consent to reconciliation; again: only read."""
    at = settled_at + timedelta(hours=1)
    while jobs.run_due(as_of=at):
        pass
    claim = policy_queries.claims_of(cast.SELLER)[0]
    if claim.status == "MATCHED":
        _approve(claim.number, members, at=at)
        _send(claim.number, members, at=at + timedelta(days=15))
    batch = policy_queries.reconciliation_desk()[0]
    return Subsidy(claim=policy_queries.claim(claim.number), reconciliation=batch)


def _budget_line() -> str:
    found = policy_queries.programme(PROGRAMME)
    assert found is not None  # the demo registers it before all else
    return found.programme.budget_line


def _approve(number: str, members: cast.Cast, *, at: datetime) -> None:
    claims.consent(number, party=cast.SELLER, at=at)
    claims.check(number, user=members.users["policy1"], at=at + timedelta(days=1))
    claims.approve(number, user=members.users["policy2"], at=at + timedelta(days=2))
    claims.open_notice(number, at=at + timedelta(days=2))
    claims.approve(number, user=members.users["finance1"], at=at + timedelta(days=14))
    claims.reserve(number, at=at + timedelta(days=14))


def _send(number: str, members: cast.Cast, *, at: datetime) -> None:
    line = _budget_line()
    batch = payments.batch(line, by=members.users["finance1"], at=at)
    for signer in ("finance2", "finance3"):
        payments.sign(batch.number, user=members.users[signer], at=at)
    bank = FakeBank(payments.bank_file(batch.number, at=at))
    payments.read_answer(bank.answer(full_width=True), at=at + timedelta(days=1))
    payments.reconcile(batch.number, at=at + timedelta(days=1))
    payments.close(batch.number, at=at + timedelta(days=1))
