"""Shapes of what merchants send and get."""

from datetime import datetime
from typing import Annotated

from ninja import Schema
from pydantic import Field

from core.schemas import StrictSchema

Order = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,49}$", examples=["till-7-000123"])]
RefundLine = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,19}$", description="the merchant's name of it", examples=["line-1"]),
]
Coins = Annotated[int, Field(ge=1, le=1_000_000, examples=[20])]


class RedemptionIn(StrictSchema):
    """Coins of a resident for an order of the merchant that signs."""

    order: Order
    subject_ref: Annotated[str, Field(min_length=1, max_length=64)]
    coins: Coins


class ConfirmIn(StrictSchema):
    """How many of the coins held are taken; all where it is left out."""

    coins: Coins | None = None


class RefundIn(StrictSchema):
    """A refund, named once per order; without ``coins`` all that has not gone back yet."""

    line: RefundLine
    coins: Coins | None = None


class RedemptionOut(Schema):
    """A redemption as the merchant sees it."""

    order: str
    coins: int
    confirmed_coins: int
    refunded_coins: int
    status: str
    held_at: datetime
    expires_at: datetime
