"""The consent centre: each source of data by itself, with what it is for; refuse one and keep the others."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from greenpoints import data_sources
from greenpoints.queries import personal_data
from identity import consents
from identity import queries as identity_queries
from web import parties_shown
from web.views.residents.readers import acted_by_owner, seen_by_reader


@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show every source: what for, agreed or withdrawn since when, how much came."""
    view = identity_queries.person(person)
    context = {
        "person": person,
        "own": identity_queries.acts_for(request.user, person),
        "sources": shown(person),
        "partners": [parties_shown.name(code) for code in view.partners],
    }
    return render(request, "greenpoints/consents.html", context)


@require_POST
@acted_by_owner
def decide(request: HttpRequest, person: str) -> HttpResponse:
    """Give or withdraw the consent to one source; past points stay either way."""
    source = next((s for s in data_sources.sources() if s.code == request.POST.get("source")), None)
    if source is None:
        return redirect("consents", person=person)
    now = timezone.now()
    if request.POST.get("decision") == "withdraw":
        consents.withdraw(person, source.purpose, at=now, version=source.version)
        messages.success(request, _("已撤回。从现在起这一来源的新数据不再计入，已有碳币不变。"))
    else:
        consents.give(person, source.purpose, at=now, version=source.version)
        messages.success(request, _("已同意。"))
    return redirect("consents", person=person)


def shown(person: str) -> list[dict[str, Any]]:
    """Return every source with its state and what came from it."""
    standings = consents.standings(person, at=timezone.now())
    seen = personal_data.sources_seen(person)
    rows = []
    for source in data_sources.sources():
        counts = [seen[act] for act in source.acts if act in seen]
        line = standings.get(source.purpose)
        rows.append(
            {
                "source": source,
                "withdrawn": line is not None and not line.given,
                "given": line is not None and line.given,
                "since": line.at if line else None,
                "version": line.version if line else "",
                "rows": sum(n for n, _last in counts),
                "last": max((last for _n, last in counts), default=None),
            }
        )
    return rows
