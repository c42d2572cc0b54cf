"""What the API of the app answers."""

from datetime import datetime
from typing import Any

from ninja import Schema


class AccountOut(Schema):
    """An account with its totals; ``unconfirmed_figures`` and ``synthetic`` must be shown with every figure."""

    code: str
    region: str
    year: int
    price_year: int
    profile: str
    status: str
    unconfirmed_figures: bool
    synthetic: bool
    compiled_at: datetime | None
    parcels: int
    area_m2: float
    total_fen: int


class TotalOut(Schema):
    """One indicator over a region."""

    indicator: str
    quantity: float
    unit: str
    value_fen: int
    parcels: int
    grade: str = ""


class AccountDetailOut(AccountOut):
    """An account with its totals by indicator and where its figures come from."""

    totals: list[TotalOut]
    provenance: dict[str, Any]


class LineOut(Schema):
    """One indicator of a parcel: quantity times yuan for one unit is the value, rounded once to the fen."""

    indicator: str
    quantity: float | None
    unit: str
    yuan_per_unit: float | None
    value_fen: int
    coverage_share: float
    figures: list[dict[str, str]]


class ParcelOut(Schema):
    """One parcel explained: what it is, what it yields, with which figures, of which inputs."""

    code: str
    county: str
    town: str
    village: str
    ecosystem: str
    ecosystem_zh: str
    area_m2: float
    synthetic: bool
    provenance: str
    account: str
    unconfirmed_figures: bool
    value_fen: int
    lines: list[LineOut]
    layers: dict[str, Any]
