"""The table of an area as files that analysts open: CSV, an Excel workbook, a GeoPackage of its parcels.

What a reader typed never becomes a formula: in CSV a cell that would begin one gets an apostrophe, in Excel every text
is written as text.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gep import map_queries
from gep.map_queries import AreaValue, ParcelValue
from web import area_outlines, charts
from web.accounts_shown import Shown, account_label, figures_taken

FEN_PER_YUAN = 100
PARCELS_AT_ONCE = 5_000
MOST_SHEET_ROWS = 100_000  # parcels in one workbook; a county has fewer
MOST_PARCELS = 300_000  # in one GeoPackage that is made while somebody waits; a whole run's file is made by a worker
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
AREA_COLUMNS = ("code", "name", "level", "parcels", "area_m2", "quantity", "unit", "value_fen", "yuan_per_m2")
PARCEL_COLUMNS = (
    "parcel_id", "county", "town", "village", "land_use", "ecosystem", "ecosystem_name", "area_m2", "coverage_share",
    "value_fen", "yuan_per_m2",
)  # fmt: skip


def safe(cell: Any) -> Any:
    """Return a cell of a CSV file that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(BEGINS_FORMULA) else cell


def csv_lines(shown: Shown) -> Iterator[str]:
    """Yield the lines of a CSV file (UTF-8 with BOM): its source, then the parts of the area, then every parcel."""
    rows = map_queries.areas(shown.account.code, within=shown.area, indicator=shown.indicator)
    yield "\ufeff" + line([account_label(shown.account), shown.account.code, shown.name, shown.area])
    yield line(AREA_COLUMNS)
    names = area_outlines.names_of(rows)
    for row in rows:
        yield line(area_cells(row, names[row.code]))
    yield line([])
    yield line(PARCEL_COLUMNS)
    for parcel in all_parcels(shown, geometry=False):
        yield line(parcel_cells(parcel))


def line(cells: Sequence[Any]) -> str:
    """Return one line of a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return out.getvalue()


def area_cells(row: AreaValue, name: str) -> list[Any]:
    """Return the cells of an area, in the order of ``AREA_COLUMNS``."""
    density = None if row.fen_per_m2 is None else round(row.fen_per_m2 / FEN_PER_YUAN, 6)
    return [row.code, name, row.level, row.parcels, row.area_m2, row.quantity, row.unit, row.value_fen, density]


def parcel_cells(row: ParcelValue) -> list[Any]:
    """Return the cells of a parcel, in the order of ``PARCEL_COLUMNS``."""
    density = None if row.fen_per_m2 is None else round(row.fen_per_m2 / FEN_PER_YUAN, 6)
    return [
        row.code, row.county, row.town, row.village, row.land_use, row.ecosystem, charts.ecosystem_label(row.ecosystem),
        row.area_m2, row.coverage_share, row.value_fen, density,
    ]  # fmt: skip


def all_parcels(shown: Shown, *, geometry: bool) -> Iterator[ParcelValue]:
    """Yield every accounted parcel of the area shown, by code, a page at a time."""
    after = ""
    while page := map_queries.parcels_after(
        shown.account.code, after=after, area=shown.area, indicator=shown.indicator, limit=PARCELS_AT_ONCE,
        geometry=geometry,
    ):  # fmt: skip
        yield from page
        after = page[-1].code


def write_workbook(shown: Shown, path: Path) -> None:
    """Write the parts of the area, its parcels (at most 100,000) and the sources of the figures as a workbook."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        rows = map_queries.areas(shown.account.code, within=shown.area, indicator=shown.indicator)
        names = area_outlines.names_of(rows)
        write_sheet(book, "区域 areas", AREA_COLUMNS, (area_cells(row, names[row.code]) for row in rows))
        write_sheet(book, "地块 parcels", PARCEL_COLUMNS, map(parcel_cells, all_parcels(shown, geometry=False)))
        write_sheet(book, "说明 notes", ("key", "value", "unit", "tag", "source"), notes(shown))


def notes(shown: Shown) -> Iterator[list[Any]]:
    """Yield what the figures are: account, choice, and every coefficient with its source."""
    account = shown.account
    said = {
        "account": account.code, "label": account_label(account), "shown": shown.name, "area": shown.area or "all",
        "total_fen": account.total_fen, "synthetic": account.synthetic,
        "unconfirmed_figures": account.unconfirmed_figures,
        "parcels are": "allocated/experimental; the official unit is the county",
    }  # fmt: skip
    for key, value in said.items():
        yield [key, str(value), "", "", ""]
    for row in figures_taken(account):
        yield [
            f"{row['table']}.{row['key']}",
            row["value"],
            row["unit"],
            row["tag"],
            f"{row['title']} {row['locator']}",
        ]


def write_sheet(book: Any, name: str, columns: Sequence[str], rows: Iterator[list[Any]]) -> None:
    """Write one sheet with a head that stays in sight."""
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 16)
    sheet.write_row(0, 0, columns, book.add_format({"bold": True, "bg_color": "#e6f0e8"}))
    for number, cells in zip(range(1, MOST_SHEET_ROWS + 1), rows, strict=False):
        sheet.write_row(number, 0, ["" if cell is None else cell for cell in cells])


def write_geopackage(shown: Shown, path: Path) -> None:
    """Write the parcels of the area with their values as a GeoPackage in EPSG:4490."""
    import pyogrio
    import shapely

    parcels = list(all_parcels(shown, geometry=True))
    columns = [parcel_cells(row) for row in parcels]
    texts = {"parcel_id", "county", "town", "village", "land_use", "ecosystem", "ecosystem_name"}
    data = [
        np.array([cells[place] or "" for cells in columns], dtype=object) if name in texts
        else np.array([np.nan if cells[place] is None else cells[place] for cells in columns], dtype=np.float64)
        for place, name in enumerate(PARCEL_COLUMNS)
    ]  # fmt: skip
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(np.array([row.geometry for row in parcels], dtype=object)), field_data=data,
        fields=list(PARCEL_COLUMNS), geometry_type="MultiPolygon", crs="EPSG:4490", driver="GPKG", layer="parcels",
    )  # fmt: skip
