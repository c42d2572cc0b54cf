"""What is wrong with single rows of a file: listed by row, id, column and reason, and written as a rejections file."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gep.files.refusals import reason

MOST_KEPT = 100_000  # rows that are listed one by one; beyond, they are counted
HEADER = ("file", "row", "column", "id", "reason_code", "reason_zh", "reason_en", "x", "y")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with one row. ``row`` counts the file's data rows from 1; 0 where it is no single row.

    ``x`` and ``y`` in the account's CRS, areas in m²; NaN where there is no place or area. ``done`` says what became of
    the row: ``rejected``, ``repaired`` or ``noted``.
    """

    row: int
    id: str
    column: str
    reason: str
    told: str = ""
    x: float = math.nan
    y: float = math.nan
    area_before_m2: float = math.nan
    area_after_m2: float = math.nan
    done: str = "rejected"


@dataclass(frozen=True, slots=True)
class Findings(Sequence[Finding]):
    """The findings of one file: the first hundred thousand one by one, all of them counted by reason."""

    file: str
    rows: tuple[Finding, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        return self.rows[place]

    @property
    def total(self) -> int:
        """How many there are, those that are only counted among them."""
        return sum(count for _, count in self.counts)

    def first(self) -> str:
        """Return a sentence on the first finding, and how many there are."""
        if not self.rows:
            return ""
        found = self.rows[0]
        place = "" if math.isnan(found.x) else f", at {found.x:.3f} {found.y:.3f}"
        more = f"; {self.total} rows in all" if self.total > 1 else ""
        told = f": {found.told}" if found.told else ""
        return f"row {found.row}, id {found.id[:60]!r}, column {found.column}{told}{place}{more}"


def of(file: str, rows: Iterable[Finding]) -> Findings:
    """Return findings with their counts by reason, in the order given."""
    kept = tuple(rows)
    return Findings(file=file, rows=kept[:MOST_KEPT], counts=tuple(sorted(Counter(r.reason for r in kept).items())))


def with_more(before: Findings, rows: Iterable[Finding], *, counts: Mapping[str, int]) -> Findings:
    """Return the findings with more rows behind them, whose number by reason is stated: not all may be listed."""
    stated = Counter(dict(before.counts)) + Counter(counts)  # reasons that nothing has are left out
    return Findings(file=before.file, rows=(*before.rows, *rows)[:MOST_KEPT], counts=tuple(sorted(stated.items())))


def write_rejections(path: Path, findings: Iterable[Findings]) -> int:
    """Write the rejections file (CSV, UTF-8 with BOM, so that a spreadsheet reads it right); return how many rows."""
    written = 0
    with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in _lines(findings):
            writer.writerow(row)
            written += 1
    return written


def _lines(findings: Iterable[Findings]) -> Iterator[tuple[str, ...]]:
    for of_file in findings:
        for found in of_file.rows:
            told = reason(found.reason)
            more = f"（{found.told}）" if found.told else ""
            place = ("", "") if math.isnan(found.x) else (f"{found.x:.3f}", f"{found.y:.3f}")
            yield (
                as_text(of_file.file), str(found.row), as_text(found.column), as_text(found.id), found.reason,
                told.zh + as_text(more), told.en + (f" ({found.told})" if found.told else ""), *place,
            )  # fmt: skip


def as_text(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
