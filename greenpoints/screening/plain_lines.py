"""Lines in the layout that most partners send, read by one pattern, in little more than half the time of any JSON.

The pattern takes nothing that the strict reader of ``rows`` would refuse, and reads it alike; a line that it does not
match says nothing about the line, which goes to the strict reader.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Fields = tuple[str, ...]

_NAME, _WORD, _TIME = r"[A-Za-z0-9._:\-]", r"[A-Za-z0-9_/]", r"(?:19|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d"
_LINE = re.compile(
    rf'\{{"external_id": ?"({_NAME}{{1,64}})", ?"act": ?"({_NAME}{{1,64}})", ?"subject_ref": ?"({_NAME}{{1,64}})", ?'
    rf'"started_at": ?"({_TIME})\+08:00", ?"ended_at": ?"({_TIME})\+08:00", ?"quantity": ?(0|-?[1-9]\d{{0,8}}), ?'
    rf'"unit": ?"({_WORD}{{0,24}})", ?'
    rf'"evidence": ?\{{"type": ?"({_WORD}{{0,24}})"(?:, ?"ref": ?"({_NAME}{{0,64}})")?\}}'
    r'((?:, ?"(?:material|place|device|asset_ref|counterpart_ref)": ?"[A-Za-z0-9._:/\-]{0,64}")*)\}',
    re.ASCII,
).fullmatch
_OPTIONAL: dict[str, Callable[[str], object]] = {
    "material": re.compile(rf"{_WORD}{{0,24}}").fullmatch,
    "place": re.compile(r"[0-9b-hjkmnp-z]{0,6}").fullmatch,
    "device": re.compile(rf"{_NAME}{{0,64}}").fullmatch,
    "asset_ref": re.compile(rf"{_NAME}{{0,64}}").fullmatch,
    "counterpart_ref": re.compile(rf"{_NAME}{{0,64}}").fullmatch,
}
_NOTHING = ("",) * len(_OPTIONAL)


def match(line: str) -> Fields | None:
    """Return the head of a plain line (its first nine members) followed by the optional ones, or None."""
    found = _LINE(line)
    if found is None:
        return None
    *head, tail = found.groups("")
    if not tail:
        return (*head, *_NOTHING)
    pieces = tail.split('"')
    names, values = pieces[1::4], pieces[3::4]
    given = dict(zip(names, values, strict=True))
    if len(given) != len(names) or not all(_OPTIONAL[name](value) for name, value in given.items()):
        return None
    return (*head, *(given.get(name, "") for name in _OPTIONAL))


def instants_us(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return local times of Fuzhou as microseconds since 1970 UTC; ValueError where one is no time of the calendar."""
    local = np.array(texts, dtype="datetime64[s]").astype(np.int64)
    return (local - 8 * 3_600) * 1_000_000


def fingerprint(texts: Sequence[str], started_us: int, ended_us: int, quantity: int) -> int:
    """Return the number that names the content of a row; ``texts`` in the order of ``rows``."""
    content = "\x1f".join((*texts, str(started_us), str(ended_us), str(quantity))).encode()
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)
