"""Parcel files become one checked copy, read batch by batch and never held in memory as a whole. No database."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gep.files import projections, sandbox
from gep.files.findings import Finding, Findings
from gep.files.limits import COMMAND_LINE, Limits
from gep.files.parcels.columns import Columns
from gep.files.parcels.overlaps import Overlaps
from gep.files.parcels.table import ParcelBatch, ParcelTable
from gep.files.refusals import FileRefused, sha256

__all__ = ["CheckedParcels", "Columns", "Overlaps", "ParcelBatch", "ParcelTable", "check", "overlaps_of"]

ROWS_A_BATCH = 4_096
OnBad = Literal["refuse", "reject_rows", "repair"]
OnUnknownLandUse = Literal["reject", "clear"]


@dataclass(frozen=True)
class CheckedParcels:
    """A checked copy with what was found on the way, and what the file says of itself."""

    table: ParcelTable
    sha256: str  # of the file
    findings: Findings
    facts: dict[str, Any]  # driver, layer, features, encoding, crs, rows_read, rows_kept, vertices


def check(
    path: Path,
    out: Path,
    *,
    crs: str | None = projections.METRIC_CRS,
    columns: Columns | None = None,
    on_bad: OnBad = "refuse",
    on_unknown_land_use: OnUnknownLandUse = "reject",
    land_use_codes: Collection[str] | None = None,
    stated_crs: str = "",
    layer: str | None = None,
    place: projections.Bounds = projections.FUZHOU_AND_HALF_A_DEGREE,
    limits: Limits = COMMAND_LINE,
    rows_a_batch: int = ROWS_A_BATCH,
) -> CheckedParcels:
    """Write the checked copy of a GeoPackage, GeoParquet, zipped Shapefile or GeoJSON to ``out``; return it opened.

    A bad row (no id, an id that was there before, no polygon, empty, invalid, far outside, an unknown land-use code, an
    area that is no number) is refused with the whole file, rejected alone, or repaired, by ``on_bad``; in every case it
    is among the findings. Of rows with one id the first is kept. ``land_use_codes`` None takes any code; an unknown one
    rejects its row or is cleared, by ``on_unknown_land_use``. ``stated_crs`` answers for a file that states none.
    ``crs`` None keeps the
    file's own. ``place`` is a box of degrees in which the first parcels must lie.

    Raises FileRefused; its ``reason`` is in reasons.csv, its ``findings`` list the rows where rows are the reason.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise FileRefused(path, "file_missing")
    arguments = {
        "path": str(path), "out": str(Path(out).resolve()), "crs": crs, "columns": (columns or Columns()).as_dict(),
        "on_bad": on_bad, "on_unknown_land_use": on_unknown_land_use, "stated_crs": stated_crs, "layer": layer,
        "land_use_codes": None if land_use_codes is None else sorted(land_use_codes), "place": list(place),
        "rows_a_batch": rows_a_batch,
    }  # fmt: skip
    answer = sandbox.run(
        "parcels", path, arguments, limits=limits, findings=_findings, beside=Path(out).resolve().parent
    )
    return CheckedParcels(
        table=ParcelTable(out), sha256=sha256(path), findings=_findings(path, answer), facts=answer["facts"]
    )


def overlaps_of(table: ParcelTable, *, gap_width_m: float = 0.0, limits: Limits = COMMAND_LINE) -> Overlaps:
    """Return where the parcels of a checked copy overlap; ``gap_width_m`` looks for gaps up to that width too.

    The overlay runs in the limited child. Raises FileRefused, ``unsafe_file`` where the shapes are beyond it.
    """
    told = sandbox.run(
        "overlaps", table.path, {"path": str(table.path.resolve()), "gap_width_m": gap_width_m}, limits=limits
    )
    return Overlaps(**{**told, "examples": tuple(tuple(example) for example in told["examples"])})


def _findings(path: Path, told: dict[str, Any]) -> Findings:
    rows = tuple(
        Finding(
            row=row, id=name, column=column, reason=reason, told=more, done=done,
            **{key: float("nan") if v is None else v for key, v in zip(_NUMBERS, numbers, strict=True)},
        )
        for row, name, column, reason, more, *numbers, done in told.get("findings", ())
    )  # fmt: skip
    return Findings(file=path.name, rows=rows, counts=tuple(sorted(told.get("counts", {}).items())))


_NUMBERS = ("x", "y", "area_before_m2", "area_after_m2")
