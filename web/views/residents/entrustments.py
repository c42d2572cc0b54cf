"""Grams put into the city's pool, and suspicions that stand against the resident, with the way to object."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from greenpoints.queries import register
from greenpoints.queries import risk as risk_queries
from greenpoints.registry import entrustments
from greenpoints.risk import cases
from identity import queries as identity_queries
from web.views.residents.readers import acted_by_owner, seen_by_reader


@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show what was entrusted and what became of it, what may be entrusted, and reviews about the person."""
    now, today = timezone.now(), timezone.localdate()
    own = entrustments.of_person(person)
    taken = {(row.method, row.vintage) for row in own}
    offered = [
        {"method": line, "vintage": year}
        for line in register.methods()
        if line.status == "approved"
        for year in (today.year, today.year - 1)
        if (line.code, year) not in taken
    ]
    context = {
        "person": person,
        "own": identity_queries.acts_for(request.user, person),
        "entrusted": own,
        "offered": offered,
        "terms": entrustments.terms_in_force(now),
        "cases": risk_queries.cases_of(person, today=today),
    }
    return render(request, "greenpoints/entrustments.html", context)


@require_POST
@acted_by_owner
def decide(request: HttpRequest, person: str) -> HttpResponse:
    """Entrust a method's grams of a year, revoke that, or appeal against a review."""
    told, now = request.POST, timezone.now()
    year = int(told["vintage"]) if told.get("vintage", "").isascii() and told.get("vintage", "").isdigit() else 0
    try:
        if told.get("step") == "entrust":
            entrustments.entrust(
                person, method=told.get("method", ""), vintage=year, terms=told.get("terms", ""), at=now
            )
            messages.success(request, _("已委托。批次冻结前可随时撤回。"))
        elif told.get("step") == "revoke":
            entrustments.revoke(person, method=told.get("method", ""), vintage=year, at=now)
            messages.success(request, _("已撤回委托。"))
        elif told.get("step") == "appeal" and told.get("case", "").isascii() and told.get("case", "").isdigit():
            due = cases.appeal(int(told["case"]), subject=person, text=told.get("text", ""), at=now)
            messages.success(request, _("申诉已提交，{day} 前由另一位人员答复。").format(day=due.isoformat()))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("entrustments", person=person)
