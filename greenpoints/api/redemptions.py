"""Merchants take coins in two steps, and give back what they took. Every request is signed."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router

from core.errors import RuleViolation
from core.idempotency import idempotent
from greenpoints.redemption import redemptions
from greenpoints.schemas.redemptions import (
    ConfirmIn,
    RedemptionIn,
    RedemptionOut,
    RefundIn,
)
from identity import queries as identity_queries

router = Router()


class SubjectUnknown(RuleViolation):
    """No resident has bound an account to this token of the merchant."""

    code = "subject_unknown"
    message = _("未找到绑定的居民。")
    status = 404


@router.post("/greenpoints/redemptions", response=RedemptionOut)
@idempotent
def hold_coins(request: HttpRequest, body: RedemptionIn) -> Any:
    """Set a resident's coins aside for an order of the merchant that signs."""
    merchant = request.auth  # type: ignore[attr-defined]
    (person,) = identity_queries.person_refs(partner=merchant, subject_refs=[body.subject_ref])
    if person is None:
        raise SubjectUnknown(subject_ref=body.subject_ref)
    return redemptions.hold(person=person, merchant=merchant, coins=body.coins, order=body.order, at=timezone.now())


@router.post("/greenpoints/redemptions/{order}/confirm", response=RedemptionOut)
@idempotent
def confirm_coins(request: HttpRequest, order: str, body: ConfirmIn) -> Any:
    """Take the coins held for the order, all or a part; the rest goes back."""
    return redemptions.confirm(merchant=request.auth, order=order, coins=body.coins, at=timezone.now())  # type: ignore[attr-defined]


@router.post("/greenpoints/redemptions/{order}/void", response=RedemptionOut)
@idempotent
def void_redemption(request: HttpRequest, order: str) -> Any:
    """Give the coins held for the order back."""
    return redemptions.release(merchant=request.auth, order=order, at=timezone.now())  # type: ignore[attr-defined]


@router.post("/greenpoints/redemptions/{order}/refunds", response=RedemptionOut)
@idempotent
def refund_coins(request: HttpRequest, order: str, body: RefundIn) -> Any:
    """Give coins of a confirmed order back to the resident, all that is left or a part; a line is one refund."""
    merchant = request.auth  # type: ignore[attr-defined]
    return redemptions.refund(merchant=merchant, order=order, line=body.line, coins=body.coins, at=timezone.now())
