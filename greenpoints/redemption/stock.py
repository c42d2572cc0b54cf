"""How much of an offer there is: set aside with a voucher, used up or free again with its end."""

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Offer, OfferStatus


class OutOfStock(RuleViolation):
    """Nothing is left of the offer, or it cannot be had any more."""

    code = "out_of_stock"
    message = _("该兑换品已兑完或已下架。")


def reserve(code: str) -> None:
    """Set one of the offer aside, or raise OutOfStock; of two who want the last one, one gets it."""
    some_left = Q(stock__isnull=True) | Q(stock__gt=F("reserved") + F("used"))
    if not Offer.objects.filter(some_left, code=code, status=OfferStatus.OPEN).update(reserved=F("reserved") + 1):
        raise OutOfStock(offer=code)


def settle(offer_id: int, *, used: bool) -> None:
    """End a setting-aside: used up, or free again."""
    changes = {"reserved": F("reserved") - 1} | ({"used": F("used") + 1} if used else {})
    Offer.objects.filter(pk=offer_id).update(**changes)
