"""A sheet as the yearbook has it: title, note, merged heads in two languages, rows, remarks; fit to A4."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format

Kind = Literal["text", "count", "fen", "quantity", "yuan", "wan", "yi", "share", "price"]
NUMBERS: dict[str, str] = {
    "count": "#,##0", "fen": "#,##0", "quantity": "#,##0.00", "yuan": "#,##0.00", "wan": "#,##0.00",
    "yi": "#,##0.0000", "share": "0.0%", "price": "#,##0.######",
}  # fmt: skip
LINE_HEIGHT = 14.0
LARGEST_EXACT = 10**15  # a spreadsheet keeps fifteen digits
INK, PAPER, LINE, WARNING = "#16382d", "#e8f0e4", "#b8c7bd", "#fff2cc"
MISSING = "空白表示缺数据，不是零。 Blank is missing, never zero."
Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """A column: its heads, what kind of cells it has, its width, and the group whose head stands above."""

    zh: str
    en: str = ""
    kind: Kind = "text"
    width: float = 14.0
    group: str = ""


@dataclass
class Book:
    """A workbook in constant memory, with the formats that its sheets share, and what each must be labelled with."""

    file: xlsxwriter.Workbook
    label: str
    _formats: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)
    _cell_formats: dict[tuple[Kind, bool, bool], Format] = field(default_factory=dict)

    def format(self, **properties: Any) -> Format:
        """Return the format with these properties, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.file.add_format({"font_name": "宋体", "font_size": 10, **properties})
        return self._formats[key]

    def cell_format(self, kind: Kind, total: bool, warning: bool) -> Format:
        """Return the format of a cell below the heads."""
        found = self._cell_formats.get((kind, total, warning))
        if found is None:
            look: dict[str, Any] = {"border": 1, "border_color": LINE, "valign": "vcenter"}
            look |= {"num_format": NUMBERS.get(kind, "@"), "text_wrap": kind == "text"}
            look |= {"bold": True, "bg_color": PAPER} if total else {}
            look |= {"bg_color": WARNING} if warning else {}
            found = self._cell_formats[kind, total, warning] = self.format(**look)
        return found


class Sheet:
    """One sheet, written from top to bottom."""

    def __init__(
        self, book: Book, name: str, *, title: str, english: str, note: str, columns: Sequence[Column], frozen: int = 1
    ) -> None:
        self.book, self.columns = book, columns
        self._sheet = book.file.add_worksheet(name)
        self._row = 0
        self._last = len(columns) - 1
        for place, column in enumerate(columns):
            self._sheet.set_column(place, place, column.width)
        self._lay_out_page()
        self._across(title, height=26, bold=True, font_size=16, font_color=INK, align="center", valign="vcenter")
        self._across(english, font_color="#5d6b63", align="center", italic=True)
        if book.label:
            self._across(book.label, bg_color=WARNING, align="center", bold=True)
        if note:
            self._across(note, height=15 * (1 + len(note) * 2 // self._characters()), text_wrap=True, valign="top")
        self._heads()
        self._sheet.freeze_panes(self._row, frozen)
        self._sheet.repeat_rows(self._row - self._head_rows, self._row - 1)

    def row(self, cells: Sequence[Cell], *, total: bool = False, warning: bool = False) -> None:
        """Write a row, as high as its longest text wants; None and NaN stay blank. A total is bold on a tint."""
        lines = max(_lines(cell, column) for column, cell in zip(self.columns, cells, strict=True))
        if lines > 1:
            self._sheet.set_row(self._row, LINE_HEIGHT * lines)
        for place, (column, cell) in enumerate(zip(self.columns, cells, strict=True)):
            self._cell(place, cell, column.kind, total=total, warning=warning)
        self._row += 1

    def remark(self, text: str) -> None:
        """Write a line of text below the rows."""
        lines = 1 + len(text) * 2 // self._characters()
        self._across(text, height=14 * lines, text_wrap=True, valign="top", font_color="#41514a", font_size=9)

    def _cell(self, place: int, cell: Cell, kind: Kind, *, total: bool, warning: bool) -> None:
        if cell is None or cell != cell:
            self._sheet.write_blank(self._row, place, None, self.book.cell_format(kind, total, warning))
        elif isinstance(cell, str) or abs(cell) >= LARGEST_EXACT:
            text = cell if isinstance(cell, str) else str(cell)
            self._sheet.write_string(self._row, place, text, self.book.cell_format("text", total, warning))
        else:
            self._sheet.write_number(self._row, place, cell, self.book.cell_format(kind, total, warning))

    def _heads(self) -> None:
        first = self._row
        look = {"bold": True, "bg_color": INK, "font_color": "#ffffff", "align": "center", "border": 1,
                "border_color": LINE, "valign": "vcenter", "text_wrap": True}  # fmt: skip
        if any(column.group for column in self.columns):
            place = 0
            for group, columns in groupby(self.columns, key=lambda column: column.group):
                width = len(list(columns))
                self._merge(place, place + width - 1, group, self.book.format(**look))
                place += width
            self._row += 1
        for place, column in enumerate(self.columns):
            self._sheet.write_string(self._row, place, column.zh, self.book.format(**look))
        self._row += 1
        small = {**look, "bold": False, "font_size": 8}
        for place, column in enumerate(self.columns):
            self._sheet.write_string(self._row, place, column.en, self.book.format(**small))
        self._row += 1
        self._head_rows = self._row - first

    def _across(self, text: str, *, height: float = 0.0, **look: Any) -> None:
        if height:
            self._sheet.set_row(self._row, height)
        self._merge(0, self._last, text, self.book.format(**look))
        self._row += 1

    def _merge(self, first: int, last: int, text: str, look: Format) -> None:
        if first == last:
            self._sheet.write_string(self._row, first, text, look)
        else:
            self._sheet.merge_range(self._row, first, self._row, last, text, look)

    def _characters(self) -> int:
        return max(int(sum(column.width for column in self.columns)), 20)

    def _lay_out_page(self) -> None:
        self._sheet.set_paper(9)  # A4
        self._sheet.set_landscape()
        self._sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_footer(f"&L{self.book.label.replace('&', '&&')}&R第 &P 页，共 &N 页")
        self._sheet.hide_gridlines(2)


def _lines(cell: Cell, column: Column) -> int:
    """How many lines a cell takes; a Chinese character is as wide as two others."""
    if not isinstance(cell, str) or 2 * len(cell) <= column.width:
        return 1
    wide = sum(2 if char > "\u2e7f" else 1 for char in cell)
    return int(-(-wide // (column.width - 1)))
