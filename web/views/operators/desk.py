"""What waits for the operators, and the state of the funds."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from greenpoints import queries
from greenpoints.queries import desk
from greenpoints.queries.batches import BatchMissing
from greenpoints.queries.liability import liabilities
from greenpoints.reasons import REASONS
from identity import roles
from identity.role_codes import Role

READERS = (Role.OPERATOR, Role.AUDITOR)


@roles.required(*READERS)
def page(request: HttpRequest) -> HttpResponse:
    """Show funds with what they owe, campaigns, grants that wait, the latest deliveries."""
    context = {
        "funds": desk.funds(),
        "liabilities": liabilities(on=timezone.localdate()),
        "campaigns": desk.campaigns(),
        "grants": desk.grants(limit=20),
        "deliveries": desk.deliveries(limit=20),
        "acts_here": roles.holds(request.user, Role.OPERATOR),
        "reader": getattr(request.user, "username", ""),
    }
    return render(request, "greenpoints/desk/page.html", context)


@roles.required(*READERS)
def delivery(request: HttpRequest, partner: str, code: str) -> HttpResponse:
    """Show one batch: how many rows ended how, and the first that were not credited in full."""
    try:
        report = queries.batch(code, partner=partner)
    except BatchMissing:
        raise Http404 from None
    english = (get_language() or "").startswith("en")
    reasons = [
        {"told": REASONS[reason].en if english else REASONS[reason].zh, "code": reason, "rows": rows}
        for reason, rows in sorted(report.by_reason.items(), key=lambda item: -item[1])
    ]
    context = {
        "report": report,
        "reasons": reasons,
        "statuses": sorted(report.by_status.items()),
        "rejections": queries.rejections(code, partner=partner, limit=100),
    }
    return render(request, "greenpoints/desk/delivery.html", context)
