"""A resident's statement of a month or a year: on a page, and as CSV, JSON with proofs, PDF."""

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from core.errors import RuleViolation
from greenpoints.queries import statements
from greenpoints.queries.statements import PURPOSES
from web import act_rules, statement_files
from web.views.residents.readers import seen_by_reader

MONTHS_OFFERED = 12
YEARS_OFFERED = 3
ENTRIES_SHOWN = 500
KINDS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@seen_by_reader
def latest(request: HttpRequest, person: str) -> HttpResponse:
    """Go to the statement of the period asked for in the form, or of this month."""
    code = request.GET.get("period") or timezone.localdate().strftime("%Y-%m")
    return redirect("statement", person=person, period=code[:7])


@seen_by_reader
def page(request: HttpRequest, person: str, period: str) -> HttpResponse:
    """Show the statement of the period."""
    today = timezone.localdate()
    try:
        chosen = statements.period(period, today=today)
    except RuleViolation as refusal:
        context = {"person": person, "refusal": refusal, "periods": offered(today)}
        return render(request, "greenpoints/statement.html", context, status=refusal.status)
    told = statements.statement(person, of=chosen, today=today)
    coins = [row for row in told.entries if row.asset == "coin"]
    context = {
        "person": person,
        "told": told,
        "periods": offered(today),
        "acts": [{"row": act, "unit": act_rules.unit(act.unit)} for act in told.acts],
        "rows": [{"entry": row, "what": PURPOSES[row.purpose]} for row in reversed(coins[-ENTRIES_SHOWN:])],
        "left_out": max(len(coins) - ENTRIES_SHOWN, 0),
        "coin_sums": purposes(told.sums["coin"]),
        "last_day": told.period.after - timedelta(days=1),
    }
    return render(request, "greenpoints/statement.html", context)


@seen_by_reader
def file(request: HttpRequest, person: str, period: str, kind: str) -> HttpResponse:
    """Send the statement as a file of this kind."""
    if kind not in KINDS:
        raise Http404
    today = timezone.localdate()
    told = statements.statement(person, of=statements.period(period, today=today), today=today)
    if kind == "csv":
        content: str | bytes = statement_files.as_csv(told)
    elif kind == "json":
        content = statement_files.as_json(told)
    else:
        address = request.build_absolute_uri(reverse("transparency"))
        content = statement_files.as_pdf(told, verify_at=address, at=timezone.now())[0]
    answer = HttpResponse(content, content_type=KINDS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="lvbao-{period}.{kind}"'
    return answer


def purposes(sums: dict[str, int]) -> list[dict[str, object]]:
    """Return what the coins came from and went to, in the order of the purposes' list."""
    return [{"what": label, "quantity": f"{sums[key]:+,}"} for key, label in PURPOSES.items() if sums.get(key)]


def offered(today: date) -> list[str]:
    """Return the periods to choose from: the last months, then years."""
    months = [(today.year * 12 + today.month - 1) - n for n in range(MONTHS_OFFERED)]
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in months] + [str(today.year - n) for n in range(YEARS_OFFERED)]
