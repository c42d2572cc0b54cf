"""Shapes of what the market takes and answers. Money in whole fen, areas in square metres."""

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from core.schemas import StrictSchema


class ListingOut(Schema):
    """What is on offer; the reserve stays hidden."""

    code: str
    right: str
    right_kind: str
    right_kind_label: str
    area_m2: float
    parcels: list[str]
    seller: str
    mode: str
    mode_label: str
    status: str
    status_label: str
    start_fen: int
    step_fen: int
    deposit_fen: int
    price_fen: int | None
    bid_count: int
    opens_at: datetime
    free_until: datetime
    deadline_at: datetime
    extension_s: int


class ListingDetailOut(ListingOut):
    """A listing with its land as GeoJSON, EPSG:4490."""

    geometry: dict[str, Any]


class StepOut(Schema):
    """An accepted bid; ``bidder`` is a number within the session."""

    sequence: int
    bidder: int
    amount_fen: int
    received_at: datetime


class SessionOut(Schema):
    """An auction as it stands at ``server_time``; the server's clock is the one that counts."""

    code: str
    phase: str
    server_time: datetime
    opens_at: datetime
    free_until: datetime
    deadline_at: datetime
    start_fen: int
    step_fen: int
    price_fen: int | None
    least_next_fen: int
    sign_ups: int
    unsold_reason: str
    ladder: list[StepOut]


class SignUpIn(StrictSchema):
    """Nothing needs saying: the deposit is the listing's, the party the signed-in user's."""


class SignUpOut(Schema):
    """A party's admission and its deposit."""

    session: str
    party: str
    deposit_fen: int


class BidIn(StrictSchema):
    """A bid in whole fen."""

    amount_fen: int = Field(ge=1, le=10**15)


class BidOut(Schema):
    """An accepted bid and the deadline after it."""

    session: str
    sequence: int
    amount_fen: int
    received_at: datetime
    deadline_at: datetime


class SettlementOut(Schema):
    """A settled sale: the right is the buyer's, the price has been paid."""

    session: str
    right: str
    price_fen: int
    settled_at: datetime


class ConflictCheckIn(StrictSchema):
    """A right that somebody thinks of: its kind, its land as GeoJSON (EPSG:4490) and its period."""

    kind: str = Field(max_length=24)
    geometry: dict[str, Any]
    valid_from: date
    valid_to: date | None = None


class OverlapOut(Schema):
    """Land that a registered right shares with the one asked about."""

    right: str
    kind: str
    rule: str
    area_m2: float
    area_mu: float
    intersection: dict[str, Any]


class ConflictCheckOut(Schema):
    """What stands against it, and overlaps too small to matter."""

    conflicts: list[OverlapOut]
    slivers: list[OverlapOut]
