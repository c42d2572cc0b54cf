"""Claims: matched to an event without an application, consented to, checked, approved by two, noticed, reserved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping.refusals import Overdrawn
from core import events
from core.errors import RuleViolation
from policy import budgets, facts, programmes
from policy.assessment import Assessment, Status
from policy.models import (
    Approval,
    Claim,
    ClaimStatus,
    ClaimStep,
    Decision,
    JournalCursor,
    Payee,
    ProgrammeStatus,
    ProgrammeVersion,
)
from policy.programme_files import Programme
from policy.programmes import SecondPersonNeeded, require_role

CHECKER, FIRST_APPROVER, SECOND_APPROVER = "policy_officer", "policy_officer", "finance_officer"
CURSOR, EVENTS_AT_ONCE = "policy.claims", 200
LONGEST_NAME, TOKEN = 80, re.compile(r"[0-9A-Za-z]{1,40}")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ClaimMissing(RuleViolation):
    """No claim has this number."""

    code = "claim_missing"
    message = _("没有这个申领。")
    status = 404


class ClaimStepNotPossible(RuleViolation):
    """The claim does not stand where this step begins."""

    code = "claim_step_not_possible"
    message = _("申领的当前状态不允许这一步。")


class NotYourClaim(RuleViolation):
    """Only the party of a claim consents to it, answers its questions, or withdraws it."""

    code = "not_your_claim"
    message = _("只有申领主体本人可以办理。")
    status = 403


class PayeeMissing(RuleViolation):
    """The party has not told the bank where to pay."""

    code = "payee_missing"
    message = _("尚未登记收款账户。")


class PayeeRefused(RuleViolation):
    """The name or the token of an account cannot go into a bank file."""

    code = "payee_refused"
    message = _("收款户名或者账户标识有误。")
    status = 422


class NoticeStillRunning(RuleViolation):
    """The public notice has not ended; ``detail`` tells the day."""

    code = "notice_still_running"
    message = _("公示期尚未结束。")


@dataclass(frozen=True)
class ClaimView:
    """A claim as other apps see it. ``amount_fen`` is None while a question is open."""

    number: str
    programme: str
    party: str
    subject: str
    period: str
    status: str
    amount_fen: int | None
    explanation: Mapping[str, Any]
    notice_until: date | None


def match(*, event: Any, as_of: datetime) -> list[ClaimView]:
    """Return the claims that ``event`` gives rise to under the active programmes; once in effect.

    ``event`` is a row of the journal (kind, subject, sequence). Every programme's answer is stored as a decision, a no
    as well; a claim is made where the answer is yes or a question. The version is the one of the day of the event.
    """
    gather = facts.GATHERERS.get(event.kind)
    if gather is None:
        return []
    case = gather(event.subject)
    versions = ProgrammeVersion.objects.filter(
        status=ProgrammeStatus.ACTIVE, trigger=event.kind, valid_from__lte=case.on, valid_to__gt=case.on
    )
    found = [
        _match_one(row, case, cause=f"{event.kind}/{event.subject}", at=as_of) for row in versions.order_by("code")
    ]
    return [_view(claim) for claim in found if claim is not None]


def match_new_events(*, as_of: datetime) -> int:
    """Match every event after the stored cursor, in the caller's transaction; return how many were read.

    The cursor moves with the claims that it stands for: an interrupted run leaves both as they were.
    """
    JournalCursor.objects.get_or_create(name=CURSOR)
    cursor = JournalCursor.objects.select_for_update().get(name=CURSOR)
    read = 0
    while waiting := events.since(cursor.sequence, kinds=list(facts.GATHERERS), limit=EVENTS_AT_ONCE):
        for event in waiting:
            match(event=event, as_of=as_of)
        cursor.sequence = waiting[-1].sequence
        read += len(waiting)
    cursor.save()
    return read


def answer(number: str, *, party: str, facts: Mapping[str, Any], at: datetime) -> ClaimView:
    """Answer the questions of a claim; the case is decided anew with what is known now."""
    with transaction.atomic():
        claim = _locked(number)
        _check_party(claim, party)
        _check_step(claim, to=ClaimStatus.MATCHED)
        known = dict(claim.decision.facts) | dict(facts)
        row = claim.decision.version
        told = programmes.assess_with(programmes.stored(row), known)
        cause = f"answer/{number}/{claim.steps.count()}"
        claim.decision = _decide(
            row, told, cause=cause, party=party, subject=claim.subject, on=claim.decision.event_on, at=at
        )
        claim.amount_fen = told.amount_fen
        if told.status is Status.UNKNOWN:
            claim.save()
            return _view(claim)
        to = ClaimStatus.MATCHED if told.status is Status.ELIGIBLE else ClaimStatus.REJECTED
        return _advance(claim, to=to, at=at)


def register_payee(party: str, *, name: str, token: str, at: datetime) -> None:
    """Record where a party is paid: the account name and the bank's token for it."""
    fitting = name.strip() and len(name) <= LONGEST_NAME and not name.startswith(FORMULA_STARTS) and name.isprintable()
    if not fitting or not TOKEN.fullmatch(token):
        raise PayeeRefused(party=party)
    Payee.objects.update_or_create(party=party, defaults={"name": name.strip(), "token": token, "recorded_at": at})


