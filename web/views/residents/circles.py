"""Goals and circles of a resident: what they aim at, and how those who joined compare."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import regions
from core.errors import RuleViolation
from greenpoints.queries import leaderboards, statements
from greenpoints.residents import circles, goals
from identity import queries as identity_queries
from web.views.residents.readers import acted_by_owner, seen_by_reader


@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show the person's circles with this month's places, all circles, and those that may be joined."""
    month = _month(timezone.localdate())
    own = leaderboards.circles_of(person)
    context = {
        "person": person,
        "own": identity_queries.acts_for(request.user, person),
        "month": month.first,
        "rankings": [leaderboards.ranking(row.code, month.first, after=month.after, reader=person) for row in own],
        "circles": leaderboards.circles(month.first, after=month.after),
        "offered": [_offered(row) for row in leaderboards.open_circles() if row not in own],
    }
    return render(request, "greenpoints/circles.html", context)


@require_POST
@acted_by_owner
def decide(request: HttpRequest, person: str) -> HttpResponse:
    """Join or leave a circle."""
    circle, today = request.POST.get("circle", ""), timezone.localdate()
    try:
        if request.POST.get("decision") == "leave":
            circles.leave(person, circle, on=today)
            messages.success(request, _("已退出。您在其中的过往合计仍计入圈子，但不再显示您。"))
        else:
            circles.join(person, circle, on=today)
            messages.success(request, _("已加入。从今天起的减排计入，之前的不计入。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("circles", person=person)


@require_POST
@acted_by_owner
def set_goal(request: HttpRequest, person: str) -> HttpResponse:
    """Choose this person's goal in kilograms a month, or drop it where the field is empty."""
    told = request.POST.get("monthly_kg", "").strip()
    try:
        if not told:
            goals.drop(person)
        else:
            goals.choose(person, monthly_g=_grams(told), at=timezone.now())
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("resident", person=person)


def _grams(kilograms: str) -> int:
    """Return whole kilograms as grams; 0, which no goal is, for anything else."""
    return int(kilograms) * 1_000 if kilograms.isascii() and kilograms.isdigit() and len(kilograms) <= 6 else 0


def _month(today: date) -> statements.Period:
    return statements.period(today.strftime("%Y-%m"), today=today)


def _offered(row: object) -> dict[str, str]:
    language = get_language() or "zh"
    name = row.name_en if language.startswith("en") else row.name_zh  # type: ignore[attr-defined]
    return {"code": row.code, "name": name, "region": regions.name(row.region, language=language)}  # type: ignore[attr-defined]
