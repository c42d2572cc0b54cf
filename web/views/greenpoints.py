"""绿宝: the scheme's page, a resident's page, a merchant's redemption."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from greenpoints import queries
from identity import queries as identity_queries
from identity import roles
from web import act_rules
from web.views import factors
from web.views.residents.readers import LOOKERS_UP

ENTRIES_SHOWN = 30


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
        "reads_figures": bool(roles.held(request.user) & set(factors.READERS)),
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