def consent(number: str, *, party: str, at: datetime) -> ClaimView:
    """Say yes to a matched claim: one click, nothing to fill in."""
    with transaction.atomic():
        claim = _locked(number)
        _check_party(claim, party)
        if not Payee.objects.filter(party=party).exists():
            raise PayeeMissing(party=party)
        return _advance(claim, to=ClaimStatus.CONSENTED, at=at)


def withdraw(number: str, *, party: str, at: datetime) -> ClaimView:
    """Take a claim back."""
    with transaction.atomic():
        claim = _locked(number)
        _check_party(claim, party)
        return _advance(claim, to=ClaimStatus.WITHDRAWN, at=at)


def check(number: str, *, user: Any, at: datetime) -> ClaimView:
    """Record that a policy officer compared the facts with their sources."""
    require_role(user, CHECKER)
    with transaction.atomic():
        claim = _locked(number)
        _check_step(claim, to=ClaimStatus.CHECKED)
        if claim.status == ClaimStatus.OBJECTED:
            claim.round += 1
        _sign(claim, step=Approval.CHECK, user=user, at=at)
        return _advance(claim, to=ClaimStatus.CHECKED, at=at)


def approve(number: str, *, user: Any, at: datetime) -> ClaimView:
    """Approve: a policy officer after the check, a finance officer after the notice; never one who signed before."""
    with transaction.atomic():
        claim = _locked(number)
        if claim.status == ClaimStatus.CHECKED:
            require_role(user, FIRST_APPROVER)
            _sign(claim, step=Approval.FIRST, user=user, at=at)
            return _advance(claim, to=ClaimStatus.APPROVED_L1, at=at)
        _check_step(claim, to=ClaimStatus.APPROVED_L2)
        require_role(user, SECOND_APPROVER)
        if claim.notice_until is None or timezone.localdate(at) < claim.notice_until:
            raise NoticeStillRunning(claim=number, until=str(claim.notice_until))
        _sign(claim, step=Approval.SECOND, user=user, at=at)
        return _advance(claim, to=ClaimStatus.APPROVED_L2, at=at)


def open_notice(number: str, *, at: datetime) -> ClaimView:
    """Publish an approved claim for the days that its programme sets; ``notice_until`` is the first day after."""
    with transaction.atomic():
        claim = _locked(number)
        days = programmes.stored(claim.decision.version).notice_days
        claim.notice_from = timezone.localdate(at)
        claim.notice_until = claim.notice_from + timedelta(days=days)
        return _advance(claim, to=ClaimStatus.PUBLIC_NOTICE, at=at, note=claim.notice_until.isoformat())


def object_to(number: str, *, reason: str, at: datetime) -> ClaimView:
    """Stop a claim under notice; it is checked again by other hands."""
    with transaction.atomic():
        return _advance(_locked(number), to=ClaimStatus.OBJECTED, at=at, note=reason[:200])


def reject(number: str, *, user: Any, reason: str, at: datetime) -> ClaimView:
    """Refuse a claim, with the reason that the party reads."""
    require_role(user, CHECKER)
    with transaction.atomic():
        return _advance(_locked(number), to=ClaimStatus.REJECTED, at=at, note=reason[:200])


def reserve(number: str, *, at: datetime) -> ClaimView:
    """Set the money aside. Where the line does not hold it all, the claim waits; nothing is paid in part."""
    with transaction.atomic():
        claim = _locked(number)
        _check_step(claim, to=ClaimStatus.RESERVED)
        try:
            with transaction.atomic():
                budgets.move(
                    claim.budget_line,
                    source="budget",
                    target="reserved",
                    amount_fen=claim.amount_fen or 0,
                    reference=f"claim/{claim.number}/reserve/{claim.payment_attempt}",
                    at=at,
                )
        except Overdrawn:
            if claim.status == ClaimStatus.WAITLISTED:
                return _view(claim)
            return _advance(claim, to=ClaimStatus.WAITLISTED, at=at)
        return _advance(claim, to=ClaimStatus.RESERVED, at=at)


def correct(number: str, *, name: str, token: str, party: str, at: datetime) -> ClaimView:
    """Put right where a returned payment should have gone; the approvals stand, the money is reserved anew."""
    with transaction.atomic():
        claim = _locked(number)
        _check_party(claim, party)
        register_payee(party, name=name, token=token, at=at)
        claim.payment_attempt += 1
        return _advance(claim, to=ClaimStatus.CORRECTED, at=at)


