"""Reads a CSV or XLSX into rows of texts within a budget of cells. Runs in the limited child."""

import codecs
import csv
import datetime
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gep.files import archives
from gep.files.refusals import Refused

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the old .xls, and an .xlsx behind a password
TEXT_ENDINGS = (".csv", ".txt", ".tsv")
DELIMITERS = (",", "\t", ";", "|", "，")
LONGEST_CELL = 32_767
MOST_LISTED = 10_000
NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?%?")
MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
MOST_MERGED = 100_000
FORMULA_WITHOUT_VALUE = re.compile(rb"<f[ >/](?:[^<]|<(?!/c>))*?</c>")
ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
WORKBOOK_ENDINGS = (".xlsx", ".xlsm")
Rows = Iterable[tuple[int, list[str]]]


def run(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the sheets of the file at ``path``."""
    path = Path(arguments["path"])
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(OLE):
        raise Refused("xls_not_read", "save it as .xlsx without a password")
    found = _Found(most_cells=limits["cells"])
    if head.startswith(archives.ZIP_MAGIC):
        if path.suffix and path.suffix.lower() not in WORKBOOK_ENDINGS:
            raise Refused("wrong_extension", f"holds a zip, is named {path.suffix[:12]}")
        sheets, facts = _workbook(path, arguments, limits, found), {"encoding": "UTF-8", "delimiter": ""}
    elif head.startswith(archives.ARCHIVE_MAGIC):
        raise Refused("archive_of_other_kind", "a CSV or XLSX is asked for")
    else:
        if path.suffix and path.suffix.lower() not in TEXT_ENDINGS:
            raise Refused("not_a_sheet", f"no text is expected in {path.suffix[:12]}")
        sheets, facts = _text_sheet(path, limits, found)
    if not any(sheet["rows"] for sheet in sheets):
        raise Refused("sheet_empty")
    return {
        "sheets": sheets,
        "facts": facts | {"cells": found.cells},
        "findings": found.rows,
        "counts": dict(found.counts),
    }


class _Found:
    """What was odd, and how many cells were read of those that may be."""

    def __init__(self, *, most_cells: int) -> None:
        self.rows: list[list[Any]] = []
        self.counts: Counter[str] = Counter()
        self.cells, self._most = 0, most_cells

    def spend(self, cells: int) -> None:
        """Count cells; an empty row counts as one. Raises Refused."""
        self.cells += max(cells, 1)
        if self.cells > self._most:
            raise Refused("too_many_cells", f"more than {self._most}, empty rows between others among them")

    def note(self, row: int, column: str, reason: str, told: str) -> None:
        self.counts[reason] += 1
        if len(self.rows) < MOST_LISTED:
            self.rows.append([row, column, reason, told[:200]])


def _text_sheet(path: Path, limits: Mapping[str, Any], found: _Found) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    if path.stat().st_size > limits["text_bytes"]:
        raise Refused("text_too_large", f"{path.stat().st_size} bytes, at most {limits['text_bytes']}")
    text, encoding = decoded(path.read_bytes())
    delimiter = _delimiter(text)
    csv.field_size_limit(LONGEST_CELL)
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    try:
        for cells in reader:
            found.spend(len(cells))
            told = [_plain(cell) for cell in cells]
            if any(told):
                rows.append((reader.line_num, told))
    except csv.Error as error:
        raise Refused("sheet_broken", f"line {reader.line_num}: {error}") from None
    return [{"name": "", "rows": rows, "merged": []}], {"encoding": encoding, "delimiter": delimiter}


def column_letter(column: int) -> str:
    """Return the letters of a column counted from 0: A, B, …, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def decoded(raw: bytes) -> tuple[str, str]:
    """Return the text of bytes, and the encoding. Raises Refused: text_encoding_unknown, sheet_broken."""
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    stated = [encoding for mark, encoding in marks if raw.startswith(mark)]
    for encoding in stated or ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise Refused("sheet_broken", f"a NUL at letter {text.index(chr(0))}: this is no text")
        return text, encoding.upper()
    raise Refused("text_encoding_unknown", "neither UTF-8 nor GB18030")


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first lines into the same number of cells, more than one."""
    lines = [line[:LONGEST_CELL] for line in text[: 1 << 20].splitlines()[:50] if line.strip()]
    best, most = ",", 0
    for delimiter in DELIMITERS:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1)
        if counts and max(counts.values()) * min(max(counts), 2) > most:
            best, most = delimiter, max(counts.values()) * min(max(counts), 2)
    return best


def _workbook(
    path: Path, arguments: Mapping[str, Any], limits: Mapping[str, Any], found: _Found
) -> list[dict[str, Any]]:
    """The sheets of an XLSX, once its parts have shown that they are of bearable size and hold no entities."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    members = _parts(path, limits)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        names = [sheet.title for sheet in book.worksheets if arguments["sheet"] in (None, sheet.title)]
        if not book.worksheets:
            raise Refused("sheet_empty", "no sheets")
        if not names:
            there = ", ".join(sheet.title for sheet in book.worksheets)
            raise Refused("sheet_missing", f"{arguments['sheet']!r}; there are {there}"[:200])
        return [_sheet(book[name], path, members, arguments["merged"], found) for name in names]
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError,
        SyntaxError, OSError, EOFError, OverflowError, zlib.error,
    ) as error:  # fmt: skip
        raise Refused("sheet_broken", f"{type(error).__name__}: {error}"[:200]) from None


