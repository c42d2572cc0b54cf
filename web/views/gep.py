"""The map, the GEP account, one parcel, and the tiles and outlines behind the map."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import coefficients, vector_tiles
from core.vector_tiles import Tile
from gep import queries
from gep.queries import AccountView, ParcelView
from marketplace import queries as marketplace_queries
from web import charts, outlines, regions_shown, thread
from web.scales import GEP_SCALE

PAGE_ROWS = 25
SEEN_S = 30  # how long a page may go on with the account it knows
TILE_KIND = "application/vnd.mapbox-vector-tile"
TILE_S = 24 * 3600
LOWEST_PARCEL_ZOOM = 11  # a tile of zoom 10 holds a whole county of parcels smaller than a pixel each
UNCONFIRMED = "U"
ORDERS = {"code": gettext_lazy("编号"), "area": gettext_lazy("面积"), "value": gettext_lazy("价值"),
          "density": gettext_lazy("每平方米价值")}  # fmt: skip


def account_now() -> AccountView | None:
    """Return the latest compiled account; adding its lines up is not repeated for every tile."""
    if (known := cache.get("web:gep:latest")) is not None:
        return known
    account = queries.latest_account()
    if account is not None:
        cache.set("web:gep:latest", account, SEEN_S)
    return account


def edition(account: AccountView | None) -> str:
    """Return a short name of an account's content, for ETags and cache keys."""
    told = "none" if account is None else f"{account.code} {account.compiled_at} {account.total_fen}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def cached_answer(request: HttpRequest, *, key: str, kind: str, make: Callable[[], bytes]) -> HttpResponse:
    """Answer with the content that ``key`` names, made only once; 304 where the reader has it already."""
    etag = f'"{key}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    content = cache.get_or_set(f"web:{key}", make, TILE_S)
    return HttpResponse(content, content_type=kind, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def parcel_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """Send the parcels of one tile; empty below the zoom at which single parcels are drawn."""
    tile = Tile(z, x, y)
    if not tile.exists:
        raise Http404
    account = account_now()
    code = account.code if account else None

    def encoded() -> bytes:
        parcels = queries.parcels_in(tile.bounds(), account=code) if z >= LOWEST_PARCEL_ZOOM else []
        shapes = outlines.generalised([row.geometry for row in parcels], zoom=z)
        return vector_tiles.encode("parcels", tile=tile, geometries=shapes, properties=[*map(tile_facts, parcels)])

    if account is None:  # parcels may be loaded before the first account names an edition of them
        return HttpResponse(encoded(), content_type=TILE_KIND, headers={"Cache-Control": "no-store"})
    key = f"parcels-{edition(account)}-{z}-{x}-{y}"
    return cached_answer(request, key=key, kind=TILE_KIND, make=encoded)


def tile_facts(parcel: ParcelView) -> dict[str, vector_tiles.Value]:
    """Return what the map knows of a parcel."""
    facts: dict[str, vector_tiles.Value] = {"code": parcel.code, "area_m2": round(parcel.area_m2)}
    if parcel.value_fen is not None:
        facts |= {"value_fen": parcel.value_fen, "fen_per_m2": parcel.value_fen / parcel.area_m2}
    return facts


def counties_geojson(request: HttpRequest) -> HttpResponse:
    """Send the counties with what their parcels are worth, for the map below the parcels' zoom."""
    account = account_now()
    language = regions_shown.language()

    def encoded() -> bytes:
        return json.dumps(outlines.counties(values=county_values(account)), ensure_ascii=False).encode()

    key = f"counties-{edition(account)}-{outlines.digest()}-{language}"
    return cached_answer(request, key=key, kind="application/geo+json", make=encoded)


def county_values(account: AccountView | None) -> dict[str, int]:
    """Return the value of each county that the account covers, in fen."""
    if account is None:
        return {}
    totals = queries.county_totals(account.code)
    return {str(code): int(value) for code, value in totals.groupby("county")["value_fen"].sum().items()}


@dataclass(frozen=True)
class ParcelsWanted:
    """Which page of the parcel table a reader asks for."""

    order: str
    descending: bool
    number: int
    county: str

    @classmethod
    def asked(cls, request: HttpRequest) -> "ParcelsWanted":
        """Read the query string; what makes no sense falls back to the first page, the most valuable first."""
        order = request.GET.get("order", "value")
        number = request.GET.get("page", "1")
        return cls(
            order=order if order in ORDERS else "value",
            descending=request.GET.get("direction", "down") != "up",
            number=min(max(int(number), 1), 1_000_000) if number.isascii() and number.isdigit() else 1,
            county=request.GET.get("county", "")[:6],
        )


def parcel_table(request: HttpRequest, account: AccountView | None) -> dict[str, Any]:
    """Return the page of the parcel table that the reader asks for."""
    wanted = ParcelsWanted.asked(request)
    rows = queries.parcels_page(
        account=account.code if account else None,
        county=wanted.county,
        order=wanted.order,
        descending=wanted.descending,
        offset=(wanted.number - 1) * PAGE_ROWS,
        limit=PAGE_ROWS + 1,
    )
    heads = [
        {
            "label": label,
            "key": key,
            "sorted": ("descending" if wanted.descending else "ascending") if key == wanted.order else "",
            "turn": "up" if key == wanted.order and wanted.descending else "down",
        }
        for key, label in ORDERS.items()
    ]
    return {
        "rows": [with_labels(row) for row in rows[:PAGE_ROWS]],
        "heads": heads,
        "wanted": wanted,
        "before": wanted.number - 1,
        "after": wanted.number + 1 if len(rows) > PAGE_ROWS else 0,
    }


def with_labels(parcel: ParcelView) -> dict[str, Any]:
    """Return a parcel as a table shows it."""
    density = None if parcel.value_fen is None else parcel.value_fen / parcel.area_m2
    return {
        "parcel": parcel,
        "county": regions_shown.name(parcel.county),
        "ecosystem": charts.ecosystem_label(parcel.ecosystem),
        "yuan_per_m2": None if density is None else density / 100,
    }


def map_page(request: HttpRequest) -> HttpResponse:
    """Show the map with its legend and its table twin; an htmx request gets the table alone."""
    account = account_now()
    context: dict[str, Any] = {"account": account, "table": parcel_table(request, account)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "gep/parcel_table.html", context)
    context |= {"scale": GEP_SCALE.classes(), "map": map_settings(account), "has_outlines": outlines.available()}
    return render(request, "gep/map.html", context)


def map_settings(account: AccountView | None) -> dict[str, Any]:
    """Return what the map script needs, texts included."""
    return {
        "bounds": outlines.bounds(),
        "counties": reverse("counties_geojson"),
        "tiles": reverse("parcel_tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}") + f"?v={edition(account)}",
        "parcelPage": reverse("parcel", args=["CODE"]),
        "worker": static("vendor/maplibre-gl-worker.mjs"),
        "lowestParcelZoom": LOWEST_PARCEL_ZOOM,
        "stops": GEP_SCALE.stops_fen_per_m2,
        "colours": GEP_SCALE.colours,
        "none": GEP_SCALE.without_value,
        "text": {
            "map": _("地图：方向键移动，加减键缩放，回车键查看中心地块"),
            "parcel": _("地块"),
            "value": _("价值"),
            "colon": "：" if regions_shown.language() == "zh" else ": ",
            "yuan": _("元"),
            "perSquareMetre": _("元/平方米"),
            "open": _("查看地块"),
            "none": _("未核算"),
            "zoomIn": _("放大"),
            "zoomOut": _("缩小"),
            "north": _("回到正北"),
            "close": _("关闭"),
        },
    }


def account_page(request: HttpRequest) -> HttpResponse:
    """Show the latest account: totals by indicator and area with their method and sources, as chart and as table."""
    account = account_now()
    if account is None:
        return render(request, "gep/account.html", {"account": None})
    indicators = charts.indicator_rows(queries.indicator_totals(account.code))
    counties = queries.county_totals(account.code).rename(columns={"county": "area"})
    by_town = counties["area"].nunique() < 2
    areas = charts.area_rows(queries.area_totals(account.code, level="town") if by_town else counties)
    area_table = [
        {
            "name": row["name"],
            "cells": [
                {"label": head["label"], "fen": row["values_fen"].get(head["indicator"], 0)} for head in indicators
            ],
            "total_fen": row["total_fen"],
        }
        for row in areas
    ]
    context = {
        "account": account,
        "missing": charts.missing_indicators(indicators),
        "area_table": area_table,
        "region": regions_shown.name(account.region),
        "indicators": indicators,
        "by_town": by_town,
        "chart": charts.stacked_bars(areas, indicators),
        "sources": figures_taken(account),
        "unconfirmed": sum(row["tag"] == UNCONFIRMED for row in account.provenance.get("figures", [])),
    }
    return render(request, "gep/account.html", context)


def figures_taken(account: AccountView, *, ecosystem: str | None = None) -> list[dict[str, Any]]:
    """Return every coefficient that the account took, with its source; for an ecosystem class, those it meets."""
    words = {"V": (_("见于公开文本"), "yes"), "D": (_("推导"), ""), UNCONFIRMED: (_("未经确认"), "no")}
    rows = []
    for row in account.provenance.get("figures", []):
        last = row["key"].rpartition(".")[2]
        if ecosystem is not None and last.isdigit() and last != ecosystem:
            continue
        told, colour = words[row["tag"]]
        title = coefficients.source_title(row["source"])
        rows.append(row | {"said": told, "tone": colour, "title": title, "of": charts.table_label(row["table"])})
    return rows


def parcel_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one parcel: where it is, what it is, and every line of its account explained."""
    try:
        parcel = queries.parcel(code)
    except ObjectDoesNotExist:
        raise Http404 from None
    account = account_now()
    lines = queries.parcel_lines(code, account=account.code) if account else []
    unit_values = account.provenance.get("yuan_per_unit", {}) if account else {}
    total_fen = sum(line.value_fen for line in lines)
    rights = marketplace_queries.rights_over(code)
    sales = marketplace_queries.sales_of(code)
    context = {
        "parcel": parcel,
        "shown": with_labels(parcel),
        "account": account,
        "lines": [
            {
                "line": line,
                "label": charts.indicator_label(line.indicator),
                "yuan_per_unit": unit_values.get(line.indicator),
            }
            for line in lines
        ],
        "sources": figures_taken(account, ecosystem=parcel.ecosystem) if account and lines else [],
        "layers": account.provenance.get("layers", {}) if account and lines else {},
        "strip": thread.of_parcel(parcel, gep_fen=total_fen if lines else None, rights=rights, sales=sales),
        "rights": rights,
        "total_fen": total_fen,
        "figure": outlines.figure([parcel.geometry]),
    }
    return render(request, "gep/parcel.html", context)
