"""A merchant's own pages: vouchers taken in, the day closed, refunds, statements and objections to them."""

import uuid
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from core.idempotency import idempotent_form
from greenpoints import queries
from greenpoints.queries import merchants
from greenpoints.redemption import redemptions, settlements, vouchers
from identity import roles
from identity.role_codes import Role

View = Callable[..., HttpResponse]


def for_own_merchant(view: View) -> View:
    """Let in those who work for a merchant, and pass its code on; others sign in, or are refused."""

    @roles.required(Role.MERCHANT)
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        own = getattr(request.user, "organisation", None)
        if own is None or not roles.holds(request.user, Role.MERCHANT, region=own.region, organisation=own.code):
            raise roles.RoleMissing(needs=[Role.MERCHANT])
        return view(request, own.code, *args, **kwargs)

    return checked


def voucher_refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    """Show the till again with why the code was refused."""
    told = {"refusal": refusal, "code": request.POST.get("code", "")[:40]}
    return _voucher_page(request, told, status=refusal.status)


def _voucher_page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    more = {"idempotency_key": uuid.uuid4().hex}
    return render(request, "merchants/voucher.html", context | more, status=status)


@for_own_merchant
def voucher(request: HttpRequest, merchant: str) -> HttpResponse:
    """Take a voucher in by its code, which is read out, typed or scanned into the field."""
    return _take_voucher(request, merchant)


@idempotent_form(refused=voucher_refused)
def _take_voucher(request: HttpRequest, merchant: str) -> HttpResponse:
    if request.method != "POST":
        return _voucher_page(request, {"code": request.GET.get("code", "")[:40]})
    done = vouchers.use(merchant=merchant, code=request.POST.get("code", "")[:40], at=timezone.now())
    return _voucher_page(request, {"done": done})


@for_own_merchant
def day(request: HttpRequest, merchant: str) -> HttpResponse:
    """Show what was taken in on a day, order by order, with its refunds and the sum."""
    on = _day(request.GET.get("on", "")) or timezone.localdate()
    context = {
        "on": on,
        "today": timezone.localdate(),
        "sums": queries.merchant_day(merchant, on=on),
        "orders": merchants.orders(merchant, on=on),
        "refunds": merchants.refunds(merchant, on=on),
        "waiting": merchants.waiting(merchant),
        "line": uuid.uuid4().hex[:12],
    }
    return render(request, "merchants/day.html", context)


@require_POST
@for_own_merchant
def refund(request: HttpRequest, merchant: str) -> HttpResponse:
    """Give coins of a confirmed order back; the hidden line makes a form that is sent twice one refund."""
    told = request.POST.get("coins", "").strip()
    try:
        if not told.isdecimal() or len(told) > 9:
            raise redemptions.TooManyCoins(coins=told[:20])
        redemptions.refund(
            merchant=merchant,
            order=request.POST.get("order", "")[:64],
            line=request.POST.get("line", "")[:20],
            coins=int(told),
            at=timezone.now(),
        )
        messages.success(request, _("已退回 {coins} 碳币，回到居民原来的批次。").format(coins=int(told)))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    on = _day(request.POST.get("on", ""))
    answer = redirect("merchant_day")
    answer["Location"] += f"?on={on}" if on else ""
    return answer


@for_own_merchant
def statements(request: HttpRequest, merchant: str) -> HttpResponse:
    """Show the merchant's statements, newest first, with what was objected and answered."""
    return render(request, "merchants/statements.html", {"statements": merchants.statements(merchant)})


@require_POST
@for_own_merchant
def dispute(request: HttpRequest, merchant: str, last_on: str) -> HttpResponse:
    """Object to a statement or to one order in it."""
    try:
        settlements.dispute(
            merchant=merchant,
            last_on=_day(last_on) or date.min,
            order=request.POST.get("order", "").strip()[:64],
            reason=request.POST.get("reason", "").strip()[: settlements.MAX_REASON],
            by=request.user.get_username(),
            at=timezone.now(),
        )
        messages.success(request, _("异议已提交，答复之前不付款。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("merchant_statements")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
