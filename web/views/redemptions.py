"""A merchant's desk: hold a resident's coins for an order, then confirm or give them back."""

import re
import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints.redemption import redemptions
from identity import one_time_codes, roles
from identity.role_codes import Role

PURPOSE = "redemption"
ORDER = re.compile(r"^[0-9A-Za-z-]{1,40}\Z")
STEPS = ("hold", "confirm", "release")


class HoldForm(forms.Form):
    """What the desk enters for the first step."""

    order = forms.RegexField(
        ORDER, label=_("订单短码"), help_text=_("印在小票上，字母、数字和短横线，同一单只用一次。")
    )
    code = forms.CharField(
        max_length=20,
        label=_("居民出示的一次性码"),
        help_text=_("居民在“我的绿宝”页面点“出示一次性码”，5 分钟内有效。"),
    )
    coins = forms.IntegerField(min_value=1, max_value=1_000_000, label=_("碳币数"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for name, field in self.fields.items():
            field.widget.attrs |= {"autocomplete": "off"}
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the first step again, with why it was refused."""
    return _page(request, {"form": HoldForm(request.POST), "refusal": refusal}, status=refusal.status)


@roles.required(Role.MERCHANT)
@idempotent_form(refused=refused)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk; a POST takes the step that its button names, for the merchant that the user's role is for."""
    assert request.user.is_authenticated  # a merchant has signed in
    merchant = request.user.organisation
    if merchant is None:
        return _page(request, {})
    if not roles.holds(request.user, Role.MERCHANT, region=merchant.region, organisation=merchant.code):
        raise roles.RoleMissing(needs=[Role.MERCHANT], organisation=merchant.code)
    if request.method != "POST":
        return _page(request, {"form": HoldForm()})
    step = request.POST.get("step", "")
    if step not in STEPS or (step != "hold" and not ORDER.fullmatch(request.POST.get("order", ""))):
        step = "hold"
    return _page(request, take(request, step=step, merchant=merchant.code))


@never_cache
@login_required
@require_POST
def show_code(request: HttpRequest) -> HttpResponse:
    """Show the signed-in resident a new code that lets one merchant take coins once."""
    person = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    now = timezone.now()
    code = one_time_codes.issue(person.ref, purpose=PURPOSE, at=now)
    told = {"code": f"{code[:4]} {code[4:]}", "until": now + one_time_codes.VALID_FOR, "person": person.ref}
    return render(request, "greenpoints/code.html", told)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    merchant = getattr(request.user, "organisation", None)
    more = {"merchant": merchant, "idempotency_key": uuid.uuid4().hex}
    return render(request, "greenpoints/redeem.html", context | more, status=status)


def take(request: HttpRequest, *, step: str, merchant: str) -> dict[str, object]:
    """Take one step for this merchant and return what the page shows next; raises what the rules refuse."""
    now = timezone.now()
    if step == "hold":
        form = HoldForm(request.POST)
        if not form.is_valid():
            return {"form": form}
        told = form.cleaned_data
        person = one_time_codes.redeem(told["code"], purpose=PURPOSE, at=now)
        held = redemptions.hold(person=person, merchant=merchant, coins=told["coins"], order=told["order"], at=now)
        return {"step": "confirm", "order": held}
    order = request.POST["order"]
    if step == "release":
        return {"step": "done", "released": True, "order": redemptions.release(merchant=merchant, order=order, at=now)}
    done = redemptions.confirm(merchant=merchant, order=order, at=now)
    return {"step": "done", "order": done, "before": done.resolved_at if done.resolved_at != now else None}
