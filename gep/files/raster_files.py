"""Reads a layer from a GeoTIFF after it has shown that it is one, of bearable size, in a known system. No database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gep.coverage import Grid
from gep.files import FileRefused, sha256

MOST_BYTES = 4 * 2**30
LARGEST_BLOCK = 4_096**2
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JIANGXI_AND_A_DEGREE = (112.5, 23.5, 119.5, 31.1)  # west, south, east, north


@dataclass(frozen=True)
class Raster:
    """One band on its grid; measured values are float64 with NaN for missing, classes keep their whole numbers."""

    values: NDArray
    nodata: float
    grid: Grid
    sha256: str
    tags: dict[str, str]


def read(path: Path, *, crs: str, classes: bool = False) -> Raster:
    """Return the one band of a GeoTIFF in ``crs``. Raises FileRefused with the reason before any pixel is read.

    Reasons: not_a_geotiff, several_bands, raster_too_large, raster_block_too_large, raster_without_crs,
    raster_of_other_crs, raster_without_nodata, raster_not_north_up, raster_outside_jiangxi.
    """
    import rasterio
    from rasterio.errors import RasterioIOError

    path = Path(path)
    if not path.is_file():
        raise FileRefused(path, "not_a_geotiff", "no such file")
    if path.open("rb").read(4) not in MAGIC:
        raise FileRefused(path, "not_a_geotiff")
    try:
        with rasterio.open(path, driver="GTiff") as source:
            _check(path, source, crs=crs)
            band = source.read(1)
            grid, nodata, tags = _grid(source), float(source.nodata), dict(source.tags())
    except RasterioIOError as error:
        raise FileRefused(path, "not_a_geotiff", str(error)) from None
    values = band if classes else np.where(band == nodata, np.nan, band.astype(np.float64))
    return Raster(values=values, nodata=nodata, grid=grid, sha256=sha256(path), tags=tags)


def _check(path: Path, source: Any, *, crs: str) -> None:
    item_bytes = max(np.dtype(kind).itemsize for kind in source.dtypes)
    if source.width * source.height * source.count * item_bytes > MOST_BYTES:
        raise FileRefused(path, "raster_too_large", f"{source.width} x {source.height} x {source.count}")
    if any(height * width > LARGEST_BLOCK for height, width in source.block_shapes):
        raise FileRefused(path, "raster_block_too_large", f"{source.block_shapes[0]}")
    if source.count != 1:
        raise FileRefused(path, "several_bands", f"{source.count}")
    _check_place(path, source, crs=crs)
    if source.nodata is None:
        raise FileRefused(path, "raster_without_nodata")


def _check_place(path: Path, source: Any, *, crs: str) -> None:
    import rasterio
    from rasterio.warp import transform_bounds

    if source.crs is None:
        raise FileRefused(path, "raster_without_crs")
    if source.crs != rasterio.CRS.from_string(crs):
        raise FileRefused(path, "raster_of_other_crs", f"{source.crs.to_string()[:60]} instead of {crs}")
    step = source.transform
    if step.b or step.d or step.a <= 0 or abs(step.a + step.e) > 1e-9 * step.a:
        raise FileRefused(path, "raster_not_north_up")
    west, south, east, north = transform_bounds(source.crs, "EPSG:4326", *source.bounds)
    limit = JIANGXI_AND_A_DEGREE
    if not (west < limit[2] and east > limit[0] and south < limit[3] and north > limit[1]):
        raise FileRefused(path, "raster_outside_jiangxi", f"{west:.2f} {south:.2f} {east:.2f} {north:.2f}")


def _grid(source: Any) -> Grid:
    step = source.transform
    return Grid(west_m=step.c, north_m=step.f, cell_m=step.a, rows=source.height, columns=source.width)
