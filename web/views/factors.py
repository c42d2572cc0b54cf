"""How each act is counted, for everybody; the figures behind it and their changes, for those who decide on them."""

import uuid
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints.factors import changes
from greenpoints.factors.changes import NewFigure
from greenpoints.quantification.acts import ACTS
from greenpoints.queries import factors
from identity import roles
from identity.role_codes import Role
from web import act_pages

PROPOSERS = (Role.OPERATOR, Role.POLICY_OFFICER)
DECIDER = Role.POLICY_OFFICER  # the competent authority, which appoints the method board
READERS = (*PROPOSERS, Role.AUDITOR)


class FigureForm(forms.Form):
    """A new value of a figure, with where it is from and from which day it is to hold."""

    code = forms.SlugField(max_length=40, label=gettext_lazy("修改编号"), help_text=gettext_lazy("字母、数字和短横线"))
    figure = forms.ChoiceField(label=gettext_lazy("参数"))
    value = forms.CharField(
        max_length=22, label=gettext_lazy("新数值"), help_text=gettext_lazy("单位不变；确认现值时照填")
    )
    source = forms.CharField(
        max_length=200, label=gettext_lazy("来源"), help_text=gettext_lazy("文件、标准或会议纪要的名称")
    )
    locator = forms.CharField(max_length=200, required=False, label=gettext_lazy("出处"))
    effective_on = forms.DateField(
        label=gettext_lazy("生效日"), widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("晚于今天；电力因子只能自 1 月 1 日起"),
    )  # fmt: skip
    reason = forms.CharField(max_length=400, label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 3}))
    override_reason = forms.CharField(
        max_length=400, required=False, label=gettext_lazy("超出已公布范围的理由"),
        help_text=gettext_lazy("只在数值超出其他地区公布的范围时填写"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        shown = factors.figures_in_force(timezone.localdate() + timedelta(days=1))
        self.fields["figure"].choices = [  # type: ignore[attr-defined]
            (f"{row.table}/{row.key}", f"{row.key} · {row.figure.value} {row.figure.unit}/{row.figure.per}")
            for row in shown
        ]
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


def act_page(request: HttpRequest, act: str) -> HttpResponse:
    """Explain how one act is counted."""
    found = ACTS.get(act)
    if found is None:
        raise Http404
    return render(request, "greenpoints/act.html", {"act": act_pages.told(found, on=timezone.localdate())})


@roles.required(*READERS)
def page(request: HttpRequest) -> HttpResponse:
    """Show the changes with what differs, those that wait first, and every figure in force."""
    shown = factors.figures_in_force(timezone.localdate())
    context = {
        "changes": factors.factor_changes(),
        "figures": shown,
        "unconfirmed": sum(not row.figure.approved for row in shown),
        "proposes": bool(roles.held(request.user) & set(PROPOSERS)),
        "decides": roles.holds(request.user, DECIDER),
        "reader": getattr(request.user, "username", ""),
    }
    return render(request, "greenpoints/factors.html", context)


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the form that was sent, with why it was refused."""
    return _form_page(request, FigureForm(request.POST), refusal=refusal, status=refusal.status)


@roles.required(*PROPOSERS)
@idempotent_form(refused=refused)
def propose(request: HttpRequest) -> HttpResponse:
    """Propose a figure; another person decides."""
    if request.method != "POST":
        return _form_page(request, FigureForm(initial={"figure": request.GET.get("figure", "")}))
    form = FigureForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    given = dict(form.cleaned_data)
    table, _slash, key = given.pop("figure").partition("/")
    code = given.pop("code")
    changes.propose(
        NewFigure(table=table, key=key, **given), code=code, by=request.user.get_username(), at=timezone.now()
    )
    messages.success(request, _("已提出，请另一人批准。"))
    return redirect("factors")


@require_POST
@roles.required(DECIDER)
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """Approve or refuse a proposed figure; sent again, it changes nothing."""
    step = request.POST.get("step", "")
    if step not in {"approve", "refuse"}:
        messages.error(request, _("没有这一步。"))
        return redirect("factors")
    note, by = request.POST.get("note", "").strip(), request.user.get_username()
    try:
        changes.decide(code, approve=step == "approve", note=note, by=by, at=timezone.now())
        messages.success(request, _("已办理。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("factors")


def _form_page(
    request: HttpRequest, form: FigureForm, *, refusal: RuleViolation | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "refusal": refusal, "idempotency_key": uuid.uuid4().hex}
    return render(request, "greenpoints/factor_new.html", context, status=status)
