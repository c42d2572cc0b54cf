"""A resident's own page: what there is, what the day brought and why, the latest entries."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from bookkeeping import statements
from bookkeeping.refusals import AccountMissing
from greenpoints import queries
from greenpoints.queries import ActLine, leaderboards, residents
from greenpoints.queries import statements as personal_statements
from greenpoints.reasons import ACCEPTED
from greenpoints.redemption import redemptions
from identity import queries as identity_queries
from web import act_rules, parties_shown
from web.views.residents.readers import seen_by_reader

ENTRIES_SHOWN = 30


@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show one resident's balance, the acts of a day with their reasons, and the latest entries."""
    day = queries.last_day(person)
    summary = queries.resident_summary(person, on=day or timezone.localdate())
    context = {
        "person": person,
        "own": identity_queries.acts_for(request.user, person),
        "coins": {"available": summary.coins, "held": summary.coins_held},
        "summary": summary,
        "saved_mg": summary.total_mg,
        "until": timezone.localtime(),
        "day": day or timezone.localdate(),
        "acts": [told(act) for act in summary.acts],
        "entries": entries(person),
        "pending": pending(person),
        "ending": residents.ending(person, on=timezone.localdate()),
        "goal": goal(person, today=timezone.localdate()),
    }
    return render(request, "greenpoints/resident.html", context)


def goal(person: str, *, today: date) -> dict[str, Any]:
    """Return this month's goal and how far it is reached: ``percent`` is None where none was chosen."""
    wanted_g = leaderboards.goal(person)
    month = personal_statements.period(today.strftime("%Y-%m"), today=today)
    saved_mg = leaderboards.saved_mg(person, first=month.first, after=month.after)
    percent = None if wanted_g is None else min(100, saved_mg // (wanted_g * 10))
    return {"wanted_kg": wanted_g and wanted_g / 1000, "saved_mg": saved_mg, "percent": percent, "month": month.first}


def pending(person: str) -> list[dict[str, Any]]:
    """Return the redemptions that set the resident's coins aside now: shop, coins, until when."""
    return [
        {"shop": parties_shown.name(row.merchant), "coins": row.coins, "until": row.expires_at}
        for row in redemptions.pending_of(person)
    ]


def told(act: ActLine) -> dict[str, Any]:
    """Return an act as the page shows it: what, when, how much, and why it ended so."""
    amount = f"{act.quantity:,} {act_rules.unit(act.unit)}"
    return {
        "label": act.label,
        "credited": act.status in ACCEPTED,
        "coins": act.coins,
        "reason": act.told,
        "at": act.started_at,
        "amount": amount,
        "saved_mg": act.posted_mg,
        "factor": act.factor,
    }


def entries(person: str) -> list[dict[str, Any]]:
    """Return the latest movements of the resident's coins, newest first."""
    try:
        lines = statements.statement(f"coin:resident/{person}", limit=ENTRIES_SHOWN).lines
    except AccountMissing:
        return []
    shops = shop_names(line.reference for line in lines)
    return [
        {
            "at": line.occurred_at,
            "what": purpose(line.reference, shops=shops),
            "signed": f"{line.quantity:+,}",
            "balance": line.balance,
            "reference": line.reference,
        }
        for line in lines
    ]


def shop_names(references: Iterable[str]) -> dict[str, str]:
    """Return the names of the merchants of these redemptions by their codes; each is looked up once."""
    codes = {reference.split("/")[1] for reference in references if reference.startswith("redemption/")}
    return {code: parties_shown.name(code) for code in codes}


def purpose(reference: str, *, shops: Mapping[str, str]) -> str:
    """Return what a posting of a resident's coins was for, read from the name of its business fact."""
    kind, _slash, rest = reference.partition("/")
    subject = rest.partition("/")[0]
    if kind == "points":
        return _("{day} 低碳行为所得").format(day=subject)
    if kind == "redemption":
        shop = shops.get(subject, subject)
        return _("在 {shop} 兑换").format(shop=shop)
    return _("其他")
