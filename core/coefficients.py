"""Figures are dated rows with unit, region and source; this reads a table of them and finds the one that applies.

Columns: ``key,value,unit,per,region,valid_from,valid_to,source,locator,tag``. ``valid_to`` is exclusive, or empty.
``tag`` is V (seen in a public text), D (derived from such), U (nobody confirmed it). A last column ``cv`` may state how
widely a figure spreads, as its coefficient of variation. A table with a bad row is refused as a whole, by table, line
and key.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import regions

COLUMNS = ("key", "value", "unit", "per", "region", "valid_from", "valid_to", "source", "locator", "tag")
SPREAD = "cv"  # the one column that a table may leave out
TAGS = {"V", "D", "U"}
SOURCES = Path(__file__).with_name("sources.csv")


class BadCoefficientTable(ValueError):
    """A row of a table cannot be used; the text names table, line, key and what is wrong."""


class CoefficientMissing(LookupError):
    """No row applies; ``str`` names table, key, region and day."""

    def __init__(self, *, table: str, key: str, region: str, on: date) -> None:
        super().__init__(f"{table} has no row for {key!r} in {region} on {on.isoformat()}")
        self.table, self.key, self.region, self.on = table, key, region, on


@dataclass(frozen=True)
class Coefficient:
    """One figure: ``value`` exact, ``unit`` per ``per``, where it comes from and how sure we are.

    ``cv`` is its standard deviation over its mean, None where nothing is said of its spread.
    """

    key: str
    value: Decimal
    unit: str
    per: str
    region: str
    valid_from: date
    valid_to: date | None
    source: str
    locator: str
    tag: str
    cv: Decimal | None = None

    @property
    def confirmed(self) -> bool:
        """Return whether the figure may count as official."""
        return self.tag != "U"

    def applies(self, *, on: date) -> bool:
        """Return whether ``on`` lies in the validity, which includes its first day and excludes its last."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def days_from(self, on: date) -> int:
        """Return how many days ``on`` is outside the validity, 0 inside."""
        after = (on - self.valid_to).days + 1 if self.valid_to is not None else 0
        return max((self.valid_from - on).days, after, 0)


class CoefficientTable:
    """The rows of one file, found by key, unit base, region chain and day."""

    def __init__(self, name: str, rows: Iterable[Coefficient]) -> None:
        self.name = name
        self._rows: dict[tuple[str, str], list[Coefficient]] = {}
        for row in rows:
            self._rows.setdefault((row.key, row.region), []).append(row)

    def keys(self) -> list[str]:
        """Return every key once, in the order of the file."""
        return list(dict.fromkeys(key for key, _ in self._rows))

    def rows(self) -> list[Coefficient]:
        """Return every row."""
        return [row for rows in self._rows.values() for row in rows]

    def at(self, key: str, *, regions: Sequence[str], on: date, per: str | None = None) -> Coefficient:
        """Return the row that applies on that day in the first of ``regions`` that has one; else CoefficientMissing."""
        for region in regions:
            for row in self._rows.get((key, region), ()):
                if row.applies(on=on) and per in (None, row.per):
                    return row
        raise CoefficientMissing(table=self.name, key=key, region=regions[0], on=on)

    def nearest(self, key: str, *, regions: Sequence[str], on: date) -> Coefficient:
        """Return the row that applies on that day, or else the one whose validity lies nearest to it in time.

        Of equally near ones the later. Raises CoefficientMissing where there is no row of that key at all.
        """
        for region in regions:
            rows = self._rows.get((key, region), ())
            if rows:
                return min(rows, key=lambda row: (row.days_from(on), -row.valid_from.toordinal()))
        raise CoefficientMissing(table=self.name, key=key, region=regions[0], on=on)

    def vector(
        self, keys: Sequence[str], *, regions: Sequence[str], on: date, per: str | None = None
    ) -> NDArray[np.float64]:
        """Return the values of ``keys`` as floats, shape (len(keys),)."""
        return np.array([float(self.at(key, regions=regions, on=on, per=per).value) for key in keys])


