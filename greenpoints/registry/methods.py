"""The filing of a method 方法学备案: design document, expert review, public notice, approval by a second person."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints.certification import rules, serials, working_days
from greenpoints.certification.collisions import TRADABLE
from greenpoints.models import Method, MethodAct, MethodStatus

NEXT: dict[str, set[str]] = {
    MethodStatus.FILED: {MethodStatus.REVIEWED, MethodStatus.REFUSED},
    MethodStatus.REVIEWED: {MethodStatus.IN_NOTICE, MethodStatus.REFUSED},
    MethodStatus.IN_NOTICE: {MethodStatus.APPROVED, MethodStatus.REFUSED},
    MethodStatus.APPROVED: {MethodStatus.WITHDRAWN},
}
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch


class MethodMissing(RuleViolation):
    """No method has this code."""

    code = "method_missing"
    message = _("没有该方法学。")
    status = 404


class MethodRefused(RuleViolation):
    """What was filed cannot be a method; ``reason`` names the member at fault."""

    code = "method_refused"
    message = _("方法学申报材料不符合要求。")
    status = 422


class MethodCodeTaken(RuleViolation):
    """Another filing has this code."""

    code = "method_code_taken"
    message = _("该方法学编号已被使用。")


class ActCovered(RuleViolation):
    """Another living method quantifies one of the acts, so that a gram could be certified twice."""

    code = "act_covered"
    message = _("其中的行为已由其他方法学覆盖，同一减排量不得重复核证。")


class MethodStepNotReachable(RuleViolation):
    """The filing is not where this step begins."""

    code = "method_step_not_reachable"
    message = _("该方法学当前状态不允许此操作。")


class NoticeStillRunning(RuleViolation):
    """The public notice has not run its working days; ``until`` says when it has."""

    code = "method_notice_running"
    message = _("公示期未满，不能备案。")


class HolidaysUnknown(RuleViolation):
    """The holidays of a year on the way are not announced or not loaded, so no working day can be counted."""

    code = "holidays_unknown"
    message = _("公示期内年份的放假安排尚未载入，无法计算工作日。")


class SecondPersonNeeded(RuleViolation):
    """The one who filed or froze cannot be the one who decides."""

    code = "registry_second_person"
    message = _("须由另一人复核，经办人不得批准自己的申请。")


def file(
    *,
    code: str,
    title_zh: str,
    title_en: str,
    acts: Sequence[str],
    document_ref: str,
    document_digest: str,
    by: str,
    at: datetime,
) -> Method:
    """File a method for tradable ``acts``; ``document_digest`` is the hex SHA-256 of the design document.

    Raises MethodRefused, MethodCodeTaken, ActCovered.
    """
    told = {"title_zh": title_zh, "title_en": title_en, "document_ref": document_ref}
    for name, text in told.items():
        if not 0 < len(text.strip()) <= 120:
            raise MethodRefused(reason=name)
    if not serials.METHOD.fullmatch(code):
        raise MethodRefused(reason="code", value=code[:40])
    if not _DIGEST(document_digest):
        raise MethodRefused(reason="document_digest")
    if not acts or not set(acts) <= TRADABLE:
        raise MethodRefused(reason="acts", value=sorted(set(acts) - TRADABLE))
    with transaction.atomic():
        if Method.objects.filter(code=code).exists():
            raise MethodCodeTaken(method=code)
        covered = MethodAct.objects.filter(act__in=acts, alive=True).values_list("act", "method__code")
        if covered:
            raise ActCovered(covered=dict(covered))
        try:
            with transaction.atomic():
                row = Method.objects.create(
                    code=code, document_digest=document_digest, filed_by=by, filed_at=at, **told
                )
                MethodAct.objects.bulk_create(MethodAct(method=row, act=act) for act in sorted(set(acts)))
        except IntegrityError:
            raise ActCovered(covered=sorted(acts)) from None
        _record("greenpoints.method_filed", row, by=by, at=at)
    return row


def review(code: str, *, review_ref: str, by: str, at: datetime) -> Method:
    """Enter that the experts passed the method; ``review_ref`` names their opinion."""
    with transaction.atomic():
        row = _advance(code, MethodStatus.REVIEWED)
        if not 0 < len(review_ref.strip()) <= 120:
            raise MethodRefused(reason="review_ref")
        row.review_ref, row.reviewed_by, row.reviewed_at = review_ref, by, at
        row.save()
        _record("greenpoints.method_reviewed", row, by=by, at=at)
    return row


def publish_notice(code: str, *, by: str, at: datetime) -> Method:
    """Begin the public notice; it runs for the working days that the rules of that day ask for."""
    with transaction.atomic():
        row = _advance(code, MethodStatus.IN_NOTICE)
        today = timezone.localdate(at)
        try:
            row.notice_until = working_days.after(today, rules.in_force(today).notice_days)
        except working_days.CalendarMissing as missing:
            raise HolidaysUnknown(year=missing.year) from None
        row.notice_from = today
        row.save()
        _record("greenpoints.method_in_notice", row, by=by, at=at, until=row.notice_until.isoformat())
    return row


def approve(code: str, *, by: str, at: datetime, note: str = "") -> Method:
    """Put the method on file, once its notice is over; by somebody else than who filed it."""
    with transaction.atomic():
        row = _advance(code, MethodStatus.APPROVED)
        if by == row.filed_by:
            raise SecondPersonNeeded(method=code)
        assert row.notice_until is not None
        if timezone.localdate(at) < row.notice_until:
            raise NoticeStillRunning(method=code, until=row.notice_until.isoformat())
        _decide(row, by=by, at=at, note=note)
    return row


def refuse(code: str, *, by: str, at: datetime, note: str) -> Method:
    """End the filing with a reason, e.g. an objection during the notice; its acts are free for another method."""
    with transaction.atomic():
        row = _advance(code, MethodStatus.REFUSED)
        if by == row.filed_by:
            raise SecondPersonNeeded(method=code)
        if not note.strip():
            raise MethodRefused(reason="note")
        row.method_acts.update(alive=False)
        _decide(row, by=by, at=at, note=note)
    return row


def withdraw(code: str, *, by: str, at: datetime, note: str) -> Method:
    """Take a method out of use; what was issued under it stands."""
    with transaction.atomic():
        row = _advance(code, MethodStatus.WITHDRAWN)
        row.method_acts.update(alive=False)
        row.decision_note = note[:200]
        row.save()
        _record("greenpoints.method_withdrawn", row, by=by, at=at)
    return row


def permit_trade(code: str, *, document_ref: str, by: str, at: datetime) -> Method:
    """Enter the authority's paper that lets units of the method be sold; by somebody else than who filed it."""
    with transaction.atomic():
        row = method(code, lock=True)
        if row.status != MethodStatus.APPROVED:
            raise MethodStepNotReachable(method=code, status=row.status)
        if by == row.filed_by:
            raise SecondPersonNeeded(method=code)
        if not 0 < len(document_ref.strip()) <= 120:
            raise MethodRefused(reason="document_ref")
        row.trade_permit = document_ref
        row.save(update_fields=["trade_permit"])
        _record("greenpoints.trade_permitted", row, by=by, at=at, document=document_ref)
    return row


def method(code: str, *, lock: bool = False) -> Method:
    """Return the row of a method, or raise MethodMissing."""
    rows = Method.objects.select_for_update() if lock else Method.objects
    row = rows.filter(code=code).first()
    if row is None:
        raise MethodMissing(method=code[:40])
    return row


def vintage_closes_on(vintage: int, *, today: date) -> date:
    """Return the first day on which no behaviour of the year can arrive any more, by the rules of ``today``."""
    return date.fromordinal(date(vintage + 1, 1, 1).toordinal() + rules.in_force(today).late_days)


def _advance(code: str, to: MethodStatus) -> Method:
    row = method(code, lock=True)
    if to not in NEXT.get(row.status, set()):
        raise MethodStepNotReachable(method=code, status=row.status, wanted=to.value)
    row.status = to
    return row


def _decide(row: Method, *, by: str, at: datetime, note: str) -> None:
    row.decided_by, row.decided_at, row.decision_note = by, at, note[:200]
    row.save()
    _record("greenpoints.method_decided", row, by=by, at=at, status=row.status)


def _record(kind: str, row: Method, *, by: str, at: datetime, **more: str) -> None:
    events.record(kind, subject=f"method/{row.code}", occurred_at=at, detail={"by": by, **more})
