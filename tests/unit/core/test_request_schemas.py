"""Bodies are taken as they are meant: nothing is bent into shape, nothing unknown passes."""

import enum
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import pytest
from pydantic import ValidationError

from core.schemas import Limit, QuerySchema, StrictSchema


class Colour(enum.Enum):
    RED = "red"


class Part(StrictSchema):
    n: int


class Body(StrictSchema):
    a: int = 0
    name: str = ""
    on: date | None = None
    at: datetime | None = None
    ident: UUID | None = None
    colour: Colour | None = None
    kind: Literal["x", "y"] = "x"
    parts: list[Part] = []
    counts: dict[str, int] = {}
    share: float = 0.0
    done: bool = False


class Page(QuerySchema):
    limit: Limit = 50
    after: int = 0


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"a": -(2**63)}, -(2**63)),
        ({"name": "e\u0301"}, "\u00e9"),
        ({"on": "2024-02-29"}, date(2024, 2, 29)),
        ({"at": "2024-01-01T08:00:00+08:00"}, datetime(2024, 1, 1, tzinfo=UTC)),
        ({"ident": "12345678-1234-5678-1234-567812345678"}, UUID("12345678-1234-5678-1234-567812345678")),
        ({"colour": "red"}, Colour.RED),
        ({"parts": [{"n": 1}]}, [Part(n=1)]),
        ({"share": 1}, 1.0),
    ],
)
def test_good_fields_are_read(given, read):
    assert getattr(Body.model_validate(given), next(iter(given))) == read


@pytest.mark.parametrize(
    "given",
    [
        {"b": 1},
        {"a": True},
        {"a": "1"},
        {"a": 1.0},
        {"a": 2**63},
        {"done": 1},
        {"done": "true"},
        {"name": 1},
        {"name": "a\x00"},
        {"name": "\u2066"},
        {"name": "\ud800"},
        {"on": "1899-12-31"},
        {"on": "2200-01-01"},
        {"on": "20240101"},
        {"on": 0},
        {"on": "2024-01-01T00:00:00"},
        {"at": "2024-01-01T00:00:00"},
        {"at": "2024-01-01"},
        {"at": 1_700_000_000},
        {"at": "1700000000"},
        {"colour": "blue"},
        {"kind": "z"},
        {"parts": [{"n": True}]},
        {"parts": [{"n": 1, "m": 2}]},
        {"parts": [{"n": 1}] * 10_001},
        {"counts": {"x": "1"}},
        {"share": float("nan")},
        {"share": "0.5"},
    ],
    ids=lambda given: str(given)[:40],
)
def test_bad_fields_are_refused(given):
    with pytest.raises(ValidationError):
        Body.model_validate(given)


def test_an_address_holds_text_that_is_read_as_numbers():
    assert Page.model_validate({"limit": "200", "after": "-5"}).model_dump() == {"limit": 200, "after": -5}


@pytest.mark.parametrize("given", [{"limit": "0"}, {"limit": "201"}, {"after": str(2**63)}, {"other": "1"}])
def test_an_address_is_bounded(given):
    with pytest.raises(ValidationError):
        Page.model_validate(given)


def test_the_description_tells_the_bounds():
    described = Body.model_json_schema()
    assert described["additionalProperties"] is False
    assert described["properties"]["a"] == {
        "default": 0, "maximum": 2**63 - 1, "minimum": -(2**63), "title": "A", "type": "integer"
    }  # fmt: skip
    assert described["properties"]["parts"]["maxItems"] == 10_000
