"""Shapes of deliveries and what became of them."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from core.schemas import QuerySchema

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,39}$")]


class BatchQuery(QuerySchema):
    """Which batch the body is."""

    batch: Code
    business_on: date


class BatchReceived(Schema):
    """A batch that was kept; it is credited in the background."""

    batch: str
    business_on: date
    digest: str
    status: str


class BatchOut(Schema):
    """A batch with its rows counted."""

    partner: str
    code: str
    business_on: date
    status: str
    digest: str
    rows: int
    posted_mg: int
    by_status: dict[str, int]
    by_reason: dict[str, int]
