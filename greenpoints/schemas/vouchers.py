"""Shapes of vouchers as a till sees them."""

from datetime import date, datetime

from ninja import Schema


class VoucherOut(Schema):
    """A voucher; ``held`` is good, ``confirmed`` was used at ``used_at``. ``order`` is the order it is refunded by."""

    order: str
    offer: str
    title_zh: str
    title_en: str
    coins: int
    status: str
    expires_on: date
    used_at: datetime | None
