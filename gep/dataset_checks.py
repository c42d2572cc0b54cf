"""What makes a file of each kind fit for runs: read in a limited child process, measured, copied."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gep.files import FileRefused, parcel_files, raster_files
from gep.files.projections import METRIC_CRS

SYNTHETIC_MARK = "模拟数据"
COEFFICIENT_COLUMNS = ("key", "value", "unit", "per", "region", "valid_from", "valid_to", "source", "locator", "tag")


@dataclass(frozen=True)
class Stated:
    """What the catalogue says of a file that is to be checked."""

    kind: str
    layer: str = ""
    scheme: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckedFile:
    """What a check measured. ``copy`` is the file that runs read, None where the original is read as it is."""

    facts: dict[str, Any]
    copy: Path | None = None
    synthetic: bool = False
    label: str = ""


def check(path: Path, stated: Stated, *, folder: Path) -> CheckedFile:
    """Check a file of one kind; ``folder`` takes the checked copy. Raises FileRefused with its reason."""
    return CHECKS[stated.kind](path, stated, folder)


def _parcels(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    found = parcel_files.read(path, id_column=stated.options.get("id_column", "code"))
    counties = sorted({str(code) for code in found.columns["county"]})
    facts = {"crs": found.crs, "rows": len(found.geometries), "counties": counties}
    synthetic = bool(found.synthetic.any())
    return CheckedFile(facts, synthetic=synthetic, label=SYNTHETIC_MARK if synthetic else "")


def _layer(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    found = raster_files.read(path, crs=METRIC_CRS, classes=stated.layer == "land_cover")
    grid, label = found.grid, found.tags.get("LABEL", "")
    facts = {
        "crs": METRIC_CRS, "rows": grid.rows, "columns": grid.columns, "cell_m": grid.cell_m,
        "extent": list(grid.bounds), "nodata": found.nodata,
    }  # fmt: skip
    return CheckedFile(facts, synthetic=SYNTHETIC_MARK in label, label=label)


def _table(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        columns = next(rows, [])
        count = sum(1 for row in rows if row)
    if stated.kind == "coefficients" and set(columns) != set(COEFFICIENT_COLUMNS):
        odd = sorted(set(COEFFICIENT_COLUMNS) ^ set(columns))
        raise FileRefused(path, "table_without_columns", ", ".join(odd)[:200])
    return CheckedFile({"rows": count, "columns": columns})


CHECKS: dict[str, Callable[[Path, Stated, Path], CheckedFile]] = {
    "parcels": _parcels,
    "layer": _layer,
    "statistics": _table,
    "coefficients": _table,
}