def _parts(path: Path, limits: Mapping[str, Any]) -> set[str]:
    """The names of the parts. Raises Refused as an archive is, and for an XML that defines entities of its own."""
    with archives.opened(path) as archive:
        members = archives.listed(archive, path=path, limits=dict(limits) | {"members": 1_000})
        names = {member.name for member in members}
        if "[Content_Types].xml" not in names:
            raise Refused("not_a_sheet", "a zip without the parts of a workbook")
        for member in members:
            if member.name.endswith((".xml", ".rels")):
                head = _head(archive, member)
                if (
                    b"<!DOCTYPE" in head
                    or b"<!ENTITY" in head
                    or head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
                ):
                    raise Refused("sheet_broken", f"{member.name[:80]} defines entities or is no UTF-8")
    return names


def _head(archive: zipfile.ZipFile, member: archives.Member) -> bytes:
    try:
        with archive.open(member.info) as part:
            return part.read(4_096)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise Refused("archive_broken", str(error)[:200]) from None


def _sheet(sheet: Any, path: Path, members: set[str], merged_rule: str, found: _Found) -> dict[str, Any]:
    sheet.reset_dimensions()  # what a sheet states of its size is no promise
    part = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    raw_merged = _merged_ranges(path, part) if part in members else []
    rows: list[tuple[int, list[str]]] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        found.spend(len(cells))
        told = [_cell_text(cell.value) for cell in cells]
        for place, text in enumerate(told):
            if text in ERRORS:
                found.note(number, column_letter(place), "cell_error", text)
        if any(told):
            rows.append((number, told))
    for merged in raw_merged:
        found.note(_corner(merged)[1], merged.partition(":")[0].rstrip("0123456789"), "merged_cells", merged)
    if merged_rule == "fill":
        _fill(rows, raw_merged, found)
    _note_formulas(path, part, members, found)
    return {"name": sheet.title, "rows": rows, "merged": raw_merged}


def _merged_ranges(path: Path, part: str) -> list[str]:
    """The merged ranges of a sheet, which the streaming reader does not tell; found by streaming its XML once more."""
    ranges: list[str] = []
    for text in _streamed(path, part):
        ranges += [match.decode() for match in MERGED.findall(text)]
        if len(ranges) > MOST_MERGED:
            raise Refused("too_many_cells", f"more than {MOST_MERGED} merged ranges")
    return list(dict.fromkeys(ranges))


def _note_formulas(path: Path, part: str, members: set[str], found: _Found) -> None:
    """Tell of formulas whose program kept no value: they read as empty."""
    if part not in members:
        return
    seen = sum(
        1 for text in _streamed(path, part) for match in FORMULA_WITHOUT_VALUE.findall(text) if b"<v>" not in match
    )
    if seen:
        found.note(0, "", "formula_without_value", f"{seen} cells")


def _streamed(path: Path, part: str) -> Iterator[bytes]:
    """Overlapping pieces of a part; a tag that lies across a cut is whole in the next piece, and in that one only."""
    with zipfile.ZipFile(path) as archive, archive.open(part) as source:
        rest = b""
        while text := source.read(1 << 20):
            piece = rest + text
            cut = piece.rfind(b"<c ") if b"<c " in piece else piece.rfind(b"<")
            cut = cut if cut > 0 else len(piece)
            yield piece[:cut]
            rest = piece[cut:] if len(piece) - cut < (1 << 20) else b""
        yield rest


def _fill(rows: list[tuple[int, list[str]]], ranges: list[str], found: _Found) -> None:
    by_number = dict(rows)
    for place in ranges:
        first, last = (_corner(corner) for corner in place.split(":"))
        found.spend((last[0] - first[0] + 1) * (last[1] - first[1] + 1))
        top = by_number.get(first[1], [])
        value = top[first[0]] if first[0] < len(top) else ""
        for number in range(first[1], last[1] + 1):
            cells = by_number.get(number)
            if cells is None or not value:
                continue
            cells.extend([""] * (last[0] + 1 - len(cells)))
            for column in range(first[0], last[0] + 1):
                cells[column] = cells[column] or value


def _corner(name: str) -> tuple[int, int]:
    """The column from 0 and the row from 1 of a cell such as C17."""
    name = name.partition(":")[0]
    letters = name.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column - 1, int(name[len(letters) :])


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return _plain(str(value)[:LONGEST_CELL])


def _plain(text: str) -> str:
    """The text without blanks around it; a number in full-width letters is written in plain ones, other texts stay."""
    text = text.strip().strip("\u3000\ufeff")
    narrow = unicodedata.normalize("NFKC", text).replace(" ", "") if not text.isascii() else text
    return narrow if narrow is not text and NUMBER.fullmatch(narrow) else text
