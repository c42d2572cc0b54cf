"""Two accounts side by side: years, profiles or revisions."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gep.queries import AccountView
from web import accounts_shown, charts, comparisons

EFFECTS = ("quantity_fen", "price_fen", "method_fen", "coverage_fen")


def page(request: HttpRequest) -> HttpResponse:
    """Show two accounts of one region, indicator by indicator, as chart and table."""
    known = accounts_shown.with_figures(request)
    first, second = chosen(request, known)
    context: dict[str, Any] = {"first": first, "second": second, "choices": choices(known)}
    if first is None or second is None:
        return render(request, "gep/comparison.html", context)
    found = comparisons.compare(first, second)
    names = comparisons.label_of(first, second), comparisons.label_of(second, first)
    context |= {
        "found": found,
        "first_name": names[0],
        "second_name": names[1],
        "other_region": first.region != second.region,
        "change_fen": found.second_fen - found.first_fen,
        "change_share": (found.second_fen - found.first_fen) / found.first_fen if found.first_fen else None,
        "effects": [(name, found.effects[name]) for name in EFFECTS],
        "chart": charts.side_by_side(found.rows, first=names[0], second=names[1]),
    }
    return render(request, "gep/comparison.html", context)


def chosen(request: HttpRequest, known: list[AccountView]) -> tuple[AccountView | None, AccountView | None]:
    """Return the two accounts asked for, else the latest two, the older first."""
    asked = [request.GET.get(name, "") for name in ("first", "second")]
    usual = list(reversed(known[:2])) if len(known) > 1 else [None, None]
    found = [
        accounts_shown.account_named(request, code) if code else default
        for code, default in zip(asked, usual, strict=True)
    ]
    return found[0], found[1]


def choices(known: list[AccountView]) -> list[dict[str, str]]:
    """Return the accounts that can be compared."""
    return [{"code": row.code, "label": accounts_shown.account_label(row)} for row in known]
