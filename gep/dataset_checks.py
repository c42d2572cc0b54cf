"""What makes a file of each kind fit for runs: read in a limited child process, measured, copied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gep.files import FileRefused, parcel_files, rasters, sheets
from gep.files.limits import UPLOAD
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
    scheme = stated.scheme or "hj1166"
    found = rasters.check(path, layer=stated.layer, crs=METRIC_CRS, scheme=scheme, limits=UPLOAD)
    if found.unknown_classes:
        told = ", ".join(str(code) for code, _ in found.unknown_classes[:20])
        raise FileRefused(path, "unknown_class", f"{told} in {scheme}")
    south, east = found.north - found.rows * found.cell_y, found.west + found.columns * found.cell_x
    facts = {
        "crs": found.crs, "rows": found.rows, "columns": found.columns, "cell_m": found.cell_x,
        "extent": [found.west, south, east, found.north], "nodata": found.nodata, "missing_share": found.missing_share,
        "implausible_cells": found.implausible, "hints": list(found.hints),
    }  # fmt: skip
    return CheckedFile(facts, synthetic=SYNTHETIC_MARK in found.label, label=found.label)


def _table(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    found = sheets.read(path, limits=UPLOAD)
    rows = list(found.rows())
    columns = list(rows[0].cells)
    if stated.kind == "coefficients" and set(columns) != set(COEFFICIENT_COLUMNS):
        odd = sorted(set(COEFFICIENT_COLUMNS) ^ set(columns))
        raise FileRefused(path, "table_without_columns", ", ".join(odd)[:200])
    return CheckedFile({"rows": len(rows) - 1, "columns": columns, "encoding": found.facts["encoding"]})


CHECKS: dict[str, Callable[[Path, Stated, Path], CheckedFile]] = {
    "parcels": _parcels,
    "layer": _layer,
    "statistics": _table,
    "coefficients": _table,
}
