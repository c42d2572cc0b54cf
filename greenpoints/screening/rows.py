"""A day's batch as text becomes columns. A bad row is a bad row with a reason, never a failed batch. No database.

One JSON object per line (NDJSON), UTF-8, these members and no others:

==============  =====================================================================================
external_id     the partner's own name of the event, 1 to 64 of ``A-Z a-z 0-9 . _ : -``
act             a code of the catalogue, e.g. ``M02``
subject_ref     the opaque token that the partner got when the resident bound the account; same letters
started_at      RFC 3339 instant with offset
ended_at        the same, not before ``started_at``
quantity        a whole number in ``unit``: no fractions, no exponents
unit            the unit the act is counted in: step, m, g, trip, item, day
evidence        ``{"type": ..., "ref": ...}``: what proves it and the partner's reference of the proof
material        for weighed recycling: paper, plastic or metal more exactly (may be left out)
place           geohash of the start, at most 6 letters: no tracks (may be left out)
device          a hashed device or card number (may be left out)
measures        further whole numbers that the act asks for, ``{"name": number, ...}`` (may be left out)
asset_ref       the vehicle, meter, installation, serial ... that the act is about (may be left out)
counterpart_ref the other person or party, where the act has one (may be left out)
==============  =====================================================================================
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenpoints.screening import plain_lines

MAX_LINE_BYTES = 2_000
MAX_QUANTITY = 10**9
MAX_INT_DIGITS = 18
MOST_MEASURES = 12
REQUIRED = ("external_id", "act", "subject_ref", "started_at", "ended_at", "quantity", "unit", "evidence")
OPTIONAL = ("material", "place", "device", "measures", "asset_ref", "counterpart_ref")
_KNOWN = frozenset(REQUIRED + OPTIONAL)
_NAME = re.compile(r"[A-Za-z0-9._:\-]{1,64}").fullmatch
_WORD = re.compile(r"[A-Za-z0-9_/]{0,24}").fullmatch
_MEASURE = re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch
_PLACE = re.compile(r"[0-9b-hjkmnp-z]{0,6}").fullmatch
_INSTANT = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)").fullmatch


class BadRow(ValueError):
    """A line that cannot become a row; its text is the reason code."""


@dataclass(frozen=True, slots=True)
class Rows:
    """n readable rows as columns of shape (n,), and the unreadable lines.

    ``line`` counts from 1; ``*_us`` are microseconds since 1970 UTC; ``quantity`` is in ``unit``; text columns are
    object arrays, empty where a member was left out; ``fingerprint`` names the content whatever the layout of the
    line; ``measures`` is JSON with the names in their order. ``bad``: (line, external id or empty, reason code).
    """

    line: NDArray[np.int64]
    external_id: NDArray[Any]
    act: NDArray[Any]
    subject_ref: NDArray[Any]
    started_us: NDArray[np.int64]
    ended_us: NDArray[np.int64]
    quantity: NDArray[np.int64]
    unit: NDArray[Any]
    material: NDArray[Any]
    evidence: NDArray[Any]
    evidence_ref: NDArray[Any]
    place: NDArray[Any]
    device: NDArray[Any]
    measures: NDArray[Any]
    asset_ref: NDArray[Any]
    counterpart_ref: NDArray[Any]
    fingerprint: NDArray[np.int64]
    bad: tuple[tuple[int, str, str], ...]

    def __len__(self) -> int:
        return len(self.line)


_WHOLE = frozenset({"line", "started_us", "ended_us", "quantity", "fingerprint"})
_FIELDS = tuple(name for name in Rows.__dataclass_fields__ if name != "bad")


def parse(content: bytes, *, first_line: int = 1) -> Rows:
    """Return the lines of ``content`` as columns; blank lines are left out. Raises nothing for what a row may hold."""
    good: list[tuple] = []
    bad: list[tuple[int, str, str]] = []
    plain: list[tuple[int, str, plain_lines.Fields]] = []
    for number, line in _lines(content, first_line):
        fields = plain_lines.match(line)
        if fields is not None:
            plain.append((number, line, fields))
        else:
            _read(number, line, good, bad)
    good += _of_plain(plain, bad)
    good.sort(key=itemgetter(0))
    columns = zip(*good, strict=True) if good else [()] * len(_FIELDS)
    arrays = {name: _column(name, values) for name, values in zip(_FIELDS, columns, strict=True)}
    return Rows(**arrays, bad=tuple(sorted(bad)))


def _read(number: int, line: str, good: list[tuple], bad: list[tuple[int, str, str]]) -> None:
    """Read a line as JSON of any layout."""
    as_sent = line.encode("latin-1")
    try:
        good.append((number, *_row(as_sent)))
    except BadRow as problem:
        bad.append((number, _external_id_of(as_sent), str(problem)))


def _of_plain(plain: list[tuple[int, str, plain_lines.Fields]], bad: list[tuple[int, str, str]]) -> list[tuple]:
    """Return the rows of plain lines; where a time among them is none of the calendar, each is read on its own."""
    if not plain:
        return []
    try:
        started = plain_lines.instants_us([fields[3] for _number, _line, fields in plain]).tolist()
        ended = plain_lines.instants_us([fields[4] for _number, _line, fields in plain]).tolist()
    except ValueError:
        good: list[tuple] = []
        for number, line, _fields in plain:
            _read(number, line, good, bad)
        return good
    rows = []
    for (number, _line, fields), start, end in zip(plain, started, ended, strict=True):
        external_id, act, subject, _start, _end, amount, unit, kind, ref, material, place, device, asset, other = fields
        quantity = int(amount)
        texts = (external_id, act, subject, unit, material, kind, ref, place, device, "", asset, other)
        name = plain_lines.fingerprint(texts, start, end, quantity)
        rows.append((number, external_id, act, subject, start, end, quantity, *texts[3:], name))
    return rows


def _lines(content: bytes, first_line: int) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers, each byte as one character."""
    for number, line in enumerate(content.decode("latin-1").split("\n"), start=first_line):
        stripped = line.strip(" \t\r")
        if stripped:
            yield number, stripped


