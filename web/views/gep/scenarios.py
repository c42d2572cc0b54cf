"""Scenarios and project units: choose parcels from a list, by their codes, or on the map, and have them accounted."""

import json
import re
from typing import Any

import shapely
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from gep import ecosystems, map_queries, run_queries, runs
from gep.run_queries import RunView
from gep.runs import MOST_CHANGES, Wanted
from web import accounts_shown, figures
from web.accounts_shown import Shown
from web.views.gep import maps
from web.views.gep.desk import analysts_only, readers_only

LISTED = 50
CODE = re.compile(r"[0-9A-Za-z_-]{1,60}")
MOST_CORNERS = 200
KINDS = ("scenario", "project")


class ParcelsMissing(RuleViolation):
    """No parcel was chosen, or too many, or codes that no parcel has."""

    code = "scenario_parcels_missing"
    message = _("请选择地块：至少一个，编号须在基准核算之内。")
    status = 422


@analysts_only
def new(request: HttpRequest) -> HttpResponse:
    """Choose parcels of an account and what becomes of them; a POST asks for the run."""
    base = base_run(request)
    if base is None:
        return render(request, "gep/scenario_new.html", {"base": None})
    refusal = None
    if request.method == "POST":
        try:
            return redirect("run", ask(request, base).code)
        except RuleViolation as error:
            refusal = error
    status = refusal.status if refusal else 200
    return render(request, "gep/scenario_new.html", context_of(request, base) | {"refusal": refusal}, status=status)


def base_run(request: HttpRequest) -> RunView | None:
    """Return the account that a scenario starts from: the one asked for, else the latest; None where there is none."""
    code = (request.POST if request.method == "POST" else request.GET).get("base", "")
    account = accounts_shown.account_named(request, code) if code else accounts_shown.account_now(request)
    if account is None:
        return None
    run = run_queries.run(account.code)
    if run.kind != "account":
        raise Http404
    return run


def context_of(request: HttpRequest, base: RunView) -> dict[str, Any]:
    """Return what the page shows: the way down to an area, its parcels, the kinds of land use, the map."""
    account = accounts_shown.account_named(request, base.code)
    asked = request.GET.get("area", "")
    shown = Shown(account, "", asked if asked.isascii() and asked.isdigit() and len(asked) in (6, 9, 12) else "")
    rows = map_queries.areas(account.code, within=shown.area)
    parcels = map_queries.parcels_of(account.code, area=shown.area, limit=LISTED) if shown.area else []
    settings = maps.map_settings(shown, maps.scale_of(shown), rows)
    return {
        "base": base,
        "shown": shown,
        "label": accounts_shown.account_label(base),
        "crumbs": maps.crumbs(shown),
        "areas": maps.area_table(rows, shown),
        "parcels": [maps.with_labels(row) for row in parcels],
        "land_uses": land_uses(),
        "chosen": ", ".join(chosen_codes(request)),
        "kind": request.POST.get("kind", request.GET.get("kind", "scenario")),
        "map": settings | {"choose": reverse("scenario_parcels") + f"?account={base.code}", "text": texts(settings)},
    }


def texts(settings: dict[str, Any]) -> dict[str, str]:
    """Return the words of the map script, with those of choosing."""
    return settings["text"] | {
        "chosen": str(_("已选地块")), "corner": str(_("已画顶点")), "tooMany": str(_("选得太多，请画小一点。")),
    }  # fmt: skip


def land_uses() -> list[dict[str, str]]:
    """Return the kinds of land use that a parcel may become, with the ecosystem class each stands for."""
    names = ecosystems.BY_CODE
    zh = figures.reads_chinese()
    rows = []
    for code, kind in sorted(ecosystems.OF_LAND_USE.items()):
        if kind in names:
            rows.append({"code": code, "label": f"{code} {names[kind].zh if zh else names[kind].en}"})
    return rows


def chosen_codes(request: HttpRequest) -> list[str]:
    """Return the codes that were typed, drawn or ticked, each once, in order."""
    said = request.POST if request.method == "POST" else request.GET
    found = CODE.findall(said.get("parcels", "")) + [code for code in said.getlist("parcel") if CODE.fullmatch(code)]
    return list(dict.fromkeys(found))


def ask(request: HttpRequest, base: RunView) -> RunView:
    """Ask for the run of a scenario or a project unit over the base's own inputs. Raises what runs refuse."""
    codes = chosen_codes(request)
    kind = request.POST.get("kind", "")
    if not 1 <= len(codes) <= MOST_CHANGES or kind not in KINDS:
        raise ParcelsMissing(chosen=len(codes), most=MOST_CHANGES)
    unknown = map_queries.unaccounted(base.code, codes)
    if unknown:
        raise ParcelsMissing(unknown=unknown[:5])
    land_use = request.POST.get("land_use", "")
    changes = {"land_use": dict.fromkeys(codes, land_use)} if kind == "scenario" else {"parcels": sorted(codes)}
    wanted = Wanted(
        region=base.region, year=base.year, price_year=base.price_year, datasets=base.datasets, profile=base.profile,
        switches=base.switches, kind=kind, base=base.code if kind == "scenario" else "", changes=changes,
        name=request.POST.get("name", "")[:120], surveyed=bool(base.inputs.get("surveyed")),
        accept_findings=True,  # they are those of the base, which somebody decided on
    )  # fmt: skip
    return runs.request(wanted, at=timezone.now(), by=request.user)  # type: ignore[arg-type]


@readers_only
def parcels_in_shape(request: HttpRequest) -> HttpResponse:
    """Send the codes of the parcels that touch a drawn ring (``ring``: lon lat pairs, degrees), at most 5,000."""
    account = accounts_shown.chosen_account(request)
    if account is None:
        raise Http404
    ring = corners(request.GET.get("ring", ""))
    if ring is None:
        return JsonResponse({"codes": [], "too_many": False}, status=422)
    shape = shapely.Polygon(ring) if len(ring) > 2 else shapely.box(*shapely.bounds(shapely.LineString(ring)))
    shape = shapely.make_valid(shape)
    near = map_queries.parcels_in_box(account.code, shape.bounds, limit=MOST_CHANGES + 1)
    codes = [row.code for row in near if row.geometry is not None and shape.intersects(row.geometry)]
    too_many = len(near) > MOST_CHANGES
    return JsonResponse({"codes": [] if too_many else codes, "too_many": too_many})


def corners(text: str) -> list[tuple[float, float]] | None:
    """Return the corners of a ring; None where the text is none: 2 corners (a box) to 200."""
    try:
        numbers = json.loads(f"[{text}]")
    except ValueError:
        return None
    good = all(isinstance(number, int | float) and abs(number) <= 180 for number in numbers)
    if not good or len(numbers) % 2 or not 2 <= len(numbers) // 2 <= MOST_CORNERS:
        return None
    return list(zip(numbers[::2], numbers[1::2], strict=True))
