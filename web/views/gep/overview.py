"""The city at a glance: a handful of figures, each with its year and source and the way to its table."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gep import queries
from gep.queries import AccountView
from identity import roles
from web import accounts_shown, charts, figures, regions_shown
from web.accounts_shown import Shown
from web.context import GEP_READERS
from web.views.gep.maps import address

M2_PER_KM2 = 1_000_000
CARBON, WATER = "carbon_sequestration", "water_retention"


def page(request: HttpRequest) -> HttpResponse:
    """Show an account: its figures at a glance, totals by indicator and area, and where they come from."""
    shown = Shown.asked(request)
    context: dict[str, Any] = {"account": None, "may_work": bool(roles.held(request.user) & GEP_READERS)}
    if shown is None:
        return render(request, "gep/overview.html", context)
    account = shown.account
    indicators = charts.indicator_rows(queries.indicator_totals(account.code))
    counties = queries.county_totals(account.code).rename(columns={"county": "area"})
    by_town = counties["area"].nunique() < 2
    areas = charts.area_rows(queries.area_totals(account.code, level="town") if by_town else counties)
    context |= {
        "account": account,
        "region": regions_shown.name(account.region),
        "shown": shown,
        "account_choices": accounts_shown.choices(request, account),
        "tiles": tiles(account, indicators),
        "missing": charts.missing_indicators(indicators),
        "pending": accounts_shown.pending(account),
        "area_table": area_table(areas, indicators, account),
        "indicators": indicators,
        "groups": charts.group_rows(indicators),
        "by_town": by_town,
        "chart": charts.stacked_bars(areas, indicators),
        "sources": accounts_shown.figures_taken(account),
        "unconfirmed": accounts_shown.unconfirmed_count(account),
        "profile": accounts_shown.profile_label(account.profile),
        "status": accounts_shown.STATUSES[account.status],
    }
    return render(request, "gep/overview.html", context)


def tiles(account: AccountView, indicators: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return seven figures at most: the total, its density, the three groups, water, carbon."""
    source = _("{region} {year} 年，{price} 年价").format(
        region=regions_shown.name(account.region), year=account.year, price=account.price_year
    )
    by_name = {row["indicator"]: row for row in indicators}
    density = account.total_fen / (account.area_m2 / M2_PER_KM2) if account.area_m2 else None
    by_map = reverse("map") + f"?account={account.code}"
    told: list[tuple[str, Any, str, str]] = [
        (_("生态产品总值"), account.total_fen, "large_money", "#areas"),
        (_("每平方公里价值"), density and round(density), "large_money", by_map),
        *[(row["label"], row["value_fen"], "large_money", "#indicators") for row in charts.group_rows(indicators)],
    ]
    for name in (WATER, CARBON):
        if name in by_name:
            amount = figures.quantity(by_name[name]["quantity"], by_name[name]["unit"], of=name)
            told.append((accounts_shown.indicator_label(name), amount, "ready", f"{by_map}&indicator={name}"))
    return [
        {"label": label, "number": number, "kind": kind, "source": source, "href": href}
        for label, number, kind, href in told
    ]


def area_table(
    areas: list[dict[str, Any]], indicators: list[dict[str, Any]], account: AccountView
) -> list[dict[str, Any]]:
    """Return the table twin of the chart, each area with the way to its map."""
    return [
        {
            "name": row["name"],
            "cells": [
                {"label": head["label"], "fen": row["values_fen"].get(head["indicator"], 0)} for head in indicators
            ],
            "total_fen": row["total_fen"],
            "href": reverse("map") + address(Shown(account, "", row["area"] if row["area"].isdigit() else "")),
        }
        for row in areas
    ]
