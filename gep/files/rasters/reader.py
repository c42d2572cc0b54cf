"""Looks a GeoTIFF over and reads it through once, in the limited child: header first, then block by block."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gep import ecosystems
from gep.files import archives, projections
from gep.files.rasters.header import Header, header_of
from gep.files.refusals import Refused

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ENDINGS = (".tif", ".tiff", ".gtiff")
CELLS_AT_ONCE = 1 << 24
MOST_CLASSES = 65_536


def run(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the header of the raster at ``path``, and what its values are like."""
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError

    path = Path(arguments["path"])
    check_magic(path)
    try:
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(path, driver="GTiff") as source:
            check_size(source, limits=limits)
            header = header_of(source, nodata=arguments["nodata"])
            check_place(header, crs=arguments["crs"], place=tuple(arguments["place"]))
            if arguments["classes"] and np.dtype(header.dtype).kind not in "iu":
                raise Refused("classes_not_whole_numbers", header.dtype)
            seen = _Seen(header, arguments)
            for window in _windows(source):
                seen.add(source.read(1, window=window))
    except (RasterioIOError, RasterioError) as error:
        raise Refused("raster_broken" if "TIFFRead" in str(error) or "Read" in str(error) else "not_a_geotiff",
                      str(error)[:200]) from None  # fmt: skip
    return header.as_dict() | seen.told()


def check_magic(path: Path) -> None:
    """Refuse what is no TIFF by its first bytes or its name; the text of another driver's document is none."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith(MAGIC):
        other = head.startswith(archives.ARCHIVE_MAGIC)
        raise Refused(
            "archive_of_other_kind" if other else "not_a_geotiff", "" if other else f"starts with {head[:4]!r}"
        )
    if path.suffix and path.suffix.lower() not in ENDINGS:
        raise Refused("wrong_extension", f"holds a TIFF, is named {path.suffix[:12]}")


def check_size(source: Any, *, limits: Mapping[str, Any]) -> None:
    """Refuse by what the header declares; nothing is read yet."""
    item_bytes = max(np.dtype(kind).itemsize if kind != "complex_int16" else 4 for kind in source.dtypes)
    if source.width * source.height * source.count * item_bytes > limits["raster_bytes"]:
        raise Refused("raster_too_large", f"{source.width} x {source.height} x {source.count} of {item_bytes} bytes")
    for height, width in source.block_shapes:
        if height * width > limits["block_cells"]:
            raise Refused("raster_block_too_large", f"{height} x {width}")
    if source.count != 1:
        raise Refused("several_bands", str(source.count))
    if np.dtype(source.dtypes[0]).kind not in "iuf":
        raise Refused("raster_of_other_type", str(source.dtypes[0]))


def check_place(header: Header, *, crs: str | None, place: projections.Bounds) -> None:
    """Refuse a raster in another CRS than asked for, or one that does not meet the place."""
    if crs is not None and header.crs != crs:
        raise Refused("raster_of_other_crs", f"{header.crs} instead of {crs}")
    west, south, east, north = header.bounds
    xs, ys = np.meshgrid(np.linspace(west, east, 9), np.linspace(south, north, 9))
    lon, lat = projections.moved(xs.ravel(), ys.ravel(), header.crs, projections.STORED_CRS)
    seen = np.isfinite(lon) & np.isfinite(lat)
    meets = seen.any() and (
        lon[seen].min() < place[2] and lon[seen].max() > place[0]
        and lat[seen].min() < place[3] and lat[seen].max() > place[1]
    )  # fmt: skip
    if not meets:
        middle = ((west + east) / 2, (south + north) / 2)
        reason, told = projections.misplaced(*middle, crs=header.crs, place=place)
        raise Refused("raster_outside_jiangxi" if reason == "outside_the_region" else reason, told)


def _windows(source: Any) -> Iterator[Any]:
    """Bands of rows that follow the blocks, each of a bearable size."""
    from rasterio.windows import Window

    block_rows, block_columns = source.block_shapes[0]
    columns = max(block_columns, CELLS_AT_ONCE // max(block_rows, 1) // block_columns * block_columns)
    for row in range(0, source.height, block_rows):
        for column in range(0, source.width, columns):
            width, height = min(columns, source.width - column), min(block_rows, source.height - row)
            yield Window(column, row, width, height)


class _Seen:
    """What has been seen of the values so far."""

    def __init__(self, header: Header, arguments: Mapping[str, Any]) -> None:
        self._header, self._asked = header, arguments
        self._cells = self._missing = self._implausible = 0
        self._least, self._most = math.inf, -math.inf
        self._unknown: Counter[int] = Counter()

    def add(self, band: np.ndarray) -> None:
        missing = self._header.missing(band)
        self._cells += band.size
        self._missing += int(np.count_nonzero(missing))
        held = band[~missing]
        if not held.size:
            return
        if self._asked["classes"]:
            self._add_classes(held)
            return
        values = self._header.scaled(held) * self._asked["factor"]
        self._least = min(self._least, float(values.min()))
        self._most = max(self._most, float(values.max()))
        least, most = self._asked["least"], self._asked["most"]
        self._implausible += int(np.count_nonzero((values < least) | (values > most) | ~np.isfinite(values)))

    def told(self) -> dict[str, Any]:
        empty = self._cells == self._missing
        hints = []
        whole = self._asked["unit"] == "percent" and self._asked["most"] == 100  # soils of 1 % organic carbon are usual
        if whole and not empty and 0 < self._most <= 1:
            hints.append("percent_looks_like_share")
        if empty:
            hints.append("layer_without_values")
        return {
            "least": math.nan if empty else self._least,
            "most": math.nan if empty else self._most,
            "missing_share": self._missing / self._cells,
            "implausible": self._implausible,
            "unknown_classes": sorted(self._unknown.items()),
            "hints": hints,
        }

    def _add_classes(self, held: np.ndarray) -> None:
        codes, counts = np.unique(held, return_counts=True)
        self._least, self._most = min(self._least, float(codes[0])), max(self._most, float(codes[-1]))
        known = ecosystems.SCHEMES.get(self._asked["scheme"], {})
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            if code not in known and code != ecosystems.NO_CLASS and len(self._unknown) < MOST_CLASSES:
                self._unknown[int(code)] += count
