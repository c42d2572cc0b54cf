"""What the header of a raster states: where its cells lie, which values are missing, how the others are scaled."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gep.files import projections
from gep.files.refusals import Refused


@dataclass(frozen=True, slots=True)
class Header:
    """A north-up raster of one band. ``cell_x`` and ``cell_y`` positive, in the units of ``crs``."""

    crs: str
    west: float
    north: float
    cell_x: float
    cell_y: float
    rows: int
    columns: int
    dtype: str
    nodata: float
    scale: float
    offset: float
    label: str
    unit_tag: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        return (
            self.west, self.north - self.rows * self.cell_y, self.west + self.columns * self.cell_x, self.north
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return the header by name."""
        return asdict(self)

    def missing(self, band: NDArray) -> NDArray[np.bool_]:
        """Return which cells of a band hold no value."""
        gone = band == self.nodata
        return gone | np.isnan(band) if band.dtype.kind == "f" else gone

    def scaled(self, band: NDArray) -> NDArray:
        """Return measured values as float64 with NaN for missing, the file's own scale and offset applied."""
        values: NDArray[Any] = band.astype(np.float64)
        if self.scale != 1.0 or self.offset != 0.0:
            values = values * self.scale + self.offset
        values[self.missing(band)] = np.nan
        return values


def header_of(source: Any, *, nodata: float | None = None) -> Header:
    """Return the header of an open dataset; ``nodata`` answers where it states none.

    Raises Refused: raster_without_nodata, raster_not_north_up, and those of projections.stated.
    """
    found = projections.stated(source.crs.to_wkt() if source.crs else None)
    if not found.crs:
        raise Refused(found.reason, found.told)
    step = source.transform
    if step.b or step.d or step.a <= 0 or step.e >= 0 or not all(math.isfinite(value) for value in step[:6]):
        raise Refused("raster_not_north_up", f"{step[:6]}")
    gone = source.nodata if source.nodata is not None else nodata
    if gone is None:
        raise Refused("raster_without_nodata")
    tags = source.tags()
    return Header(
        crs=found.crs, west=step.c, north=step.f, cell_x=step.a, cell_y=-step.e, rows=source.height,
        columns=source.width, dtype=str(source.dtypes[0]), nodata=float(gone), scale=float(source.scales[0]),
        offset=float(source.offsets[0]), label=str(tags.get("LABEL", ""))[:500],
        unit_tag=str(source.units[0] or tags.get("UNIT", ""))[:80],
    )  # fmt: skip
