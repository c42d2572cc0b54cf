"""What the names of formulas mean in both languages."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("names.toml")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def word(name: str, *, english: bool) -> str:
    """Return what a figure or a measure is called; the name itself where it has no word."""
    found = _words().get(name)
    return found[int(english)] if found else name


def in_words(formula: str, *, english: bool) -> str:
    """Return a formula with words in the place of names and a sign of multiplication."""
    return _NAME.sub(lambda name: word(name[0], english=english), formula).replace(" * ", " × ").replace(" / ", " ÷ ")


@cache
def _words() -> Mapping[str, tuple[str, str]]:
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: (zh, en) for name, (zh, en) in told.items()}
