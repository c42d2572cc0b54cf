"""Shapes of the register of units."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from core.schemas import QuerySchema, StrictSchema

Order = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,49}$")]
SerialOrSeries = Annotated[str, Field(pattern=r"^[A-Z0-9\-]{7,60}$")]
Kilograms = Annotated[int, Field(ge=1, le=10**10)]


class RetirementIn(StrictSchema):
    """Units of the organisation that signs are used up: a serial range, or ``METHOD-YEAR`` with ``quantity_kg``."""

    order: Order
    serial_or_series: SerialOrSeries
    quantity_kg: Kilograms | None = None
    beneficiary: Annotated[str, Field(min_length=1, max_length=120)]
    purpose: Literal["event", "park_offset", "ets", "voluntary"]
    note: Annotated[str, Field(max_length=200)] = ""


class TransferIn(StrictSchema):
    """Units of the organisation that signs go to another one."""

    order: Order
    serial_or_series: SerialOrSeries
    quantity_kg: Kilograms | None = None
    to: Annotated[str, Field(min_length=1, max_length=40)]


class OrderOut(Schema):
    """An order that was carried out."""

    order: str
    kind: str
    method: str
    vintage: int
    holder: str
    counterparty: str
    quantity_kg: int
    serials: list[str]
    beneficiary: str
    purpose: str
    note: str
    certificate: str
    at: datetime


class SeriesOut(Schema):
    """The units of a method and year, in kg."""

    method: str
    title_zh: str
    title_en: str
    vintage: int
    issued_kg: int
    held_kg: int
    buffer_kg: int
    retired_kg: int
    other_kg: int


class LifeLineOut(Schema):
    """A line in the life of a block of numbers."""

    serial: str
    holder: str
    was: str
    became: str
    order: str
    kind: str
    counterparty: str
    note: str
    hash: str
    at: datetime


class LifeOut(Schema):
    """The life of a range of numbers."""

    serial: str
    batch: str
    issued_on: datetime
    now: list[LifeLineOut]
    lines: list[LifeLineOut]


class RetirementOut(Schema):
    """Units that were used up."""

    certificate: str
    method: str
    vintage: int
    quantity_kg: int
    serials: list[str]
    holder: str
    beneficiary: str
    purpose: str
    note: str
    at: datetime


class RetirementsOut(Schema):
    """A page of retirements; ``next`` is the ``after`` of the next one, or null."""

    items: list[RetirementOut]
    next: int | None


class RetirementsQuery(QuerySchema):
    """Which retirements, and how many."""

    beneficiary: Annotated[str, Field(max_length=120)] = ""
    purpose: Annotated[str, Field(max_length=16)] = ""
    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 50