def advance_many(claims: list[Claim], *, to: ClaimStatus, at: datetime) -> None:
    """Move locked claims one step, in a constant number of statements; the caller records one event for all."""
    for claim in claims:
        _check_step(claim, to=to)
        claim.status = to
    Claim.objects.filter(pk__in=[claim.pk for claim in claims]).update(status=to)
    ClaimStep.objects.bulk_create([ClaimStep(claim=claim, status=to, at=at) for claim in claims], batch_size=1000)


def _match_one(row: ProgrammeVersion, case: facts.Case, *, cause: str, at: datetime) -> Claim | None:
    programme = programmes.stored(row)
    asked = {path: value for path, value in case.facts.items() if path in programme.facts}
    with transaction.atomic():
        # The version row is the lock: two readers of one event decide one after the other.
        ProgrammeVersion.objects.select_for_update().get(pk=row.pk)
        known = Decision.objects.filter(version=row, cause=cause).first()
        if known is not None:
            return Claim.objects.filter(decision=known).first()
        told = programmes.assess_with(programme, asked)
        decision = _decide(row, told, cause=cause, party=case.party, subject=case.subject, on=case.on, at=at)
        if told.status is Status.NOT_ELIGIBLE:
            return None
        return _open(programme, decision, told, at=at)


def _open(programme: Programme, decision: Decision, told: Assessment, *, at: datetime) -> Claim | None:
    """Return the new claim; None where the party has one for this subject and period: it is paid at most once."""
    period = str(decision.event_on.year) if programme.period == "year" else "once"
    claim, created = Claim.objects.get_or_create(
        programme=programme.code,
        party=decision.party,
        subject=decision.subject,
        period=period,
        defaults={
            "number": f"{decision.event_on:%Y}-{decision.pk:08}",
            "decision": decision,
            "budget_line": programme.budget_line,
            "status": ClaimStatus.MATCHED if told.status is Status.ELIGIBLE else ClaimStatus.NEED_INFO,
            "amount_fen": told.amount_fen,
        },
    )
    if not created:
        _record("policy.claim_duplicate", claim, at=at, detail={"cause": decision.cause})
        return None
    ClaimStep.objects.create(claim=claim, status=claim.status, at=at)
    _record("policy.claim_matched", claim, at=at, detail={"cause": decision.cause, "demo": programme.demo})
    return claim


def _decide(
    row: ProgrammeVersion, told: Assessment, *, cause: str, party: str, subject: str, on: date, at: datetime
) -> Decision:
    return Decision.objects.create(
        version=row,
        cause=cause,
        party=party,
        subject=subject,
        event_on=on,
        facts=dict(told.facts),
        explanation=told.as_dict(),
        status=told.status,
        amount_fen=told.amount_fen,
        decided_at=at,
    )


def _sign(claim: Claim, *, step: str, user: Any, at: datetime) -> None:
    if claim.approvals.filter(round=claim.round, user=user).exists():
        raise SecondPersonNeeded(claim=claim.number)
    Approval.objects.create(
        claim=claim, round=claim.round, step=step, user=user, amount_fen=claim.amount_fen or 0, at=at
    )


def _locked(number: str) -> Claim:
    claim = (
        Claim.objects.select_for_update(of=("self",)).select_related("decision__version").filter(number=number).first()
    )
    if claim is None:
        raise ClaimMissing(claim=number)
    return claim


def _check_party(claim: Claim, party: str) -> None:
    if claim.party != party:
        raise NotYourClaim(claim=claim.number)


def _check_step(claim: Claim, *, to: ClaimStatus) -> None:
    if to not in Claim.NEXT_STATUSES[claim.status]:
        raise ClaimStepNotPossible(claim=claim.number, status=str(claim.status), to=str(to))


def _advance(claim: Claim, *, to: ClaimStatus, at: datetime, note: str = "") -> ClaimView:
    _check_step(claim, to=to)
    claim.status = to
    claim.save()
    ClaimStep.objects.create(claim=claim, status=to, note=note, at=at)
    _record("policy.claim_advanced", claim, at=at, detail={"status": str(to), "note": note})
    return _view(claim)


def _record(kind: str, claim: Claim, *, at: datetime, detail: dict[str, Any]) -> None:
    told = {"programme": claim.programme, "amount_fen": claim.amount_fen} | detail
    events.record(kind, subject=claim.number, occurred_at=at, detail=told)


def _view(claim: Claim) -> ClaimView:
    return ClaimView(
        number=claim.number,
        programme=claim.programme,
        party=claim.party,
        subject=claim.subject,
        period=claim.period,
        status=str(claim.status),
        amount_fen=claim.amount_fen,
        explanation=claim.decision.explanation,
        notice_until=claim.notice_until,
    )
