"""The review queue: operators decide on suspicions and stop partners; auditors read along."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints.queries import risk as risk_queries
from greenpoints.risk import cases, stops
from greenpoints.risk.cases import CaseMissing
from identity import roles
from identity.role_codes import Role
from web import parties_shown

DONE = {
    "clear": _("已排除嫌疑。"),
    "uphold": _("已认定，当事人可以申诉。"),
    "hold": _("已暂停该居民使用碳币。"),
    "stop": _("已暂停接收该数据方的数据。"),
    "resume": _("已恢复接收该数据方的数据。"),
}


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the queue again, with why the step was refused."""
    return _page(request, {"refusal": refusal}, status=refusal.status)


@roles.required(Role.OPERATOR, Role.AUDITOR)
@idempotent_form(refused=refused)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the queue; a POST takes the step that its button names."""
    if request.method != "POST":
        return _page(request, {})
    if Role.OPERATOR not in roles.held(request.user):
        raise roles.RoleMissing(needs=[Role.OPERATOR])
    step, by, at = request.POST.get("step", ""), request.user.get_username(), timezone.now()
    if step in ("stop", "resume"):
        partner = request.POST.get("partner", "")[:64]
        if step == "stop":
            stops.stop(partner, reason=request.POST.get("reason", ""), by=by, at=at)
        else:
            stops.resume(partner, by=by, at=at)
        return _page(request, {"done": DONE[step]})
    case = request.POST.get("case", "")
    if step not in DONE or not (case.isascii() and case.isdigit() and len(case) < 18):
        raise CaseMissing(case=case[:20])
    if step == "hold":
        cases.hold_coins(int(case), by=by, at=at)
    else:
        cases.decide(int(case), uphold=step == "uphold", note=request.POST.get("note", ""), by=by, at=at)
    return _page(request, {"done": DONE[step]})


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    today = timezone.localdate()
    lines = risk_queries.queue(today=today)
    told = {
        "cases": [{"case": line, "who": parties_shown.name(line.subject) if line.subject_kind != "person" else
                   line.subject} for line in lines],
        "waiting": risk_queries.waiting(),
        "stops": [{"stop": row, "who": parties_shown.name(row.partner)} for row in risk_queries.stops()],
        "may_decide": Role.OPERATOR in roles.held(request.user),
        "idempotency_key": uuid.uuid4().hex,
    }  # fmt: skip
    return render(request, "registry/risk.html", told | context, status=status)
