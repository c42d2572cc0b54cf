"""The map with its legend, its ways down from the city to a parcel, and its tables."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gep import map_queries, queries
from gep.map_queries import AreaValue, ParcelValue
from gep.queries import ParcelView
from web import accounts_shown, area_outlines, charts, drawn_map, outlines, regions_shown
from web.accounts_shown import Shown
from web.scales import GEP_SCALE, Scale, scale_around
from web.views.gep.tiles import LOWEST_PARCEL_ZOOM

PAGE_ROWS = 25
ORDERS = {"code": gettext_lazy("编号"), "area": gettext_lazy("面积"), "value": gettext_lazy("价值"),
          "density": gettext_lazy("每平方米价值")}  # fmt: skip
LEVELS = {"county": gettext_lazy("县区"), "town": gettext_lazy("乡镇"), "village": gettext_lazy("村")}


@dataclass(frozen=True)
class ParcelsWanted:
    """Which page of the parcel table a reader asks for."""

    order: str
    descending: bool
    number: int

    @classmethod
    def asked(cls, request: HttpRequest) -> "ParcelsWanted":
        """Read the query string; what makes no sense falls back to the first page, the most valuable first."""
        order = request.GET.get("order", "value")
        number = request.GET.get("page", "1")
        return cls(
            order=order if order in ORDERS else "value",
            descending=request.GET.get("direction", "down") != "up",
            number=min(max(int(number), 1), 1_000_000) if number.isascii() and number.isdigit() else 1,
        )


def page(request: HttpRequest) -> HttpResponse:
    """Show the map with its legend and its table twin; an htmx request gets the parcel table alone."""
    shown = Shown.asked(request)
    context: dict[str, Any] = {"shown": shown, "table": parcel_table(request, shown)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "gep/parcel_table.html", context)
    rows = map_queries.areas(shown.account.code, within=shown.area, indicator=shown.indicator) if shown else []
    scale = scale_of(shown)
    context |= {
        "account": shown and shown.account,
        "areas": area_table(rows, shown) if shown else [],
        "scale": scale.classes(),
        "map": map_settings(shown, scale, rows),
        "drawn": drawn_map.of(shown, rows, scale=scale),
        "has_outlines": outlines.available(),
        "crumbs": crumbs(shown),
    }
    if shown:
        context |= switches(request, shown) | {"level": LEVELS[rows[0].level] if rows else ""}
    return render(request, "gep/map.html", context)


def switches(request: HttpRequest, shown: Shown) -> dict[str, Any]:
    """Return what a reader may switch to: accounts (year and profile) and indicators."""
    return {
        "account_choices": accounts_shown.choices(request, shown.account),
        "indicator_choices": accounts_shown.indicator_choices(shown.account, chosen=shown.indicator),
    }


def scale_of(shown: Shown | None) -> Scale:
    """Return the colours of what is shown: one scale around the region's mean, from the city down to the parcel."""
    if shown is None or not shown.account.area_m2:
        return GEP_SCALE
    totals = queries.indicator_totals(shown.account.code)
    chosen = totals[totals["indicator"] == shown.indicator] if shown.indicator else totals
    return scale_around(float(chosen["value_fen"].sum()) / shown.account.area_m2)


def crumbs(shown: Shown | None) -> list[dict[str, str]]:
    """Return the way from the city down to the area shown, each with its code."""
    told = [{"code": "", "name": _("抚州市")}]
    if shown is None or not shown.area:
        return told
    codes = [shown.area[:length] for length in (6, 9, 12) if length <= len(shown.area)]
    names = map_queries.area_names(codes)
    return told + [{"code": code, "name": names.get(code) or regions_shown.name(code)} for code in codes]


def area_table(rows: list[AreaValue], shown: Shown) -> list[dict[str, Any]]:
    """Return the parts of the area shown with name, value, density and share."""
    names, whole_fen = area_outlines.names_of(rows), sum(row.value_fen or 0 for row in rows)
    return [
        {
            "row": row,
            "name": names[row.code],
            "yuan_per_m2": None if row.fen_per_m2 is None else row.fen_per_m2 / 100,
            "share": (row.value_fen or 0) / whole_fen if whole_fen else None,
        }
        for row in rows
    ]


