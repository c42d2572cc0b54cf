"""The sources of residents' data, each agreed to by itself, and the acts whose rows need the consent. No database."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("data_sources.toml")
PREFIX = "source/"


@dataclass(frozen=True, slots=True)
class DataSource:
    """One source: its consent text in both languages, the version of that text, and the acts fed by it.

    ``sensitive``: tells whereabouts or health, which the law wants agreed to separately (PIPL art. 28).
    """

    code: str
    version: str
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    acts: tuple[str, ...]
    sensitive: bool = False

    @property
    def purpose(self) -> str:
        """Return the name of its consent in the ledger."""
        return PREFIX + self.code


@cache
def sources() -> tuple[DataSource, ...]:
    """Return every source, in the order in which they are shown."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["source"]
    return tuple(DataSource(**(row | {"acts": tuple(row["acts"])})) for row in rows)


@cache
def purpose_by_act() -> dict[str, str]:
    """Return, for each act, the consent that its rows need."""
    return {act: source.purpose for source in sources() for act in source.acts}
