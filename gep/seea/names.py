"""What users, grades and kinds of valuation are called in Chinese and English."""

import csv
from functools import cache
from pathlib import Path


def name(key: str, *, language: str = "zh") -> str:
    """Return the name of a user, grade or kind of valuation; KeyError for one that there is not."""
    return _names()[key][1 if language.startswith("en") else 0]


@cache
def _names() -> dict[str, tuple[str, str]]:
    with Path(__file__).with_name("names.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}
