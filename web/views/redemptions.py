"""A merchant's desk: hold a resident's coins for an order, then confirm or give them back."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints import redemptions
from identity import roles
from identity.role_codes import Role

STEPS = ("hold", "confirm", "release")


class HoldForm(forms.Form):
    """What the desk enters for the first step."""

    order = forms.RegexField(
        r"^[0-9A-Za-z-]{1,40}$", label=_("订单短码"), help_text=_("印在小票上，字母、数字和短横线，同一单只用一次。")
    )
    person = forms.RegexField(
        r"^[A-Z2-7]{16}$", label=_("居民编号"), help_text=_("16 位，在居民卡或“我的绿宝”页面上。"), strip=True
    )
    coins = forms.IntegerField(min_value=1, max_value=1_000_000, label=_("碳币数"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        for name, field in self.fields.items():
            field.widget.attrs |= {"autocomplete": "off"}
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


@roles.required(Role.MERCHANT)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk; a POST takes the step that its button names. Each step may safely be sent twice."""
    assert request.user.is_authenticated  # a merchant has signed in
    merchant = request.user.organisation
    if request.method != "POST" or merchant is None:
        return render(request, "greenpoints/redeem.html", {"form": HoldForm(), "merchant": merchant})
    step = request.POST.get("step", "")
    if step not in STEPS or (step != "hold" and not request.POST.get("order")):
        step = "hold"
    try:
        context = take(request, step=step, merchant=merchant.code)
    except RuleViolation as refusal:
        context = {"form": HoldForm(request.POST), "refusal": refusal}
        return render(request, "greenpoints/redeem.html", context | {"merchant": merchant}, status=refusal.status)
    return render(request, "greenpoints/redeem.html", context | {"merchant": merchant})


def take(request: HttpRequest, *, step: str, merchant: str) -> dict[str, object]:
    """Take one step for this merchant and return what the page shows next; raises what the rules refuse."""
    now = timezone.now()
    if step == "hold":
        form = HoldForm(request.POST)
        if not form.is_valid():
            return {"form": form}
        held = redemptions.hold(**form.cleaned_data, merchant=merchant, at=now)
        return {"step": "confirm", "order": held}
    order = request.POST["order"]
    if step == "release":
        return {"step": "done", "released": True, "order": redemptions.release(merchant=merchant, order=order, at=now)}
    return {"step": "done", "order": redemptions.confirm(merchant=merchant, order=order, at=now)}
