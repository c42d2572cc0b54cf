"""Shapes of single events and of the comparison of a day."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import Field

from core.schemas import QuerySchema, StrictSchema

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:\-]{1,64}$")]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_/]{1,24}$")]
Instant = Annotated[
    str, Field(max_length=40, description="RFC 3339 with its offset", examples=["2026-11-20T08:00:00+08:00"])
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class EvidenceIn(StrictSchema):
    """What proves an event, and the partner's reference of the proof."""

    type: Word
    ref: Name | None = None


class EventIn(StrictSchema):
    """One behaviour; the members of a line of a batch."""

    external_id: Name
    act: Name
    subject_ref: Name
    started_at: Instant
    ended_at: Instant
    quantity: int
    unit: Word
    evidence: EvidenceIn
    material: Word | None = None
    place: Annotated[str, Field(pattern=r"^[0-9b-hjkmnp-z]{1,6}$")] | None = None
    device: Name | None = None
    measures: dict[str, int] | None = None
    asset_ref: Name | None = None
    counterpart_ref: Name | None = None


class EventReceived(Schema):
    """An event that was kept; it is decided in the background."""

    external_id: str
    batch: str
    business_on: date
    status: str


class ChangeOut(Schema):
    """A change of the answer, by a batch that came later."""

    batch: str
    reason_before: str
    reason: str
    posted_mg_before: int
    posted_mg: int


class EventOut(Schema):
    """An event as answered now, with the figures it rests on."""

    external_id: str
    act: str
    business_on: date
    status: str
    reason: str
    zh: str
    en: str
    quantity: int
    counted_quantity: int
    gross_mg: int
    net_mg: int
    posted_mg: int
    coins: int
    factor: str
    changes: list[ChangeOut]


class DayQuery(QuerySchema):
    """Which day is compared."""

    business_on: date


class DayIn(StrictSchema):
    """A day as the partner has it: the digest of its ids, or the ids themselves, or both."""

    digest: Digest | None = None
    external_ids: list[Name] = []


class ActSumOut(Schema):
    """The events of one act."""

    act: str
    events: int
    quantity: int
    counted_quantity: int
    posted_mg: int


class DayOut(Schema):
    """A day as the platform has it, and where the two sides differ."""

    business_on: date
    events: int
    digest: str
    acts: list[ActSumOut]
    agreed: bool
    not_received: list[str]
    not_received_count: int
    not_listed: list[str]
    not_listed_count: int
