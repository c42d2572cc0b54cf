"""Campaigns and grants: one operator proposes, another decides; the page shows both who."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core import regions
from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints.points import campaigns, grants
from greenpoints.points.campaigns import Terms
from greenpoints.quantification.acts import ACTS
from greenpoints.queries import desk
from identity import roles
from identity.role_codes import Role


class DeskForm(forms.Form):
    """A form of the desk: no required attributes, hints that a reader is told of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


class CampaignForm(DeskForm):
    """The terms of a campaign."""

    code = forms.SlugField(
        max_length=40, label=gettext_lazy("活动代码"), help_text=gettext_lazy("小写字母、数字和短横线")
    )
    title_zh = forms.CharField(max_length=100, label=gettext_lazy("中文名称"))
    title_en = forms.CharField(max_length=100, label=gettext_lazy("英文名称"))
    sponsor = forms.ChoiceField(label=gettext_lazy("出资方"))
    numerator = forms.IntegerField(
        min_value=2, max_value=1000, label=gettext_lazy("倍数分子"), help_text=gettext_lazy("如 6/5 即 1.2 倍")
    )
    denominator = forms.IntegerField(min_value=1, max_value=1000, initial=1, label=gettext_lazy("倍数分母"))
    valid_from = forms.DateField(label=gettext_lazy("开始日"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_to = forms.DateField(label=gettext_lazy("结束日（不含）"), widget=forms.DateInput(attrs={"type": "date"}))
    person_cap = forms.IntegerField(min_value=1, max_value=1_000_000, label=gettext_lazy("每人最多碳币"))
    budget_coins = forms.IntegerField(min_value=1, max_value=10**12, label=gettext_lazy("预算碳币"))
    acts = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("行为"), help_text=gettext_lazy("不选即全部"),
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )  # fmt: skip
    regions = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("县区"), help_text=gettext_lazy("不选即全市"),
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )  # fmt: skip
    declared_days = forms.BooleanField(required=False, label=gettext_lazy("只在宣布的日子有效（如空气污染日）"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "sponsor": [(row.sponsor, row.sponsor) for row in desk.funds()],
            "acts": [(code, f"{code} {act.zh}") for code, act in ACTS.items()],
            "regions": [(county.code, county.zh) for county in regions.counties()],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]


class GrantForm(DeskForm):
    """Coins for one resident."""

    code = forms.SlugField(max_length=40, label=gettext_lazy("发放代码"))
    person = forms.RegexField(r"^[A-Z2-7]{16}$", label=gettext_lazy("居民编号"))
    sponsor = forms.ChoiceField(label=gettext_lazy("出资方"))
    coins = forms.IntegerField(min_value=1, max_value=1_000_000, label=gettext_lazy("碳币数"))
    reason = forms.CharField(max_length=200, label=gettext_lazy("事由"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sponsor"].choices = [(row.sponsor, row.sponsor) for row in desk.funds()]  # type: ignore[attr-defined]


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the form that was sent, with why it was refused."""
    form = CampaignForm(request.POST) if "numerator" in request.POST else GrantForm(request.POST)
    return _page(request, form, refusal=refusal, status=refusal.status)


@roles.required(Role.OPERATOR)
@idempotent_form(refused=refused)
def new_campaign(request: HttpRequest) -> HttpResponse:
    """Propose a campaign; another operator activates it."""
    form = CampaignForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if request.method == "POST" else 200)
    told = dict(form.cleaned_data)
    campaigns.propose(told.pop("code"), Terms(**told), by=request.user.get_username(), at=timezone.now())
    messages.success(request, _("已提出，请另一位运营员复核。"))
    return redirect("operator_desk")


@roles.required(Role.OPERATOR)
@idempotent_form(refused=refused)
def new_grant(request: HttpRequest) -> HttpResponse:
    """Propose coins for a resident; another operator pays them."""
    form = GrantForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if request.method == "POST" else 200)
    grants.propose(**form.cleaned_data, by=request.user.get_username(), at=timezone.now())
    messages.success(request, _("已提出，请另一位运营员复核。"))
    return redirect("operator_desk")


@require_POST
@roles.required(Role.OPERATOR)
def decide(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Take the step that the button names; each may be sent again, and changes nothing then."""
    by, now, step = request.user.get_username(), timezone.now(), request.POST.get("step", "")
    day = parse_date(request.POST.get("day", "")) if step == "declare" else None
    try:
        if (kind, step) == ("campaign", "activate"):
            campaigns.activate(code, by=by, at=now)
        elif (kind, step) == ("campaign", "stop"):
            campaigns.stop(code, by=by, at=now)
        elif (kind, step) == ("campaign", "declare") and day is not None:
            campaigns.declare_day(code, day, by=by)
        elif (kind, step) == ("grant", "approve"):
            grants.approve(code, by=by, at=now)
        elif (kind, step) == ("grant", "refuse"):
            grants.refuse(code, by=by, at=now)
        else:
            messages.error(request, _("没有这一步。"))
            return redirect("operator_desk")
        messages.success(request, _("已办理。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("operator_desk")


def _page(
    request: HttpRequest, form: DeskForm, *, refusal: RuleViolation | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "refusal": refusal,
        "is_campaign": isinstance(form, CampaignForm),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "greenpoints/desk/propose.html", context, status=status)
