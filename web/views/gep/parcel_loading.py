"""A dataset of parcels on its way into the parcels: from which day, how far, stopped and taken up again."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from gep import parcel_loads
from gep.dataset_queries import DatasetView
from gep.parcel_loads import LoadNotPossible, LoadView
from identity import roles
from identity.role_codes import Role
from web import regions_shown
from web.views.gep import datasets
from web.views.gep.desk import readers_only

STATES = {
    "waiting": (_("待入库"), "mind"), "running": (_("入库中"), "mind"), "done": (_("已入库"), "yes"),
    "refused": (_("未能入库"), "no"), "cancelled": (_("已取消"), ""),
}  # fmt: skip
UNDER_WAY = ("waiting", "running")


@readers_only
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Send how far the loading is, alone; a POST begins, stops or takes it up again."""
    row = datasets.named(request, code)
    if request.method == "POST":
        return take_step(request, row)
    context = told(request, row)
    answer = render(request, "gep/parcel_loading.html", context)
    if not context["load_waits"]:
        answer.headers["HX-Refresh"] = "true"
    return answer


def take_step(request: HttpRequest, row: DatasetView) -> HttpResponse:
    """Take the step asked for; a refusal is told on the dataset's page."""
    if Role.ANALYST.value not in roles.held(request.user):
        raise roles.RoleMissing(needs=[Role.ANALYST.value])
    user: Any = request.user
    try:
        match request.POST.get("step", ""):
            case "cancel":
                parcel_loads.cancel(row.code, by=user, at=timezone.now())
            case "resume":
                parcel_loads.resume(row.code, by=user, at=timezone.now())
            case _:
                day = day_of(request.POST.get("valid_from", ""), dataset=row.code)
                parcel_loads.request(row.code, valid_from=day, by=user, at=timezone.now())
    except RuleViolation as refusal:
        return datasets.shown(request, row, refusal=refusal)
    return redirect("dataset", row.code)


def told(request: HttpRequest, row: DatasetView) -> dict[str, Any]:
    """Return what the page says of the loading of a dataset; nothing where it holds no parcels that may be loaded."""
    if row.kind != "parcels" or row.status != "ready":
        return {}
    load = parcel_loads.of(row.code, at=timezone.now())
    found = {
        "dataset": row, "may_load": Role.ANALYST.value in roles.held(request.user), "load": load, "load_waits": False,
        "first_day": date(row.year, 1, 1).isoformat(),
    }  # fmt: skip
    return found | (told_load(load) if load else {})


def told_load(load: LoadView) -> dict[str, Any]:
    """Return a load in words, county by county."""
    label, tone = STATES[load.state]
    counties = [{"name": regions_shown.name(code), "done": load.done.get(code)} for code in load.counties]
    return {"load_state": label, "load_tone": tone, "load_counties": counties, "load_waits": load.state in UNDER_WAY}


def day_of(text: str, *, dataset: str) -> date:
    """Return the day that a form says. Raises LoadNotPossible where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LoadNotPossible(dataset=dataset, valid_from=text[:20]) from None
