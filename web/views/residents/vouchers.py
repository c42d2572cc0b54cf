"""What a resident can have for coins, and the vouchers they hold, to show at the till or to print."""

import io
import uuid
from typing import Any

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from greenpoints import queries
from greenpoints.redemption import vouchers
from greenpoints.redemption.vouchers import OfferView, VoucherView
from identity import queries as identity_queries
from web import parties_shown
from web.views.residents.readers import acted_by_owner, seen_by_reader

HELD = "held"


@never_cache
@seen_by_reader
def page(request: HttpRequest, person: str) -> HttpResponse:
    """Show the catalogue and the person's vouchers. Codes are shown to the owner only: who has one can use it."""
    own, today = identity_queries.acts_for(request.user, person), timezone.localdate()
    coins = queries.resident_summary(person, on=today).coins
    context = {
        "person": person,
        "own": own,
        "coins": coins,
        "offers": [_offered(row, coins=coins) for row in vouchers.catalogue(on=today)],
        "vouchers": [_shown(row, own=own) for row in vouchers.wallet(person)],
    }
    return render(request, "greenpoints/vouchers.html", context)


@require_POST
@acted_by_owner
def take(request: HttpRequest, person: str) -> HttpResponse:
    """Take a voucher; the hidden request makes a form that is sent twice one voucher."""
    told = request.POST.get("request", "")[: vouchers.MAX_REQUEST]
    try:
        row = vouchers.take(person=person, offer=request.POST.get("offer", "")[:40], request=told, at=timezone.now())
        messages.success(request, _("已换到：{title}。到店出示券码即可。").format(title=_title(row)))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("vouchers", person=person)


@require_POST
@acted_by_owner
def give_up(request: HttpRequest, person: str) -> HttpResponse:
    """Give an unused voucher back for its coins."""
    try:
        vouchers.give_up(person=person, code=request.POST.get("code", "")[:40], at=timezone.now())
        messages.success(request, _("已退回，碳币回到原来的批次。"))
    except RuleViolation as refusal:
        messages.error(request, str(refusal.message))
    return redirect("vouchers", person=person)


def _offered(row: OfferView, *, coins: int) -> dict[str, Any]:
    return {
        "code": row.code,
        "title": _title(row),
        "shop": parties_shown.name(row.merchant),
        "coins": row.coins,
        "left": row.left,
        "missing": max(0, row.coins - coins),
        "valid_to": row.valid_to,
        "days": row.voucher_days,
        "request": uuid.uuid4().hex,
    }


def _shown(row: VoucherView, *, own: bool) -> dict[str, Any]:
    good = row.status == HELD
    return {
        "title": _title(row),
        "shop": parties_shown.name(row.merchant),
        "coins": row.coins,
        "good": good,
        "used_at": row.used_at,
        "expires_on": row.expires_on,
        "code": row.code if own and good else "",
        "qr": _qr(row.code) if own and good else "",
    }


def _title(row: OfferView | VoucherView) -> str:
    return row.title_en if (get_language() or "").startswith("en") else row.title_zh


def _qr(code: str) -> SafeString:
    """Return the code as an inline SVG without any style of its own; the letters stand beside it for everybody."""
    out = io.BytesIO()
    segno.make(code.replace("-", ""), error="m", micro=False).save(
        out, kind="svg", scale=4, border=3, xmldecl=False, svgns=True, light="#fff", omitsize=True, nl=False
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made of sixteen letters of our own alphabet
