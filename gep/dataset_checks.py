"""What makes a file of each kind fit for runs: read in a limited child process, measured, copied as checked."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import coefficients, regions
from core.coefficients import BadCoefficientTable
from gep import statistics
from gep.files import FileRefused, parcels, rasters, sheets
from gep.files.findings import Findings, write_rejections
from gep.files.limits import PARCELS_UPLOAD, UPLOAD
from gep.files.parcels import Columns

SYNTHETIC_MARK = "模拟数据"
MOST_LISTED = 100
OF_PARCELS = ("on_bad", "on_unknown_land_use", "stated_crs")


@dataclass(frozen=True)
class Stated:
    """What the catalogue says of a file that is to be checked."""

    kind: str
    layer: str = ""
    unit: str = ""
    scheme: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Findings as the catalogue keeps them: the first ones, how many of each reason, and the whole list as a file."""

    first: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    rejections: Path | None = None


@dataclass(frozen=True)
class CheckedFile:
    """What a check measured. ``copy`` is the file that runs read, None where the original is read as it is."""

    facts: dict[str, Any]
    copy: Path | None = None
    synthetic: bool = False
    label: str = ""
    found: Found = field(default_factory=Found)


def check(path: Path, stated: Stated, *, folder: Path) -> CheckedFile:
    """Check a file of one kind; ``folder`` takes the checked copy. Raises FileRefused with its reason."""
    return CHECKS[stated.kind](path, stated, folder)


def found_in(findings: Findings | None, *, folder: Path) -> Found:
    """Return findings as the catalogue keeps them; ``folder`` takes the rejections file."""
    if findings is None or not findings.total:
        return Found()
    path = folder / "rejections.csv"
    write_rejections(path, [findings])
    first = [_plain(asdict(row)) for row in findings.rows[:MOST_LISTED]]
    return Found(first=first, counts=dict(findings.counts), rejections=path)


def _parcels(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    names = {"parcel_id": stated.options["id_column"]} if stated.options.get("id_column") else {}
    chosen = {name: stated.options[name] for name in OF_PARCELS if stated.options.get(name)}
    found = parcels.check(path, folder / "parcels.arrow", columns=Columns(**names), limits=PARCELS_UPLOAD, **chosen)
    table = found.table
    counties, counts = np.unique(table.column("county"), return_counts=True)
    facts = {
        **found.facts, "crs": table.crs, "rows": len(table), "extent": list(table.bounds),
        "counties": dict(zip(counties.tolist(), counts.tolist(), strict=True)),
    }  # fmt: skip
    synthetic = bool(table.column("synthetic").any())
    return CheckedFile(
        facts=_plain(facts), copy=table.path, synthetic=synthetic, label=SYNTHETIC_MARK if synthetic else "",
        found=found_in(found.findings, folder=folder),
    )  # fmt: skip


def _layer(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    found = rasters.check(
        path, layer=stated.layer, unit=stated.unit, scheme=stated.scheme or "hj1166",
        nodata=stated.options.get("nodata"), limits=UPLOAD,
    )  # fmt: skip
    if found.unknown_classes:
        told = ", ".join(str(code) for code, _ in found.unknown_classes[:20])
        raise FileRefused(path, "unknown_class", f"{told} in {stated.scheme or 'hj1166'}")
    south, east = found.north - found.rows * found.cell_y, found.west + found.columns * found.cell_x
    facts = _plain(asdict(found)) | {"cell_m": found.cell_x, "extent": [found.west, south, east, found.north]}
    return CheckedFile(facts, synthetic=SYNTHETIC_MARK in found.label, label=found.label)


def _statistics(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    sheet = sheets.read(path, limits=UPLOAD)
    heading, *rows = sheet.rows()
    cells = ((row.number, dict(zip(heading.cells, row.cells, strict=False))) for row in rows)
    table = statistics.read(cells, columns=heading.cells, counties=[county.code for county in regions.counties()])
    if not len(table):
        told = table.findings[0] if table.findings else None
        raise FileRefused(path, "sheet_without_rows", f"{told.column}: {told.reason}" if told else "")
    first = [_plain(asdict(finding)) for finding in table.findings[:MOST_LISTED]]
    counts: dict[str, int] = {}
    for finding in table.findings:
        counts[finding.reason] = counts.get(finding.reason, 0) + 1
    facts = {"rows": len(table), "products": sorted(set(table.product.tolist())),
             "counties": sorted(set(table.county.tolist())), **_plain(sheet.facts)}  # fmt: skip
    return CheckedFile(facts, found=Found(first=first, counts=counts))


def _coefficients(path: Path, stated: Stated, folder: Path) -> CheckedFile:
    try:
        rows = coefficients.load(path).rows()
    except (BadCoefficientTable, UnicodeDecodeError) as error:
        raise FileRefused(path, "coefficients_refused", str(error)[:500]) from None
    return CheckedFile({"rows": len(rows), "unconfirmed": sum(not row.confirmed for row in rows)})


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: NaN is null, tuples are lists."""
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


CHECKS: dict[str, Callable[[Path, Stated, Path], CheckedFile]] = {
    "parcels": _parcels,
    "layer": _layer,
    "statistics": _statistics,
    "coefficients": _coefficients,
}
