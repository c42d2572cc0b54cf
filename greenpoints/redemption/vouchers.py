"""Vouchers: coins set aside for an offer, with a code that is used once, at the till, on paper, or by telephone."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints import voucher_codes
from greenpoints.models import Offer, OfferStatus, Redemption, RedemptionStatus, Voucher
from greenpoints.points import lots
from greenpoints.redemption import redemptions
from greenpoints.redemption.offers import offer_row
from greenpoints.redemption.redemptions import RedemptionView
from greenpoints.screening.checks import LOCAL
from identity import sealing

MAX_REQUEST = 64


class VoucherRefused(RuleViolation):
    """The code is none of this merchant's vouchers, or the voucher has ended."""

    code = "voucher_refused"
    message = _("券码无效：不是本店的券、输错，或已过期退回。")
    status = 422


class VoucherUsed(RuleViolation):
    """The voucher was used before; ``used_at`` says when."""

    code = "voucher_used"
    message = _("该券已使用过。")


class EnoughVouchers(RuleViolation):
    """The resident has had as many of this offer as one may."""

    code = "enough_vouchers"
    message = _("您兑换该商品的数量已达上限。")


class OfferNotToday(RuleViolation):
    """The offer is not open on this day."""

    code = "offer_not_today"
    message = _("该兑换品当前不可兑换。")


