"""What other apps and the pages read: programmes in plain words, claims with their way, budgets, bank answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q, Sum

from bookkeeping import queries as book
from policy import programme_files
from policy.models import (
    MATCHES,
    BankAnswerLine,
    BudgetLine,
    Claim,
    ClaimStatus,
    Decision,
    PaymentBatch,
    ProgrammeStatus,
    ProgrammeVersion,
)
from policy.programme_files import Programme

PUBLIC_STATUSES = frozenset({ClaimStatus.PUBLIC_NOTICE, ClaimStatus.PAID, ClaimStatus.RECONCILED})


@dataclass(frozen=True)
class ProgrammeView:
    """A registered version in plain words. ``programme`` is its text, read; ``status_label`` is translated."""

    code: str
    version: int
    status: str
    status_label: str
    demo: bool
    confirmed: bool
    valid_from: date
    valid_to: date
    sha256: str
    programme: Programme


@dataclass(frozen=True)
class StepView:
    """One step on the way of a claim."""

    status: str
    label: str
    at: datetime
    note: str


@dataclass(frozen=True)
class ClaimDetail:
    """A claim with the explanation of its decision and its way so far, oldest step first."""

    number: str
    programme: str
    programme_name_zh: str
    programme_name_en: str
    demo: bool
    party: str
    subject: str
    period: str
    status: str
    status_label: str
    amount_fen: int | None
    explanation: Mapping[str, Any]
    notice_from: date | None
    notice_until: date | None
    steps: tuple[StepView, ...]
    approvals: tuple[tuple[str, str, datetime], ...]

    @property
    def public(self) -> bool:
        """Whether everybody may read the claim: while it stands under public notice, and once it is paid.

        One that was objected to, rejected or withdrawn, or that waits between notice and payment, is its party's own.
        """
        return self.status in PUBLIC_STATUSES


@dataclass(frozen=True)
class BudgetView:
    """A budget line in fen; ``free + reserved + in_payment + paid`` is what was appropriated."""

    code: str
    name: str
    appropriated_fen: int
    free_fen: int
    reserved_fen: int
    in_payment_fen: int
    paid_fen: int


@dataclass(frozen=True)
class Hint:
    """What a programme says about a party now: the latest decision, with what is missing or not met."""

    programme: str
    name_zh: str
    name_en: str
    demo: bool
    status: str
    amount_fen: int | None
    failed: tuple[Mapping[str, Any], ...]
    questions: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Reconciliation:
    """Where every fen of a batch is, and what became of every line that the bank sent.

    ``paid_fen + returned_fen + open_fen`` is the batch; ``matched_fen + exceptions_fen`` are the bank's lines.
    """

    batch: str
    status: str
    total_fen: int
    paid_fen: int
    returned_fen: int
    open_fen: int
    answered_fen: int
    matched_fen: int
    exceptions_fen: int
    exceptions: Mapping[str, int]
    closable: bool


@lru_cache(maxsize=256)
def stored_programme(text: str) -> Programme:
    """Return the programme that a registered text says."""
    return programme_files.read(text, name="register")


def programmes(*, active_only: bool = False) -> list[ProgrammeView]:
    """Return the registered versions, newest version of each code first."""
    rows = ProgrammeVersion.objects.order_by("code", "-version")
    if active_only:
        rows = rows.filter(status=ProgrammeStatus.ACTIVE)
    return [_programme(row) for row in rows]


def programme(code: str) -> ProgrammeView | None:
    """Return the newest registered version of a programme, or None."""
    row = ProgrammeVersion.objects.filter(code=code).order_by("-version").first()
    return None if row is None else _programme(row)


def claim(number: str) -> ClaimDetail | None:
    """Return one claim with its explanation and its way, or None."""
    rows = _claims().filter(number=number)
    return next((_detail(row) for row in rows), None)


def claims_of(party: str, *, limit: int = 50) -> list[ClaimDetail]:
    """Return the claims of a party, newest first."""
    return [_detail(row) for row in _claims().filter(party=party).order_by("-pk")[:limit]]


def claims_in(status: str, *, limit: int = 200) -> list[ClaimDetail]:
    """Return the claims that stand at ``status``, oldest first: the work list of an officer."""
    return [_detail(row) for row in _claims().filter(status=status).order_by("pk")[:limit]]


def recent_claims(*, limit: int = 50) -> list[ClaimDetail]:
    """Return the latest claims of everybody, newest first."""
    return [_detail(row) for row in _claims().order_by("-pk")[:limit]]


def status_label(status: str) -> str:
    """Return the label of a claim's status in the language of the page."""
    return str(ClaimStatus(status).label)


