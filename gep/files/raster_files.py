"""A raster that is small enough to be held at once, whole; see gep.files.raster_stacks for others. No database."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gep.coverage import Grid
from gep.files import rasters
from gep.files.limits import UPLOAD
from gep.files.rasters.header import header_of
from gep.files.refusals import FileRefused


@dataclass(frozen=True)
class Raster:
    """One band on its grid; measured values are float64 with NaN for missing, classes keep their whole numbers."""

    values: NDArray
    nodata: float
    grid: Grid
    sha256: str
    tags: dict[str, str]


def read(path: Path, *, crs: str, classes: bool = False) -> Raster:
    """Return the one band of a GeoTIFF in ``crs``, square-celled, once the child has read it through.

    Raises FileRefused: reference_not_square, and what ``rasters.check`` raises, within the limits of uploads.
    """
    facts = rasters.check(path, layer="land_cover" if classes else "dem_m", crs=crs, limits=UPLOAD)
    if abs(facts.cell_x - facts.cell_y) > 1e-9 * facts.cell_x:
        raise FileRefused(path, "reference_not_square", f"{facts.cell_x} x {facts.cell_y}")
    with rasters.opened(path, environment={}) as source:
        header, band, tags = header_of(source), source.read(1), dict(source.tags())
    grid = Grid(facts.west, facts.north, facts.cell_x, facts.rows, facts.columns)
    values = band if classes else np.asarray(header.scaled(band))
    return Raster(values=values, nodata=facts.nodata, grid=grid, sha256=facts.sha256, tags=tags)