def _column(name: str, values: Any) -> NDArray[Any]:
    if name in _WHOLE:
        return np.array(values, dtype=np.int64)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRow("duplicate_key")
    return found


def _refuse(reason: str) -> Callable[[str], Any]:
    def refuse(_text: str) -> Any:
        raise BadRow(reason)

    return refuse


def _whole(text: str) -> int:
    if len(text) > MAX_INT_DIGITS:
        raise BadRow("number_too_large")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_float=_refuse("not_a_whole_number"),
    parse_constant=_refuse("not_a_whole_number"),
    parse_int=_whole,
)


def _row(line: bytes) -> tuple:
    """Return the members of one line in the order of the columns; BadRow says what is wrong with it."""
    members = _object(line)
    if not members.keys() <= _KNOWN:
        raise BadRow("unknown_field")
    if any(name not in members for name in REQUIRED):
        raise BadRow("missing_field")
    kind, ref = _evidence(members["evidence"])
    quantity = members["quantity"]
    if type(quantity) is not int:
        raise BadRow("not_a_whole_number")
    if abs(quantity) > MAX_QUANTITY:
        raise BadRow("number_too_large")
    texts = (
        _text(members["external_id"], _NAME), _text(members["act"], _NAME), _text(members["subject_ref"], _NAME),
        _text(members["unit"], _WORD), _text(members.get("material", ""), _WORD), kind, ref,
        _text(members.get("place", ""), _PLACE), _text(members.get("device", ""), _NAME, empty=True),
        _measures(members["measures"]) if "measures" in members else "",
        _text(members.get("asset_ref", ""), _NAME, empty=True),
        _text(members.get("counterpart_ref", ""), _NAME, empty=True),
    )  # fmt: skip
    started, ended = _instant_us(members["started_at"]), _instant_us(members["ended_at"])
    fingerprint = plain_lines.fingerprint(texts, started, ended, quantity)
    external_id, act, subject, *others = texts
    unit, *others = others
    return external_id, act, subject, started, ended, quantity, unit, *others, fingerprint


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES:
        raise BadRow("line_too_long")
    try:
        members = _DECODER.decode(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRow("not_utf8") from None
    except BadRow:
        raise
    except (ValueError, RecursionError):
        raise BadRow("not_json") from None
    if not isinstance(members, dict):
        raise BadRow("not_an_object")
    return members


def _text(value: Any, matches: Callable[[str], Any], *, empty: bool = False) -> str:
    """Return ``value`` where every letter of it is allowed; the patterns leave no room for NUL or surrogates."""
    if type(value) is not str or not ((empty and value == "") or matches(value)):
        raise BadRow("bad_text")
    return value


def _evidence(value: Any) -> tuple[str, str]:
    if type(value) is not dict or not value.keys() <= {"type", "ref"} or "type" not in value:
        raise BadRow("bad_evidence")
    return _text(value["type"], _WORD), _text(value.get("ref", ""), _NAME, empty=True)


def _measures(value: Any) -> str:
    """Return the measures as JSON with the names in their order, "" where there are none."""
    if type(value) is not dict or len(value) > MOST_MEASURES:
        raise BadRow("bad_measures")
    for name, number in value.items():
        if not _MEASURE(name):
            raise BadRow("bad_measures")
        if type(number) is not int:
            raise BadRow("not_a_whole_number")
        if number < 0:
            raise BadRow("bad_measures")
        if number > MAX_QUANTITY:
            raise BadRow("number_too_large")
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else ""


def _instant_us(value: Any) -> int:
    if type(value) is not str or not _INSTANT(value):
        raise BadRow("bad_time")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadRow("bad_time") from None
    return round(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


_ID_IN_LINE = re.compile(rb'"external_id"\s*:\s*"([A-Za-z0-9._:\-]{1,64})"')


def _external_id_of(line: bytes) -> str:
    """Return the external id of an unreadable line where it can be seen, for the partner's list of refusals."""
    found = _ID_IN_LINE.search(line[:MAX_LINE_BYTES])
    return found.group(1).decode("ascii") if found else ""
