"""The home page: what the platform is, its figures of today, and a door for each kind of reader."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookkeeping import transparency
from greenpoints import queries as greenpoints
from marketplace import queries as marketplace
from policy import queries as policy
from web import thread
from web.accounts_shown import account_now


def page(request: HttpRequest) -> HttpResponse:
    """Show the home page with the figures of this moment."""
    account, market, budgets = account_now(request), marketplace.totals(), policy.budget_lines()
    points, head = greenpoints.totals(), transparency.head()
    now, sealed_at = timezone.now(), datetime.fromisoformat(head.at) if head else None
    rows: tuple[tuple[str, Any, str, str, Any, str], ...] = (
        (_("GEP 价值总量"), account and account.total_fen, "large_money", account.code if account else "",
         account.compiled_at if account else None, "gep"),
        (_("累计减排"), points.posted_mg, "carbon", _("绿宝账本"), now, "greenpoints"),
        (_("已发碳币"), points.coins_issued, "coins", _("绿宝账本"), now, "greenpoints"),
        (_("权益成交"), market.settled_fen, "large_money", _("交易登记"), now, "marketplace"),
        (_("奖补拨付"), sum(line.paid_fen for line in budgets), "large_money", _("账本"), now, "policy"),
        (_("公开账本笔数"), head and head.size, "whole", _("日志树头"), sealed_at, "transparency"),
    )  # fmt: skip
    tiles = [
        {"label": label, "number": number, "kind": kind, "source": source, "at": at, "href": reverse(name)}
        for label, number, kind, source, at, name in rows
    ]
    strip = thread.of_city(account=account, market=market, budgets=budgets)
    return render(request, "home/page.html", {"tiles": tiles, "strip": strip})