def budget_lines() -> list[BudgetView]:
    """Return every budget line with where its money is, as the book says."""
    lines = list(BudgetLine.objects.order_by("code"))
    pots = ("budget", "reserved", "in-payment", "paid")
    balances = book.balances([f"fen:{pot}/{line.code}" for line in lines for pot in pots])
    return [
        BudgetView(
            line.code, line.name, line.appropriated_fen, *(balances[f"fen:{pot}/{line.code}"].posted for pot in pots)
        )
        for line in lines
    ]


def qualifies(party: str) -> list[Hint]:
    """Return what each programme last said about the party: yes, what is missing, or what is not met."""
    latest: dict[str, Decision] = {}
    for decision in Decision.objects.select_related("version").filter(party=party).order_by("-pk")[:200]:
        latest.setdefault(decision.version.code, decision)
    return [_hint(decision) for _code, decision in sorted(latest.items())]


def reconciliation_desk(*, limit: int = 50) -> list[Reconciliation]:
    """Return where every fen of the latest batches is, newest first."""
    return [
        reconciliation(number)
        for number in PaymentBatch.objects.order_by("-pk").values_list("number", flat=True)[:limit]
    ]


def exceptions(batch: str, *, limit: int = 200) -> list[Mapping[str, Any]]:
    """Return the lines of the bank that match nothing, as they came."""
    rows = BankAnswerLine.objects.filter(file__batch_number=batch).exclude(result__in=[*MATCHES, ""])
    fields = ("file__number", "number", "reference", "amount_fen", "outcome", "bank_serial", "reason", "result")
    return list(rows.order_by("pk").values(*fields)[:limit])


def reconciliation(batch: str) -> Reconciliation:
    """Return where every fen of this batch is, as the rows say now; DoesNotExist where there is none."""
    row = PaymentBatch.objects.get(number=batch)
    by_status = dict(
        row.instructions.values_list("status").annotate(total=Sum("amount_fen")).values_list("status", "total")
    )
    answered = BankAnswerLine.objects.filter(file__batch_number=row.number)
    sums = answered.aggregate(
        all=Sum("amount_fen", default=0), matched=Sum("amount_fen", default=0, filter=Q(result__in=MATCHES))
    )
    odd = answered.exclude(result__in=MATCHES).values_list("result").annotate(lines=Count("pk"))
    open_fen = by_status.get("SENT", 0) + by_status.get("LOCKED", 0)
    return Reconciliation(
        batch=row.number,
        status=str(row.status),
        total_fen=row.total_fen,
        paid_fen=by_status.get("PAID", 0),
        returned_fen=by_status.get("RETURNED", 0),
        open_fen=open_fen,
        answered_fen=sums["all"],
        matched_fen=sums["matched"],
        exceptions_fen=answered.exclude(result__in=MATCHES).aggregate(sum=Sum("amount_fen", default=0))["sum"],
        exceptions=dict(odd.values_list("result", "lines")),
        closable=open_fen == 0,
    )


def _claims() -> Any:
    return Claim.objects.select_related("decision__version").prefetch_related("steps", "approvals__user")


def _programme(row: ProgrammeVersion) -> ProgrammeView:
    text = stored_programme(row.text)
    return ProgrammeView(
        code=row.code,
        version=row.version,
        status=row.status,
        status_label=row.get_status_display(),
        demo=row.demo,
        confirmed=text.confirmed,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        sha256=row.sha256,
        programme=text,
    )


def _detail(row: Claim) -> ClaimDetail:
    text = stored_programme(row.decision.version.text)
    steps = sorted(row.steps.all(), key=lambda step: step.pk)
    approvals = sorted(row.approvals.all(), key=lambda approval: approval.pk)
    return ClaimDetail(
        number=row.number,
        programme=row.programme,
        programme_name_zh=text.name_zh,
        programme_name_en=text.name_en,
        demo=text.demo,
        party=row.party,
        subject=row.subject,
        period=row.period,
        status=row.status,
        status_label=row.get_status_display(),
        amount_fen=row.amount_fen,
        explanation=row.decision.explanation,
        notice_from=row.notice_from,
        notice_until=row.notice_until,
        steps=tuple(StepView(step.status, step.get_status_display(), step.at, step.note) for step in steps),
        approvals=tuple((one.get_step_display(), one.user.get_username(), one.at) for one in approvals),
    )


def _hint(decision: Decision) -> Hint:
    text = stored_programme(decision.version.text)
    told = decision.explanation
    return Hint(
        programme=text.code,
        name_zh=text.name_zh,
        name_en=text.name_en,
        demo=text.demo,
        status=decision.status,
        amount_fen=decision.amount_fen,
        failed=tuple(one for one in told["conditions"] if one["result"] == "NOT_MET"),
        questions=tuple(told["questions"]),
    )
