"""JSON as strangers send it: read once, exactly, and refused where two readers could read it differently."""

import json
import re
from typing import Any, NoReturn

from core.text import ForbiddenCharacter, clean

LARGEST_INTEGER = 2**63 - 1
LONGEST_INTEGER_DIGITS = 20
MOST_ITEMS = 10_000
# Strings are skipped whole, so that brackets in them do not count.
STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.S)


class InvalidJson(ValueError):
    """The bytes are no JSON that we take; the text says why."""


def loads_strict(raw: bytes, *, max_depth: int = 32, max_items: int = MOST_ITEMS) -> Any:
    """Return the value that ``raw`` holds, its texts in NFC.

    Raises ``InvalidJson`` for: other than UTF-8, deeper than ``max_depth``, an array of more than ``max_items``, a key
    twice in one object, NaN and Infinity, a whole number outside int64, NUL, lone surrogates, bidirectional controls.
    """
    _refuse_depth(raw, max_depth)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique_object,
            parse_int=_int64,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise InvalidJson("the text is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    return _cleaned(value, max_items)


def canonical(value: Any) -> bytes:
    """Return one spelling of a JSON value: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse_depth(raw: bytes, max_depth: int) -> None:
    depth = 0
    for token in STRUCTURE.finditer(raw):
        first = raw[token.start()]
        if first in b"[{":
            depth += 1
            if depth > max_depth:
                raise InvalidJson(f"nested deeper than {max_depth} levels")
        elif first in b"]}":
            depth -= 1


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        name = _clean(key)
        if name in found:
            raise InvalidJson(f"the key {name!r} stands twice in one object")
        found[name] = value
    return found


def _int64(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER_DIGITS or not -LARGEST_INTEGER - 1 <= (number := int(digits)) <= LARGEST_INTEGER:
        raise InvalidJson("a whole number is outside the range of 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise InvalidJson("a number is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON")


def _cleaned(value: Any, max_items: int) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        if len(value) > max_items:
            raise InvalidJson(f"an array holds more than {max_items} items")
        return [_cleaned(item, max_items) for item in value]
    if isinstance(value, dict):
        return {key: _cleaned(item, max_items) for key, item in value.items()}
    return value


def _clean(text: str) -> str:
    try:
        return clean(text)
    except ForbiddenCharacter as error:
        raise InvalidJson(str(error)) from None
