"""A resident's own data: see it, correct it, take it away."""

import json
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import regions
from core.errors import RuleViolation
from greenpoints import rewards
from greenpoints.queries import personal_data as kept
from greenpoints.residents import closures
from identity import consents, people
from identity import queries as identity_queries
from web import parties_shown
from web.views.residents.readers import acted_by_owner, seen_by_reader


class CorrectionForm(forms.Form):
    """What a resident may correct by themselves; the real name comes from the government's service only."""

    name = forms.CharField(max_length=100, label=gettext_lazy("姓名"))
    phone = forms.RegexField(
        r"^1[3-9][0-9]{9}$",
        required=False,
        label=gettext_lazy("手机号"),
        help_text=gettext_lazy("11 位，可留空。"),
    )
    region = forms.ChoiceField(label=gettext_lazy("所在县区"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        language = get_language() or "zh"
        counties = [(county.code, regions.name(county.code, language=language)) for county in regions.counties()]
        whole = (regions.FUZHOU, regions.name(regions.FUZHOU, language=language))
        self.fields["region"].choices = [*counties, whole]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show what is kept about the person, and the ways to correct and export it."""
    return _shown(request, person, form=None)


@acted_by_owner
def correct(request: HttpRequest, person: str) -> HttpResponse:
    """Correct name, phone and county."""
    if request.method != "POST":
        return redirect("personal_data", person=person)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _shown(request, person, form=form, status=422)
    try:
        people.correct(person, **form.cleaned_data, at=timezone.now())
    except RuleViolation as refusal:
        form.add_error(None, str(refusal.message))
        return _shown(request, person, form=form, status=refusal.status)
    messages.success(request, _("已更正。"))
    return redirect("personal_data", person=person)


@require_POST
@acted_by_owner
def close(request: HttpRequest, person: str) -> HttpResponse:
    """Ask for the account to be closed, or take that back."""
    now = timezone.now()
    try:
        if request.POST.get("decision") == "take_back":
            closures.take_back(person, at=now)
            messages.success(request, _("已撤回注销，一切照旧。"))
        elif request.POST.get("sure") == "yes":
            closures.ask(person, today=timezone.localdate(), at=now)
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("personal_data", person=person)


@acted_by_owner
def export(request: HttpRequest, person: str) -> StreamingHttpResponse:
    """Send everything that is kept about the person as one JSON file, row by row."""
    answer = StreamingHttpResponse(_exported(person), content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="lvbao-my-data.json"'
    return answer


def _shown(request: HttpRequest, person: str, *, form: CorrectionForm | None, status: int = 200) -> HttpResponse:
    view = identity_queries.person(person)
    own = identity_queries.acts_for(request.user, person)
    if form is None and own:
        form = CorrectionForm(initial={"name": view.name, "phone": view.phone, "region": view.region})
    context = {
        "person": person,
        "own": own,
        "view": view,
        "region": regions.name(view.region, language=get_language() or "zh"),
        "partners": [parties_shown.name(code) for code in view.partners],
        "form": form,
        "closure": closures.ends_on(person),
        "closing_days": rewards.closing_days(timezone.localdate()),
    }
    return render(request, "greenpoints/personal_data.html", context, status=status)


def _exported(person: str) -> Iterator[str]:
    view = identity_queries.person(person)
    lines = consents.history(person)
    head = {"person": _plain(view), "consents": [_plain(line) for line in lines]}
    yield json.dumps(head, ensure_ascii=False, default=str)[:-1]
    for name, rows in (("behaviours", kept.behaviours(person)), ("redemptions", kept.redemptions(person))):
        yield f', "{name}": ['
        for n, row in enumerate(rows):
            yield (",\n" if n else "\n") + json.dumps(row, ensure_ascii=False, default=str)
        yield "]"
    yield "}\n"


def _plain(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__dataclass_fields__}
