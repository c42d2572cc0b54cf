"""Administrative regions by GB/T 2260 code, as text, from county up to nation."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NATION = "000000"
JIANGXI = "360000"
FUZHOU = "361000"


class UnknownRegion(ValueError):
    """No region of the table has this code."""


@dataclass(frozen=True)
class Region:
    """One region; ``parent`` is the code of the next wider one, empty for the nation."""

    code: str
    parent: str
    zh: str
    en: str


@cache
def table() -> dict[str, Region]:
    """Return every known region by code."""
    with Path(__file__).with_name("regions.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: Region(**row) for row in csv.DictReader(file)}


def region(code: str) -> Region:
    """Return the region with this code; UnknownRegion where there is none."""
    try:
        return table()[code]
    except KeyError:
        raise UnknownRegion(f"{code!r} is not a known GB/T 2260 code") from None


def chain(code: str) -> tuple[str, ...]:
    """Return the codes from ``code`` up to the nation, narrowest first."""
    found = region(code)
    return (code, *chain(found.parent)) if found.parent else (code,)


def is_within(code: str, *, wider: str) -> bool:
    """Return whether ``code`` is ``wider`` or lies in it."""
    return wider in chain(code)


def name(code: str, *, language: str = "zh") -> str:
    """Return the region's name in Chinese, or in English for ``language="en"``."""
    found = region(code)
    return found.en if language.startswith("en") else found.zh


def counties() -> tuple[Region, ...]:
    """Return the eleven counties and districts of Fuzhou in code order."""
    return tuple(found for found in table().values() if found.parent == FUZHOU)
