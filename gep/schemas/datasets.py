"""What the catalogue takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from core.schemas import StrictSchema

Text = Annotated[str, Field(max_length=200)]


class DatasetIn(StrictSchema):
    """A dataset that is about to be uploaded, by the SHA-256 and the length of its content."""

    kind: Literal["parcels", "layer", "statistics", "coefficients"]
    region: Annotated[str, Field(pattern=r"^\d{6}$")]
    year: Annotated[int, Field(ge=1900, le=2199)]
    filename: Annotated[str, Field(min_length=1, max_length=120)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=1, le=2**40)]
    part_size: Annotated[int, Field(ge=1024, le=8 * 2**20)] = 8 * 2**20
    licence: Annotated[str, Field(min_length=1, max_length=120)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    layer: Annotated[str, Field(max_length=40)] = ""
    unit: Annotated[str, Field(max_length=20)] = ""
    scheme: Literal["", "hj1166", "clcd", "worldcover", "globeland30"] = ""
    label: Text = ""
    synthetic: bool = False
    id_column: Annotated[str, Field(max_length=60)] = ""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "layer", "layer": "precipitation_mm", "unit": "mm", "region": "361000", "year": 2023,
                    "filename": "rain-2023.tif", "size": 48_120_331, "part_size": 8_388_608,
                    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "licence": "municipal, for internal use", "source": "抚州市气象局 2023 年年降水量格网",
                }
            ]
        }
    )  # fmt: skip


class DatasetAmendIn(StrictSchema):
    """What is said about a dataset, corrected; a field that is left out stays."""

    licence: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    label: Text | None = None
    synthetic: Literal[True] | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"licence": "CC BY 4.0"}]})


class ReasonIn(StrictSchema):
    """Why something is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "第 4 期降水数据已由气象局更正"}]})


class DatasetOut(Schema):
    """A dataset: what it is, how far its upload has come, what its check measured and found."""

    code: str
    kind: str
    layer: str
    region: str
    year: int
    filename: str
    unit: str
    scheme: str
    licence: str
    source: str
    label: str
    synthetic: bool
    sha256: str
    size: int
    part_size: int
    parts: int
    received_parts: int
    missing_parts: list[int]
    status: str
    facts: dict[str, Any]
    finding_counts: dict[str, int]
    findings: list[dict[str, Any]]
    refusal: str
    refusal_told: str
    withdrawn_reason: str
    revision: int
    uploaded_by: str
    created_at: datetime
    checked_at: datetime | None
