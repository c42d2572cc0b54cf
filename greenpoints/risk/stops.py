"""The switch that stops a partner: its deliveries are refused until somebody lets them go on."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints.models import PartnerStop
from identity import queries as identity_queries


class StopReasonNeeded(RuleViolation):
    """Stopping a partner needs a reason of at most 200 characters."""

    code = "stop_reason_needed"
    message = _("请写明暂停理由，最长 200 字。")
    status = 422


def stop(partner: str, *, reason: str, by: str, at: datetime) -> None:
    """Refuse the partner's deliveries from now on. Again: nothing. Raises OrganisationMissing, StopReasonNeeded."""
    identity_queries.organisation(partner)
    if not 0 < len(reason.strip()) <= 200:
        raise StopReasonNeeded(length=len(reason))
    try:
        with transaction.atomic():
            PartnerStop.objects.create(partner=partner, reason=reason, stopped_by=by, stopped_at=at)
            detail = {"by": by, "reason": reason}
            events.record("greenpoints.partner_stopped", subject=f"partner/{partner}", occurred_at=at, detail=detail)
    except IntegrityError:
        return  # it is stopped already


def resume(partner: str, *, by: str, at: datetime) -> None:
    """Take the partner's deliveries again. Again: nothing."""
    with transaction.atomic():
        if PartnerStop.objects.filter(partner=partner, resumed_at=None).update(resumed_at=at, resumed_by=by):
            detail = {"by": by}
            events.record("greenpoints.partner_resumed", subject=f"partner/{partner}", occurred_at=at, detail=detail)