@dataclass(frozen=True, slots=True)
class VoucherView:
    """What the resident sees of a voucher; ``status`` is that of its coins: held (good), confirmed (used), released."""

    code: str
    offer: str
    title_zh: str
    title_en: str
    merchant: str
    coins: int
    status: str
    expires_on: date
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TillView:
    """What the merchant sees of a voucher: no resident; ``order`` is what a refund of it is asked by."""

    order: str
    offer: str
    title_zh: str
    title_en: str
    coins: int
    status: str
    expires_on: date
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer in the catalogue; ``left`` is None where it never ends."""

    code: str
    merchant: str
    title_zh: str
    title_en: str
    coins: int
    left: int | None
    voucher_days: int
    valid_to: date


def catalogue(*, on: date) -> list[OfferView]:
    """Return the offers of the day of which something is left, the cheapest first."""
    left = Q(stock__isnull=True) | Q(stock__gt=F("reserved") + F("used"))
    rows = Offer.objects.filter(left, status=OfferStatus.OPEN, valid_from__lte=on, valid_to__gt=on)
    return [
        OfferView(
            row.code, row.merchant, row.title_zh, row.title_en, row.coins,
            None if row.stock is None else row.stock - row.reserved - row.used, row.voucher_days, row.valid_to,
        )
        for row in rows.order_by("coins", "code")
    ]  # fmt: skip


def take(*, person: str, offer: str, request: str, at: datetime) -> VoucherView:
    """Give the resident a voucher for the offer and set its coins aside; the same ``request`` again: the same voucher.

    Raises OfferMissing, OfferNotToday, EnoughVouchers, OutOfStock, CoinsNotAvailable, RealNameNeeded.
    """
    known = Voucher.objects.filter(person_ref=person, request=request).first()
    if known is not None:
        return view(known)
    row, day = offer_row(offer), lots.day_of(at)
    if not (
        row.status == OfferStatus.OPEN and row.valid_from <= day < row.valid_to and 0 < len(request) <= MAX_REQUEST
    ):
        raise OfferNotToday(offer=offer)
    number = _number(person, offer, request)
    last = day + timedelta(days=row.voucher_days)
    until = datetime.combine(last + timedelta(days=1), datetime.min.time(), LOCAL)
    try:
        with transaction.atomic():
            lots.lock(f"resident/{person}")
            had = row.vouchers.filter(person_ref=person).exclude(redemption__status=RedemptionStatus.RELEASED)
            if had.count() >= row.each_at_most:
                raise EnoughVouchers(offer=offer, most=row.each_at_most)
            order = _order(number)
            redemptions.hold(
                person=person, merchant=row.merchant, coins=row.coins, order=order, at=at, until=until, offer=offer
            )
            made = Voucher.objects.create(
                number=number,
                offer=row,
                redemption=redemptions.row_of(merchant=row.merchant, order=order),
                person_ref=person,
                request=request,
                expires_on=last,
                issued_at=at,
            )
    except IntegrityError:
        return view(Voucher.objects.get(person_ref=person, request=request))  # the same request was quicker
    return view(made)


def check(*, merchant: str, code: str, at: datetime) -> TillView:
    """Tell a till what a voucher is for and whether it was used, taking nothing. Raises VoucherRefused."""
    number = voucher_codes.number_of(code, key=merchant_key(merchant))
    rows = Voucher.objects.filter(redemption__merchant=merchant).select_related("redemption", "offer")
    row = None if number is None else rows.filter(number=number).first()
    if row is None or row.redemption.status == RedemptionStatus.RELEASED:
        raise VoucherRefused
    used_at = row.redemption.resolved_at
    if used_at is None and at >= row.redemption.expires_at:
        raise VoucherRefused(expired_at=row.redemption.expires_at.isoformat())
    return TillView(
        order=row.redemption.order,
        offer=row.offer.code,
        title_zh=row.offer.title_zh,
        title_en=row.offer.title_en,
        coins=row.redemption.coins,
        status=row.redemption.status,
        expires_on=row.expires_on,
        used_at=used_at,
    )


def use(*, merchant: str, code: str, at: datetime) -> RedemptionView:
    """Take a voucher in at the till of its merchant, once. Raises VoucherRefused, VoucherUsed."""
    number = voucher_codes.number_of(code, key=merchant_key(merchant))
    if number is None:
        raise VoucherRefused
    with transaction.atomic():
        # One till at a time: whoever comes second sees that it was used.
        row = Redemption.objects.select_for_update().filter(merchant=merchant, order=_order(number)).first()
        if row is None or row.status == RedemptionStatus.RELEASED:
            raise VoucherRefused
        if row.resolved_at is not None:
            raise VoucherUsed(used_at=row.resolved_at.isoformat())
        if at >= row.expires_at:
            raise VoucherRefused(expired_at=row.expires_at.isoformat())
        return redemptions.confirm(merchant=merchant, order=row.order, at=at)


def give_up(*, person: str, code: str, at: datetime) -> VoucherView:
    """Let a resident give an unused voucher back for its coins; again: nothing."""
    mine = Voucher.objects.filter(person_ref=person).select_related("redemption", "offer")
    row = next((row for row in mine if view(row).code == code), None)
    if row is None:
        raise VoucherRefused
    redemptions.release(merchant=row.redemption.merchant, order=row.redemption.order, at=at)
    row.redemption.refresh_from_db()
    return view(row)


def wallet(person: str, *, limit: int = 100) -> list[VoucherView]:
    """Return the resident's vouchers, the newest first."""
    rows = Voucher.objects.filter(person_ref=person).select_related("redemption", "offer")
    return [view(row) for row in rows.order_by("-issued_at", "-id")[:limit]]


def view(row: Voucher) -> VoucherView:
    """Return what the resident sees of the voucher."""
    merchant = row.redemption.merchant
    return VoucherView(
        code=voucher_codes.code(row.number, key=merchant_key(merchant)),
        offer=row.offer.code,
        title_zh=row.offer.title_zh,
        title_en=row.offer.title_en,
        merchant=merchant,
        coins=row.redemption.coins,
        status=row.redemption.status,
        expires_on=row.expires_on,
        used_at=row.redemption.resolved_at if row.redemption.status == RedemptionStatus.CONFIRMED else None,
    )


def merchant_key(merchant: str) -> bytes:
    """Return the key by which a merchant's till tells offline whether a code is genuine."""
    return sealing.derived_key(settings.FIELD_INDEX_KEY, use=f"vouchers/{merchant}")


def _order(number: int) -> str:
    return f"voucher-{number}"


def _number(person: str, offer: str, request: str) -> int:
    """Return the number of the voucher that a request gets: the same for the same request, and nobody can guess it."""
    key = sealing.derived_key(settings.FIELD_INDEX_KEY, use="voucher-numbers")
    digest = hmac.new(key, f"{person}/{offer}/{request}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:5])
