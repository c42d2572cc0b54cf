"""What runs take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from core.schemas import StrictSchema

CodeText = Annotated[str, Field(max_length=60, pattern=r"^[0-9A-Za-z_-]*$")]
Year = Annotated[int, Field(ge=1900, le=2199)]


class RunIn(StrictSchema):
    """A run: a region and year, by which profile, from which datasets of the catalogue by role.

    A role is the name of a layer, "statistics" or "coefficients". A scenario names its ``base`` and the ``land_use`` of
    the parcels that it changes; a project the ``parcels`` that are its unit. Neither is ever an official account.
    A run whose check finds something to decide waits for ``start``, unless ``accept_findings`` takes it beforehand.
    """

    region: Annotated[str, Field(pattern=r"^\d{6}$")]
    year: Year
    price_year: Year
    datasets: Annotated[dict[Annotated[str, Field(max_length=40)], CodeText], Field(min_length=1, max_length=30)]
    profile: Annotated[str, Field(max_length=40)] = "GBT46869_2025"
    switches: Annotated[
        dict[Annotated[str, Field(max_length=40)], bool | int | Annotated[str, Field(max_length=40)]],
        Field(max_length=40),
    ] = {}
    surveyed: bool = False
    seed: Annotated[int, Field(ge=0, le=2**62)] = 0
    draws: Annotated[int, Field(ge=0, le=10_000)] = 0
    name: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["account", "scenario", "project"] = "account"
    base: CodeText = ""
    land_use: Annotated[dict[CodeText, Annotated[str, Field(max_length=8)]], Field(max_length=5_000)] = {}
    parcels: Annotated[list[CodeText], Field(max_length=5_000)] = []
    revises: CodeText = ""
    revision_reason: Annotated[str, Field(max_length=1000)] = ""
    accept_findings: bool = False

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "region": "361028", "year": 2023, "price_year": 2020, "profile": "GBT46869_2025",
                    "datasets": {"land_cover": "3f0c9a1be27d4c11", "precipitation_mm": "a1b2c3d4e5f60718"},
                    "switches": {"clip_negative": True}, "draws": 1000, "seed": 20231231, "name": "资溪县 2023 年",
                }
            ]
        }
    )  # fmt: skip


class StartIn(StrictSchema):
    """Whether the findings of the check are taken as they are."""

    accept_findings: bool

    model_config = ConfigDict(json_schema_extra={"examples": [{"accept_findings": True}]})


class RunOut(Schema):
    """A run: what it accounts, from what, where it stands, and whether its figures may be called official."""

    code: str
    kind: str
    name: str
    region: str
    year: int
    price_year: int
    profile: str
    switches: dict[str, Any]
    seed: int
    draws: int
    status: str
    stage: str
    datasets: dict[str, str]
    inputs: dict[str, Any]
    findings: list[dict[str, Any]]
    findings_accepted_by: str
    parcels: int
    area_m2: float
    total_fen: int
    unconfirmed_figures: bool
    synthetic: bool
    refusal: str
    base: str
    revises: str
    revision_reason: str
    revision: int
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    compiled_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    published_by: str
    published_at: datetime | None
    withdrawn_by: str
    withdrawn_at: datetime | None
    withdrawn_reason: str


class ProgressOut(Schema):
    """How far a run has come; ``share`` is from 0 to 1, ``remaining_s`` is null where it cannot be told."""

    run: str
    status: str
    stage: str
    share: float
    blocks: int
    blocks_done: int
    remaining_s: float | None
    started_at: datetime | None
    refusal: str
