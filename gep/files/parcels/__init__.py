"""Parcel files become one checked copy, read batch by batch and never held in memory as a whole. No database."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.files import projections, sandbox
from gep.files.findings import Finding, Findings
from gep.files.limits import COMMAND_LINE, Limits
from gep.files.parcels.columns import BOUNDS, TEXTS, Columns
from gep.files.refusals import FileRefused, sha256

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CheckedParcels", "Columns", "ParcelBatch", "ParcelTable", "check"]

ROWS_A_BATCH = 4_096
OnBad = Literal["refuse", "reject_rows", "repair"]
OnUnknownLandUse = Literal["reject", "clear"]


@dataclass(frozen=True, eq=False)
class ParcelBatch:
    """Some rows of a checked copy, neighbours on the ground.

    ``wkb`` uint8 and ``offsets`` int64, shape (rows + 1,): row i is wkb[offsets[i]:offsets[i + 1]], little-endian, in
    plan, a Polygon (3) or MultiPolygon (6), exteriors counter-clockwise. Both are views of the mapped file, not copies.
    """

    first_row: int  # the place of its first row in the table
    arrow: "pa.RecordBatch"

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each geometry starts in ``wkb``, and where the last ends."""
        column = self.arrow.column("geometry")
        whole = np.frombuffer(column.buffers()[1], dtype=np.int64)
        return whole[column.offset : column.offset + len(column) + 1]

    @property
    def wkb(self) -> NDArray[np.uint8]:
        """The bytes of all geometries, one after another."""
        return np.frombuffer(self.arrow.column("geometry").buffers()[2] or b"", dtype=np.uint8)

    @property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north in metres, shape (rows, 4)."""
        return np.column_stack([self.arrow.column(name).to_numpy() for name in BOUNDS])

    def texts(self, name: str) -> NDArray[np.str_]:
        """Return one of the text columns, shape (rows,), "" where missing."""
        return np.array(self.arrow.column(name).to_pylist(), dtype=str)

    @property
    def official_area_m2(self) -> NDArray[np.float64]:
        """The area that the file states, NaN where it states none."""
        return np.asarray(self.arrow.column("official_area_m2").to_numpy())

    @property
    def synthetic(self) -> NDArray[np.bool_]:
        """Whether a row says that it is made up."""
        return np.asarray(self.arrow.column("synthetic").to_numpy(zero_copy_only=False))

    def geometries(self) -> NDArray[np.object_]:
        """Return shapely geometries, shape (rows,); made anew at each call."""
        return shapely.from_wkb(self.arrow.column("geometry").to_numpy(zero_copy_only=False))


class ParcelTable:
    """A checked copy, memory-mapped: rows along a Hilbert curve, in batches of one length. Pickles as its path."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.path = Path(path)
        self._reader = pa.ipc.open_file(pa.memory_map(str(self.path)))
        self.crs = str(self._reader.schema.metadata[b"crs"].decode())
        self.batches = int(self._reader.num_record_batches)
        counts = [self._reader.get_batch(place).num_rows for place in range(self.batches)]
        self._starts = np.cumsum([0, *counts])

    def __reduce__(self) -> tuple[type, tuple[Path]]:
        return ParcelTable, (self.path,)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __iter__(self) -> Iterator[ParcelBatch]:
        return (self.batch(place) for place in range(self.batches))

    def batch(self, place: int) -> ParcelBatch:
        """Return one batch, 0 <= place < batches."""
        return ParcelBatch(int(self._starts[place]), self._reader.get_batch(place))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the copy: the same parcels give the same, in whatever order and format they came."""
        return sha256(self.path)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all parcels, in metres."""
        each = np.vstack([batch.bounds for batch in self])
        return (*each[:, :2].min(axis=0).tolist(), *each[:, 2:].max(axis=0).tolist())

    def column(self, name: str) -> NDArray:
        """Return a whole column (not the geometry), shape (rows,)."""
        if name in TEXTS:
            return np.concatenate([batch.texts(name) for batch in self])
        return np.concatenate([np.asarray(b.arrow.column(name).to_numpy(zero_copy_only=False)) for b in self])


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
    answer = sandbox.run("parcels", path, arguments, limits=limits, findings=_findings)
    return CheckedParcels(
        table=ParcelTable(out), sha256=sha256(path), findings=_findings(path, answer), facts=answer["facts"]
    )


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
