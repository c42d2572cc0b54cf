"""Shapes of requests: what is not asked for is refused, and nothing is bent into shape."""

import re
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import core_schema

from core.text import clean

INT64_LEAST, INT64_MOST = -(2**63), 2**63 - 1
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
MOST_ITEMS = 10_000
ISO_DAY = re.compile(r"(\d{4})-\d{2}-\d{2}")
ISO_INSTANT = re.compile(r"(\d{4})-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:?\d{2})")
# JSON has no spelling of their own for these, so text is read into them even where the rest is strict.
SPELLED_AS_TEXT = {"uuid", "enum", "decimal", "time", "timedelta", "url", "tuple", "set", "frozenset"}
NOT_SCHEMAS = {"metadata", "config", "cls", "members", "expected", "default", "serialization", "ref", "schema_ref"}

Limit = Annotated[int, Field(ge=1, le=200)]


def _gated(schema: Any, handler: GetCoreSchemaHandler) -> Any:
    """Return a core schema in which every leaf carries its bounds; other parts are kept."""
    if isinstance(schema, list):
        return [_gated(part, handler) for part in schema]
    if isinstance(schema, tuple):
        return tuple(_gated(part, handler) for part in schema)
    if not isinstance(schema, dict):
        return schema
    if schema.get("metadata", {}).get("gated"):
        return schema
    if schema.get("type") == "definition-ref" and (meant := handler.resolve_ref_schema(schema))["type"] == "enum":
        return {**{key: value for key, value in meant.items() if key != "ref"}, "strict": False}
    inside = {key: value if key in NOT_SCHEMAS else _gated(value, handler) for key, value in schema.items()}
    return _bounded(inside)


def _bounded(node: dict[str, Any]) -> Any:
    kind = node.get("type")
    if not isinstance(kind, str):
        return node  # the members of a model, one of which is called type
    if kind == "int":
        return {"ge": INT64_LEAST, "le": INT64_MOST, **node}
    if kind == "list":
        return {"max_length": MOST_ITEMS, **node}
    if kind == "str":
        return core_schema.no_info_after_validator_function(clean, node, metadata={"gated": True})
    if kind == "date":
        return core_schema.no_info_before_validator_function(
            _iso_day, {**node, "strict": False}, metadata={"gated": True}
        )
    if kind == "datetime":
        aware = {**node, "strict": False, "tz_constraint": "aware"}
        return core_schema.no_info_before_validator_function(_iso_instant, aware, metadata={"gated": True})
    if kind in SPELLED_AS_TEXT:
        return {**node, "strict": False}
    return node


def _iso_day(value: Any) -> Any:
    return _iso(value, ISO_DAY, "YYYY-MM-DD")


def _iso_instant(value: Any) -> Any:
    return _iso(value, ISO_INSTANT, "YYYY-MM-DDThh:mm:ss with an offset")


def _iso(value: Any, spelling: re.Pattern[str], told: str) -> Any:
    if hasattr(value, "year"):
        year = value.year
    elif isinstance(value, str) and (match := spelling.fullmatch(value)):
        year = int(match[1])
    else:
        raise ValueError(f"write {told}")
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"the year must be within {EARLIEST_YEAR} and {LATEST_YEAR}")
    return value


class _Gated(Schema):
    """Reads every text, number, array and date in it within the bounds of the platform."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Return the schema with the bounds put on each of its leaves."""
        return _gated(handler(source), handler)


class StrictSchema(_Gated):
    """A body. Unknown fields, ``true`` or "1" for 1 and naive instants are refused; text is NFC, integers are int64.

    Days and instants are ISO 8601 text within 1900 to 2199, instants with an offset. Arrays hold 10,000 items at most.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class QuerySchema(_Gated):
    """What stands in an address: the bounds of ``StrictSchema``, but numbers are read from text."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