@cache
def load(path: Path) -> CoefficientTable:
    """Read and check one of the platform's own tables, once; BadCoefficientTable names what is wrong and where."""
    return read(path)


def read(path: Path, *, any_source: bool = False) -> CoefficientTable:
    """Read and check a table; ``any_source`` lets an account's own table cite what sources.csv does not hold."""
    path = Path(path)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) not in {COLUMNS, (*COLUMNS, SPREAD)}:
            raise BadCoefficientTable(f"{path.name}: the columns must be {','.join(COLUMNS)}, and {SPREAD} if any")
        rows = [_row(path.name, reader.line_num, raw, any_source=any_source) for raw in reader]
    _refuse_overlaps(path.name, rows)
    return CoefficientTable(path.stem, rows)


def known_sources() -> frozenset[str]:
    """Return the names of the sources that a row may cite."""
    return frozenset(_source_titles())


def source_title(source: str) -> str:
    """Return the title of a source with its publisher; the name itself where it is not in sources.csv."""
    return _source_titles().get(source, source)


@cache
def _source_titles() -> dict[str, str]:
    with SOURCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["source"]: f"{row['title']}（{row['publisher']}）" if row["publisher"] else row["title"] for row in rows
    }


def _row(table: str, line: int, raw: dict[str, str], *, any_source: bool) -> Coefficient:
    where = f"{table}, line {line}, {raw.get('key')!r}"
    if None in raw or None in raw.values():
        raise BadCoefficientTable(f"{where}: the row has not as many cells as there are columns")
    for column in ("key", "value", "unit", "per", "region", "valid_from", "source", "tag"):
        if not raw[column].strip():
            raise BadCoefficientTable(f"{where}: {column} is empty")
    try:
        value = Decimal(raw["value"])
        valid_from = date.fromisoformat(raw["valid_from"])
        valid_to = date.fromisoformat(raw["valid_to"]) if raw["valid_to"] else None
        cv = Decimal(raw[SPREAD]) if raw.get(SPREAD) else None
    except (InvalidOperation, ValueError) as error:
        raise BadCoefficientTable(f"{where}: {error}") from None
    _check(where, raw, value, valid_from, valid_to)
    if not any_source and raw["source"] not in known_sources():
        raise BadCoefficientTable(f"{where}: the source {raw['source']!r} is not in sources.csv")
    if cv is not None and not (cv.is_finite() and cv >= 0):
        raise BadCoefficientTable(f"{where}: cv must be a share of the value, 0 or more")
    rest = {column: raw[column] for column in COLUMNS if column not in {"value", "valid_from", "valid_to"}}
    return Coefficient(value=value, valid_from=valid_from, valid_to=valid_to, cv=cv, **rest)


def _check(where: str, raw: dict[str, str], value: Decimal, valid_from: date, valid_to: date | None) -> None:
    if not value.is_finite():
        raise BadCoefficientTable(f"{where}: the value is not a finite number")
    if valid_to is not None and valid_to <= valid_from:
        raise BadCoefficientTable(f"{where}: valid_to is not after valid_from")
    if raw["tag"] not in TAGS:
        raise BadCoefficientTable(f"{where}: the tag must be V, D or U, not {raw['tag']!r}")
    if raw["region"] not in regions.table():
        raise BadCoefficientTable(f"{where}: {raw['region']!r} is not a known region")


def _refuse_overlaps(table: str, rows: list[Coefficient]) -> None:
    latest: dict[tuple[str, str, str], Coefficient] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        before = latest.get((row.key, row.per, row.region))
        if before is not None and (before.valid_to is None or row.valid_from < before.valid_to):
            raise BadCoefficientTable(
                f"{table}, {row.key!r} in {row.region}: two rows apply on {row.valid_from.isoformat()}"
            )
        latest[row.key, row.per, row.region] = row
