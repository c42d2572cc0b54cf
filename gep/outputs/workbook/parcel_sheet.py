"""The sheet of parcels: all of them, or the first ones by id with the sum of the others, so that it adds up."""

from collections.abc import Callable, Iterator

import numpy as np

from gep.outputs import parcel_rows, words
from gep.outputs.statement import ALLOCATED, Statement
from gep.outputs.workbook.sheet import MISSING, Book, Cell, Column, Kind, Sheet

MOST_ROWS = 20_000  # a spreadsheet of more opens slowly; the other files hold every parcel
ROWS_AT_ONCE = 2_000
TEXTS = {"parcel_id": "图斑编号", "county": "县区", "ecosystem": "主要生态系统", "grade": "等级"}
PLAIN: dict[str, tuple[str, Kind]] = {
    "area_m2": ("面积（m²）", "quantity"), "coverage_share": ("图层覆盖率", "share"),
    "total_fen": ("合计（分）", "fen"),
}  # fmt: skip
Progress = Callable[[float], None]


def write(book: Book, statement: Statement, *, progress: Progress | None = None, most_rows: int = MOST_ROWS) -> None:
    """Write the parcels in the order of their ids; beyond ``most_rows`` one row holds what the others come to."""
    tell = progress or (lambda share: None)
    account = statement.account
    order = np.argsort(account.parcels.codes, kind="stable")
    shown, others = order[:most_rows], order[most_rows:]
    columns = [_column(statement, name) for name in parcel_rows.columns(account, slice(0, 0))]
    told = f"按编号列出全部 {len(order):,} 个图斑。"
    if len(others):
        told = f"共 {len(order):,} 个图斑，按编号列出前 {len(shown):,} 个，其余合为一行；全部见 parcels.parquet。"
    sheet = Sheet(
        book, "6 地块 Parcels", title=f"{statement.year}年地块账户", english="Parcel accounts", columns=columns,
        note=f"{told} {ALLOCATED}。价值单位：分。",
    )  # fmt: skip
    for number, cells in enumerate(_rows(statement, shown)):
        sheet.row(cells)
        if number % ROWS_AT_ONCE == 0:
            tell(number / len(order))
    if len(others):
        sheet.row(_summed(statement, others, "其余图斑 others"), total=True)
    for cells in _cells(parcel_rows.pseudo_parcels(account)):
        sheet.row(cells)
    sheet.row(_summed(statement, order, "合计 total", whole=True), total=True)
    sheet.remark(MISSING)
    tell(1.0)


def _rows(statement: Statement, shown: np.ndarray) -> Iterator[list[Cell]]:
    for first in range(0, len(shown), ROWS_AT_ONCE):
        yield from _cells(parcel_rows.columns(statement.account, shown[first : first + ROWS_AT_ONCE]))


def _cells(columns: dict[str, np.ndarray]) -> Iterator[list[Cell]]:
    for cells in zip(*(values.tolist() for values in columns.values()), strict=True):
        yield list(cells)


def _summed(statement: Statement, some: np.ndarray, name: str, *, whole: bool = False) -> list[Cell]:
    """One row for many parcels; ``whole`` adds what no parcel had a weight for. Shares have no sum."""
    found = parcel_rows.columns(statement.account, some)
    left = parcel_rows.pseudo_parcels(statement.account) if whole else {}
    cells: list[Cell] = []
    for column, values in found.items():
        if column in TEXTS:
            cells.append(name if column == "parcel_id" else "")
        elif column.endswith("coverage_share"):
            cells.append(None)
        elif column.endswith("_fen"):
            cells.append(int(values.sum()) + (int(left[column].sum()) if whole else 0))
        else:
            cells.append(float(np.nansum(values)) + (float(np.nansum(left[column])) if whole else 0.0))
    return cells


def _column(statement: Statement, name: str) -> Column:
    if name in TEXTS:
        return Column(TEXTS[name], name, width=20 if name == "parcel_id" else 11)
    if name in PLAIN:
        zh, kind = PLAIN[name]
        return Column(zh, name, kind, 14)
    indicator = max((n for n in statement.account.results if name.startswith(f"{n}_")), key=len)
    what = name.removeprefix(f"{indicator}_")
    group = words.name(indicator)
    if what == "fen":
        return Column("价值（分）", name, "fen", 15, group)
    if what == "coverage_share":
        return Column("覆盖率", name, "share", 9, group)
    if what == statement.account.results[indicator].unit:
        return Column(f"实物量（{words.UNITS[what]}）", name, "quantity", 15, group)
    zh, unit = words.part(what)
    return Column(f"{zh}（{words.UNITS.get(unit, unit)}）", name, "quantity", 15, group)
