"""Shapes of a merchant's statements and of its disputes."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from core.schemas import QuerySchema, StrictSchema
from greenpoints.schemas.redemptions import Order


class StatementPath(QuerySchema):
    """The statement whose period ends on this day."""

    last_on: Annotated[date, Field(examples=["2026-11-30"])]


class DisputeIn(StrictSchema):
    """Why the statement, or one order in it, is wrong."""

    reason: Annotated[str, Field(min_length=1, max_length=400, examples=["少计一笔订单"])]
    order: Order | None = None


class DisputeOut(Schema):
    """An objection: open, accepted or rejected; ``order`` is empty where it is to the whole statement."""

    id: int
    order: str
    reason: str
    status: str
    answer: str


class MerchantStatementOut(Schema):
    """What was confirmed and refunded from ``first_on`` to ``last_on``, both included, in whole coins and fen.

    ``due_fen = carried_fen + confirmed_fen - refunded_fen``; below zero the merchant owes it.
    """

    first_on: date
    last_on: date
    orders: int
    confirmed_coins: int
    confirmed_fen: int
    refunds: int
    refunded_coins: int
    refunded_fen: int
    carried_fen: int
    due_fen: int
    paid_fen: int
    status: str
    bank_reference: str
    disputes: list[DisputeOut]