def parcel_table(request: HttpRequest, shown: Shown | None) -> dict[str, Any]:
    """Return the page of the parcel table that the reader asks for; too wide a choice of an indicator lists none."""
    wanted = ParcelsWanted.asked(request)
    rows: list[Any] = []
    too_wide = bool(shown and shown.indicator and not shown.area)
    if shown and not too_wide:
        rows = map_queries.parcels_of(
            shown.account.code, area=shown.area, indicator=shown.indicator, order=wanted.order,
            descending=wanted.descending, offset=(wanted.number - 1) * PAGE_ROWS, limit=PAGE_ROWS + 1,
        )  # fmt: skip
    elif not shown:
        rows = list(queries.parcels_page(offset=(wanted.number - 1) * PAGE_ROWS, limit=PAGE_ROWS + 1))
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
        "too_wide": too_wide,
        "heads": heads,
        "wanted": wanted,
        "before": wanted.number - 1,
        "after": wanted.number + 1 if len(rows) > PAGE_ROWS else 0,
    }


def with_labels(parcel: ParcelView | ParcelValue) -> dict[str, Any]:
    """Return a parcel as a table shows it."""
    density = None if parcel.value_fen is None else parcel.value_fen / parcel.area_m2
    return {
        "parcel": parcel,
        "county": regions_shown.name(parcel.county),
        "ecosystem": charts.ecosystem_label(parcel.ecosystem),
        "yuan_per_m2": None if density is None else density / 100,
    }


def map_settings(shown: Shown | None, scale: Scale, rows: list[AreaValue]) -> dict[str, Any]:
    """Return what the map script needs, texts included."""
    query = address(shown)
    return {
        "bounds": bounds_of(shown),
        "counties": reverse("counties_geojson") + query,
        "parts": reverse("parts_geojson") + query if shown and shown.area and rows else "",
        "areaPage": reverse("map") + address(shown, area="CODE") if shown else "",
        "tiles": reverse("parcel_tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}") + query
        + ("&" if query else "?") + f"v={accounts_shown.edition(shown.account if shown else None)}",
        "parcelPage": reverse("parcel", args=["CODE"]) + (f"?account={shown.account.code}" if shown else ""),
        "worker": static("vendor/maplibre-gl-worker.mjs"),
        "lowestParcelZoom": LOWEST_PARCEL_ZOOM,
        "stops": scale.stops_fen_per_m2,
        "colours": scale.colours,
        "none": scale.without_value,
        "text": map_texts(),
    }  # fmt: skip


def address(shown: Shown | None, **changes: str) -> str:
    """Return the query string that names the choice, with some of it changed; empty without an account."""
    if shown is None:
        return ""
    said = {"account": shown.account.code, "indicator": shown.indicator, "area": shown.area} | changes
    return "?" + "&".join(f"{name}={value}" for name, value in said.items() if value)


def bounds_of(shown: Shown | None) -> list[float]:
    """Return west, south, east, north of the area shown, degrees."""
    if shown and shown.area and (found := drawn_map.extent(shown)) is not None:
        return found
    return outlines.bounds()


def map_texts() -> dict[str, str]:
    """Return the words that the map script uses, in the page's language."""
    return {
        "map": _("地图：方向键移动，加减键缩放，回车键查看中心地块"),
        "parcel": _("地块"),
        "value": _("价值"),
        "colon": "：" if regions_shown.language() == "zh" else ": ",
        "yuan": _("元"),
        "perSquareMetre": _("元/平方米"),
        "open": _("查看地块"),
        "into": _("进入"),
        "none": _("未核算"),
        "zoomIn": _("放大"),
        "zoomOut": _("缩小"),
        "north": _("回到正北"),
        "close": _("关闭"),
    }
