"""What the loading of parcels takes and answers."""

from datetime import date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import ConfigDict, Field

from core.schemas import StrictSchema


class LoadIn(StrictSchema):
    """The day from which the dataset's parcels are the parcels of their counties."""

    valid_from: Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_from": "2023-12-31"}]})


class LoadOut(Schema):
    """How far the parcels of a dataset have been loaded: what each county came to, and the share of the counties."""

    dataset: str
    valid_from: date
    state: str
    counties: list[str]
    done: dict[str, dict[str, int]]
    share: float
    remaining_s: float | None
    refusal: str
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
