"""What the API of the app answers."""

from datetime import date, datetime
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
    variant: str
    variant_zh: str
    method: str
    prices: dict[str, float]
    figures: list[dict[str, str]]


class LayerMeanOut(Schema):
    """What a layer says of some land: its mean where it covers any, and the share of the land that it covers."""

    layer: str
    mean: float | None
    coverage_share: float


class TermOut(Schema):
    """An amount of an indicator or of a part of it, and the figures and layers that it is a product of.

    Those of which ``own`` is true add up to the indicator's own quantity, before what a county states of it: its own
    figure, or how much of a capacity it uses.
    """

    indicator: str
    part: str
    own: bool
    unit: str
    amount: float | None
    product_of: list[str]


class UnitOut(Schema):
    """The part of a parcel that is of one class of ecosystem; 0 where nothing says the class."""

    code: int
    area_m2: float
    share: float
    layers: list[LayerMeanOut]
    terms: list[TermOut]


class ExplanationOut(Schema):
    """Where a parcel's figures come from; the own terms of an indicator over its units add up to its quantity.

    What statistics state is shared out over the county and has no terms here. ``same_engine`` is false where the code
    has changed since the account was made.
    """

    valid_from: date
    valid_to: date | None
    inside_share: float
    same_engine: bool
    layers: list[LayerMeanOut]
    units: list[UnitOut]


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
    explanation: ExplanationOut | None
