"""What the public reads: the official account of each year, its method, sources and grades, and open data."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from gep import queries, run_queries
from gep.queries import AccountView
from web import accounts_shown, charts, regions_shown

PUBLIC = ("published", "withdrawn")


def page(request: HttpRequest) -> HttpResponse:
    """List the official accounts, the newest first, with those that were taken back and why."""
    rows = [account for account in queries.accounts(limit=200) if account.status in PUBLIC]
    current = next((account for account in rows if account.status == "published"), None)
    return render(request, "gep/publication.html", {"rows": [listed(row) for row in rows], **told(current)})


def account_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one official account; one that never was official is not to be found here."""
    account = accounts_shown.account_named(request, code)
    if account.status not in PUBLIC:
        raise Http404
    return render(request, "gep/publication.html", {"rows": [], **told(account)})


def listed(account: AccountView) -> dict[str, Any]:
    """Return an account as the list shows it."""
    label, tone = accounts_shown.STATUSES[account.status]
    return {"account": account, "region": regions_shown.name(account.region), "status": label, "tone": tone}


def told(account: AccountView | None) -> dict[str, Any]:
    """Return everything that the page says of an account; nothing where there is none."""
    if account is None:
        return {"account": None}
    indicators = charts.indicator_rows(queries.indicator_totals(account.code))
    counties = queries.county_totals(account.code).rename(columns={"county": "area"})
    return {
        "account": account,
        "run": run_queries.run(account.code),
        "region": regions_shown.name(account.region),
        "status": accounts_shown.STATUSES[account.status],
        "indicators": indicators,
        "groups": charts.group_rows(indicators),
        "counties": charts.area_rows(counties),
        "pending": accounts_shown.pending(account),
        "profile": accounts_shown.profile_label(account.profile),
        "sources": accounts_shown.figures_taken(account),
        "unconfirmed": accounts_shown.unconfirmed_count(account),
        "has_intervals": any(row["low95_fen"] is not None for row in indicators),
    }
