"""Merchants check vouchers and take them in at the till. Every request is signed."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from core.idempotency import idempotent
from greenpoints.redemption import vouchers
from greenpoints.schemas.vouchers import VoucherOut

router = Router()


@router.get("/greenpoints/vouchers/{code}", response=VoucherOut)
def check_voucher(request: HttpRequest, code: str) -> Any:
    """Tell what a voucher of the merchant that signs is for, and whether it is still good; nothing is taken."""
    return vouchers.check(merchant=request.auth, code=code, at=timezone.now())  # type: ignore[attr-defined]


@router.post("/greenpoints/vouchers/{code}/redeem", response=VoucherOut)
@idempotent
def redeem_voucher(request: HttpRequest, code: str) -> Any:
    """Take a voucher in, once: its coins are the merchant's from then on."""
    merchant, now = request.auth, timezone.now()  # type: ignore[attr-defined]
    vouchers.use(merchant=merchant, code=code, at=now)
    return vouchers.check(merchant=merchant, code=code, at=now)
