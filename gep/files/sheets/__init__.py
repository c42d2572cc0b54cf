"""Statistics sheets: CSV and XLSX become rows of texts that know where they stand; nothing is interpreted here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gep.files import sandbox
from gep.files.findings import Finding, Findings
from gep.files.limits import COMMAND_LINE, Limits
from gep.files.refusals import FileRefused, sha256
from gep.files.sheets.reader import column_letter

Merged = Literal["leave", "fill"]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of the file: the number that a reader sees beside it, and its cells from column A on, "" if empty."""

    sheet: str
    number: int
    cells: tuple[str, ...]

    def place(self, column: int) -> str:
        """Return where a cell stands, as people name it: ``2023!C17``, or ``C17`` in a CSV."""
        return (f"{self.sheet}!" if self.sheet else "") + f"{column_letter(column)}{self.number}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows without those that are empty, and the ranges that were merged ("A2:A5")."""

    name: str
    rows: tuple[SheetRow, ...]
    merged: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetFile:
    """A file of sheets (a CSV has one, named ""), with its digest, how its text was read, and what was odd in it."""

    name: str
    sha256: str
    sheets: tuple[Sheet, ...]
    findings: Findings
    facts: dict[str, Any] = field(default_factory=dict)  # encoding, delimiter, cells

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows of all sheets."""
        for sheet in self.sheets:
            yield from sheet.rows


def read(path: Path, *, sheet: str | None = None, merged: Merged = "leave", limits: Limits = COMMAND_LINE) -> SheetFile:
    """Return the rows of a CSV (UTF-8, UTF-8 with BOM, UTF-16 with BOM, GB18030) or an XLSX. Raises FileRefused.

    Texts are trimmed; a cell that is a number in full-width digits or with full-width signs comes in plain ones.
    Formulas count as the value that the program that saved them kept; one that kept none, an error value and a merged
    range are findings. ``merged`` "fill" puts the value of a merged range into all its cells, "leave" into the first.
    ``sheet`` reads that one only. Reasons: file_missing, not_a_sheet, xls_not_read, wrong_extension, sheet_missing,
    sheet_empty, too_many_cells, text_encoding_unknown, text_too_large, sheet_broken, and those of archives.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise FileRefused(path, "file_missing")
    arguments = {"path": str(path), "sheet": sheet, "merged": merged}
    answer = sandbox.run("sheet", path, arguments, limits=limits)
    sheets = tuple(
        Sheet(
            name=told["name"],
            rows=tuple(SheetRow(told["name"], number, tuple(cells)) for number, cells in told["rows"]),
            merged=tuple(told["merged"]),
        )
        for told in answer["sheets"]
    )
    odd = tuple(
        Finding(row=row, id="", column=column, reason=reason, told=more, done="noted")
        for row, column, reason, more in answer["findings"]
    )
    counts = tuple(sorted(answer["counts"].items()))
    return SheetFile(path.name, sha256(path), sheets, Findings(path.name, odd, counts), answer["facts"])
