"""A suspicion, its review and its appeal. A machine raises it; only people decide, and an appeal another person.

While a case is not cleared its subject's grams cannot become units. An officer may hold the spending of coins too.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.detectors.findings import Finding, limits
from greenpoints.models import RiskCase, RiskStatus
from greenpoints.models.risk import UNSETTLED

NOTE_LENGTH = 500


class CaseMissing(RuleViolation):
    """There is no such case, or it is about somebody else."""

    code = "risk_case_missing"
    message = _("没有该风险线索。")
    status = 404


class CaseDecided(RuleViolation):
    """The case does not wait for a decision."""

    code = "risk_case_decided"
    message = _("该风险线索已复核完毕。")


class NoteNeeded(RuleViolation):
    """A decision or an appeal says why, in at most 500 characters."""

    code = "risk_note_needed"
    message = _("请写明理由，最长 500 字。")
    status = 422


class OtherReviewerNeeded(RuleViolation):
    """An appeal is decided by somebody else than the first decision."""

    code = "risk_other_reviewer"
    message = _("申诉须由另一位复核人员处理。")


class NothingToAppeal(RuleViolation):
    """Only what was upheld can be appealed, and once."""

    code = "nothing_to_appeal"
    message = _("该线索没有可申诉的认定，或已申诉过。")


def raise_all(findings: Iterable[Finding], *, business_on: date, at: datetime) -> int:
    """Write down what detectors found on a day; what stands already is left alone. Return how many are new."""
    rows = {f"{one.reason}/{one.kind}/{one.subject}/{business_on.isoformat()}": one for one in findings}
    with transaction.atomic():
        bulk_rows.lock("risk")
        known = set(RiskCase.objects.filter(key__in=list(rows)).values_list("key", flat=True))
        fresh = {key: one for key, one in rows.items() if key not in known}
        RiskCase.objects.bulk_create(
            RiskCase(
                key=key,
                subject_kind=one.kind,
                subject=one.subject,
                reason=one.reason,
                facts=one.facts,
                business_on=business_on,
                raised_at=at,
            )
            for key, one in fresh.items()
        )
        if fresh:
            detail = {"cases": len(fresh)}
            events.record("greenpoints.suspected", subject=f"risk/{business_on}", occurred_at=at, detail=detail)
    return len(fresh)


def decide(case_id: int, *, uphold: bool, note: str, by: str, at: datetime) -> None:
    """Clear or uphold a case, with the reason. Clearing lets the coins go; upholding keeps them held.

    Raises CaseMissing, CaseDecided, NoteNeeded, OtherReviewerNeeded.
    """
    _check(note)
    with transaction.atomic():
        case = _case(case_id)
        if case.status not in UNSETTLED:
            raise CaseDecided(case=case_id, status=case.status)
        if case.first_decided_by == by:
            raise OtherReviewerNeeded(case=case_id)
        case.status = RiskStatus.UPHELD if uphold else RiskStatus.CLEARED
        case.holds = uphold and case.holds
        case.decided_by, case.decided_at, case.note = by, at, note
        case.save()
        _record("greenpoints.suspicion_decided", case, at=at, by=by, status=str(case.status))


def hold_coins(case_id: int, *, by: str, at: datetime) -> None:
    """Keep the resident's coins from being spent until the case is cleared. Again: nothing."""
    with transaction.atomic():
        case = _case(case_id)
        if case.status == RiskStatus.CLEARED:
            raise CaseDecided(case=case_id, status=case.status)
        if not case.holds:
            case.holds = True
            case.save(update_fields=["holds"])
            _record("greenpoints.suspicion_decided", case, at=at, by=by, status="coins_held")


def appeal(case_id: int, *, subject: str, text: str, at: datetime) -> date:
    """Enter the appeal of the subject against what was upheld; return the day by which another person decides."""
    _check(text)
    with transaction.atomic():
        case = _case(case_id)
        if case.subject != subject:
            raise CaseMissing(case=case_id)
        if case.status != RiskStatus.UPHELD or case.appealed_at is not None:
            raise NothingToAppeal(case=case_id, status=case.status)
        today = timezone.localdate(at)
        case.status, case.appeal, case.appealed_at = RiskStatus.APPEALED, text, at
        case.due_on = today + timedelta(days=int(limits(today)["appeal_days"]))
        case.first_decided_by, case.decided_by, case.decided_at = case.decided_by, "", None
        case.save()
        _record("greenpoints.suspicion_appealed", case, at=at, due_on=case.due_on.isoformat())
    return case.due_on


def _check(text: str) -> None:
    if not 0 < len(text.strip()) <= NOTE_LENGTH:
        raise NoteNeeded(length=len(text))


def _case(case_id: int) -> RiskCase:
    case = RiskCase.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise CaseMissing(case=case_id)
    return case


def _record(kind: str, case: RiskCase, *, at: datetime, **detail: str) -> None:
    told = {"reason": case.reason} | detail
    events.record(kind, subject=f"risk/{case.pk}", occurred_at=at, detail=told)
