"""A merchant's day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from greenpoints.models import Redemption, RedemptionStatus
from greenpoints.screening.checks import day_bounds_us


@dataclass(frozen=True, slots=True)
class MerchantDay:
    """What a merchant took in on a day."""

    merchant: str
    day: date
    orders: int
    coins: int
    owed_fen: int


def merchant_day(merchant: str, *, on: date) -> MerchantDay:
    """Return the orders that the merchant's customers confirmed on the day, and what it is owed for them."""
    first_us, next_us = day_bounds_us(on)
    start, end = (datetime.fromtimestamp(us // 1_000_000, UTC) for us in (first_us, next_us))
    found = Redemption.objects.filter(
        merchant=merchant, status=RedemptionStatus.CONFIRMED, resolved_at__gte=start, resolved_at__lt=end
    ).aggregate(orders=Count("id"), coins=Coalesce(Sum("confirmed_coins"), 0), fen=Coalesce(Sum("confirmed_fen"), 0))
    return MerchantDay(
        merchant=merchant, day=on, orders=found["orders"], coins=int(found["coins"]), owed_fen=int(found["fen"])
    )
