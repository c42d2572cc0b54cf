"""The catalogue: a merchant's offers, proposed by one person and opened by another."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Offer, OfferStatus
from greenpoints.points.grants import SamePersonDecides
from greenpoints.redemption.redemptions import NotAMerchant
from identity import queries as identity_queries


class OfferRefused(RuleViolation):
    """An offer whose terms cannot be: ``field`` says which."""

    code = "offer_refused"
    message = _("兑换品的条件不符合要求。")
    status = 422


class OfferDiffers(RuleViolation):
    """The code names another offer already."""

    code = "offer_differs"
    message = _("该编号已用于其他兑换品。")


class OfferMissing(RuleViolation):
    """No offer has this code."""

    code = "offer_missing"
    message = _("找不到该兑换品。")
    status = 404


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """What an offer is: ``coins`` for one piece, ``stock`` pieces in all (None: without end), days of a voucher."""

    merchant: str
    title_zh: str
    title_en: str
    coins: int
    stock: int | None
    each_at_most: int
    voucher_days: int
    valid_from: date
    valid_to: date


def propose(code: str, terms: OfferTerms, *, by: str) -> None:
    """Propose an offer; the same again changes nothing. Raises NotAMerchant, OfferRefused, OfferDiffers."""
    if identity_queries.organisation(terms.merchant).kind != "merchant":
        raise NotAMerchant(merchant=terms.merchant)
    for fault, right in (
        ("code", 0 < len(code) <= 40 and code.isascii()),
        ("title", 0 < len(terms.title_zh) <= 100 and 0 < len(terms.title_en) <= 100),
        ("coins", 0 < terms.coins <= 1_000_000),
        ("stock", terms.stock is None or 0 < terms.stock <= 1_000_000),
        ("each_at_most", 0 < terms.each_at_most <= 1_000),
        ("voucher_days", 0 < terms.voucher_days <= 366),
        ("days", terms.valid_from < terms.valid_to),
    ):
        if not right:
            raise OfferRefused(field=fault)
    told = {name: getattr(terms, name) for name in OfferTerms.__dataclass_fields__} | {"proposed_by": by}
    try:
        with transaction.atomic():
            Offer.objects.create(code=code, **told)
    except IntegrityError:
        known = Offer.objects.get(code=code)
        if any(getattr(known, name) != value for name, value in told.items()):
            raise OfferDiffers(offer=code) from None


def open_offer(code: str, *, by: str) -> None:
    """Put an offer into the catalogue, by another person than who proposed it; again: nothing."""
    with transaction.atomic():
        row = offer_row(code)
        if row.proposed_by == by:
            raise SamePersonDecides(by=by)
        if row.status == OfferStatus.PROPOSED:
            row.status, row.approved_by = OfferStatus.OPEN, by
            row.save(update_fields=["status", "approved_by"])


def close_offer(code: str) -> None:
    """Take an offer out of the catalogue; vouchers that are out stay good. Again: nothing."""
    Offer.objects.filter(pk=offer_row(code).pk).update(status=OfferStatus.CLOSED)


def offer_row(code: str) -> Offer:
    """Return the offer, or raise OfferMissing."""
    row = Offer.objects.filter(code=code).first()
    if row is None:
        raise OfferMissing(offer=code)
    return row
