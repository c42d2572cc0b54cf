"""绿宝: the scheme's page, a resident's page, a merchant's redemption."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from bookkeeping import statements
from bookkeeping.refusals import AccountMissing
from greenpoints import queries
from greenpoints.queries import ActLine
from greenpoints.reasons import ACCEPTED
from greenpoints.redemption import redemptions
from identity import queries as identity_queries
from identity import roles
from identity.role_codes import Role
from web import act_rules, parties_shown

ENTRIES_SHOWN = 30
LOOKERS_UP = frozenset({Role.OPERATOR.value, Role.AUDITOR.value})


def page(request: HttpRequest) -> HttpResponse:
    """Show the scheme: its public totals, the acts, and the way to one's own page."""
    asked = request.GET.get("person", "").strip()
    own = getattr(request.user, "person", None)
    may_look_up = bool(roles.held(request.user) & LOOKERS_UP)
    if asked and may_look_up and identity_queries.person_exists(asked):
        return redirect("resident", person=asked)
    context = {
        "tiles": total_tiles(),
        "acts": act_rules.told(on=timezone.localdate()),
        "coin": act_rules.row("points_rules", "grams_per_coin", on=timezone.localdate()),
        "asked": asked,
        "unknown": bool(asked),
        "own_person": own.ref if own else "",
        "may_look_up": may_look_up,
    }
    return render(request, "greenpoints/page.html", context)


def total_tiles() -> list[dict[str, Any]]:
    """Return the public totals as tiles."""
    totals = queries.totals()
    now = timezone.now()
    rows = (
        (_("已核验行为"), totals.behaviours, "whole"),
        (_("已计入行为"), totals.accepted, "whole"),
        (_("参与居民"), totals.residents, "whole"),
        (_("累计减排"), totals.posted_mg, "carbon"),
        (_("已发碳币"), totals.coins_issued, "coins"),
        (_("已兑换碳币"), totals.coins_redeemed, "coins"),
    )
    return [{"label": label, "number": n, "kind": kind, "source": _("绿宝账本"), "at": now} for label, n, kind in rows]


def may_see(request: HttpRequest, person: str) -> bool:
    """Return whether this reader may open the resident's page: the resident, an operator, an auditor."""
    own = getattr(request.user, "person", None)
    return (own is not None and own.ref == person) or bool(roles.held(request.user) & LOOKERS_UP)


@login_required
def resident_page(request: HttpRequest, person: str) -> HttpResponse:
    """Show one resident's balance, the acts of a day with their reasons, and the latest entries."""
    if not may_see(request, person):
        raise PermissionDenied
    day = queries.last_day(person)
    summary = queries.resident_summary(person, on=day or timezone.localdate())
    context = {
        "person": person,
        "own": getattr(getattr(request.user, "person", None), "ref", None) == person,
        "coins": {"available": summary.coins, "held": summary.coins_held},
        "summary": summary,
        "saved_mg": summary.total_mg,
        "until": timezone.localtime(),
        "day": day or timezone.localdate(),
        "acts": [told(act) for act in summary.acts],
        "entries": entries(person),
        "pending": pending(person),
    }
    return render(request, "greenpoints/resident.html", context)


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
