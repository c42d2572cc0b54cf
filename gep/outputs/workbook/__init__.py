"""accounts.xlsx: the norm's tables with units, notes and sources, for Excel and WPS. Written in constant memory."""

import errno
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from gep.outputs.statement import Statement
from gep.outputs.workbook import account_sheets, cover, method_sheets, parcel_sheet, seea_sheets, stock_sheets
from gep.outputs.workbook.sheet import Book

Progress = Callable[[float], None]
# A cell is what it is told to be: no text becomes a formula, a link or a number.
OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip


def write(statement: Statement, path: Path, *, progress: Progress | None = None) -> None:
    """Write every sheet. Values stand in 万元 and 亿元, and once in whole fen; codes are text; missing is blank.

    Raises OSError where the file cannot be written.
    """
    try:
        _write(statement, path, progress)
    except FileCreateError as error:
        raise OSError(errno.EIO, f"{path.name} cannot be written: {error}") from error


def _write(statement: Statement, path: Path, progress: Progress | None) -> None:
    with xlsxwriter.Workbook(str(path), OPTIONS) as file:
        title = f"{statement.title} GEP"
        written = datetime(statement.year, 12, 31, tzinfo=UTC)  # of the data, so that the same account is the same file
        file.set_properties({"title": title, "subject": statement.label, "created": written.replace(tzinfo=None)})
        book = Book(file, statement.label)
        cover.write(book, statement)
        account_sheets.write(book, statement)
        parcel_sheet.write(book, statement, progress=progress)
        method_sheets.write(book, statement)
        seea_sheets.write(book, statement)
        stock_sheets.write(book, statement)
