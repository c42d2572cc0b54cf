"""The finance office pays merchants' statements and answers what they object to."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from greenpoints.queries import merchants
from greenpoints.redemption import settlements
from identity import roles
from identity.role_codes import Role
from web import parties_shown


@roles.required(Role.FINANCE_OFFICER, Role.AUDITOR)
def page(request: HttpRequest) -> HttpResponse:
    """Show the statements that wait to be paid or answered, the oldest first."""
    rows = [{"row": row, "name": parties_shown.name(row.merchant)} for row in merchants.open_statements()]
    may_pay = Role.FINANCE_OFFICER.value in roles.held(request.user)
    return render(request, "merchants/settlements.html", {"rows": rows, "may_pay": may_pay})


@require_POST
@roles.required(Role.FINANCE_OFFICER)
def pay(request: HttpRequest) -> HttpResponse:
    """Write down that the bank has paid a statement."""
    try:
        paid = settlements.pay(
            merchant=request.POST.get("merchant", "")[:64],
            last_on=_day(request.POST.get("last_on", "")),
            bank_reference=request.POST.get("bank_reference", "").strip()[: settlements.MAX_BANK_REFERENCE],
            by=request.user.get_username(),
            at=timezone.now(),
        )
        messages.success(request, _("已登记付款 {yuan} 元。").format(yuan=f"{paid.paid_fen / 100:,.2f}"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("settlements")


@require_POST
@roles.required(Role.FINANCE_OFFICER)
def answer(request: HttpRequest) -> HttpResponse:
    """Answer an objection; the statement can be paid once all are answered."""
    told = request.POST.get("dispute", "")
    try:
        settlements.answer(
            int(told) if told.isdecimal() and len(told) < 16 else 0,
            accept=request.POST.get("decision") == "accept",
            text=request.POST.get("answer", "").strip()[: settlements.MAX_REASON],
            by=request.user.get_username(),
            at=timezone.now(),
        )
        messages.success(request, _("已答复。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("settlements")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
