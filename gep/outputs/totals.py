"""totals.csv: every sum of the account by level, area and indicator, for a spreadsheet."""

import csv
from collections.abc import Iterator
from pathlib import Path

from gep.accounting import LEVELS
from gep.files.findings import as_text
from gep.outputs import sums
from gep.outputs.statement import Statement

HEADER = ("level", "area", "area_name", "indicator", "quantity", "unit", "value_fen", "parcels", "label")


def write(statement: Statement, path: Path) -> None:
    """Write the totals (CSV, UTF-8 with BOM). Counties and the region hold what is unallocated in them."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        rows.writerows(_rows(statement))


def _rows(statement: Statement) -> Iterator[tuple[str | int, ...]]:
    results = statement.account.results
    for level in LEVELS:
        for code, found in sums.by_area(statement.account, level=level).items():
            for name, fen in found.fen.items():
                place = level, as_text(code), sums.area_name(code), name
                yield (*place, repr(found.quantity[name]), results[name].unit, fen, found.parcels, statement.label)
