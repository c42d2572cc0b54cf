"""The layers of an account on one grid, read window by window. No database.

A layer on the grid's own lines is read as it is. One on another grid or in another CRS is sampled at the centres of the
grid's cells by the rule that was declared for it, in numpy and point by point, so that a window has the same bits
however the grid is cut. Missing is NaN in measured layers and class 0 in the land cover, beyond the grid too.
"""

import functools
import os
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gep import ecosystems
from gep.coverage import Grid
from gep.files import layers, projections, rasters
from gep.files.layers import UnknownLayer
from gep.files.rasters import sampling
from gep.files.rasters.header import Header, header_of
from gep.files.refusals import FileRefused, Refused, sha256

SYNTHETIC = "模拟数据"
LINE_TOLERANCE = 1e-6  # of a cell: how far the lines of two grids may be apart and still be one


TABLED = ("uint8", "int8", "uint16", "int16")
CODES_BELOW_ZERO, CODES = 32_768, 32_768 + 65_536
UNKNOWN = -1


@dataclass(frozen=True)
class StackedLayer:
    """One layer of a stack; ``rule`` "" where its cells are the grid's own, which then start at ``first_*`` in it."""

    name: str
    path: str
    header: Header
    factor: float
    rule: str
    first_row: int
    first_column: int


class RasterStack:
    """Layers on the reference's grid. Pickles as its description; files are opened anew per process and thread."""

    def __init__(
        self, *, grid: Grid, crs: str, stacked: tuple[StackedLayer, ...], scheme: str, environment: Mapping[str, str],
        digests: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.grid, self.crs, self.scheme = grid, crs, scheme
        self.layers = {layer.name: layer for layer in stacked}
        self.digests = dict(digests)
        self._environment = dict(environment)
        self._open = threading.local()

    def __reduce__(self) -> tuple[Any, ...]:
        return _stack, (self.grid, self.crs, tuple(self.layers.values()), self.scheme, self._environment, self.digests)

    @property
    def names(self) -> frozenset[str]:
        """The names of the layers."""
        return frozenset(self.layers)

    @property
    def labels(self) -> dict[str, str]:
        """What each file says of its origin."""
        return {name: layer.header.label for name, layer in self.layers.items()}

    @property
    def units(self) -> dict[str, str]:
        """The unit in which ``window`` gives each layer."""
        return {name: layers.layer(name).unit for name in self.layers}

    @property
    def rules(self) -> dict[str, str]:
        """How each layer came to the grid: "" for its own cells, else the declared rule."""
        return {name: layer.rule for name, layer in self.layers.items()}

    @property
    def synthetic(self) -> bool:
        """Whether any layer says that it is synthetic."""
        return any(SYNTHETIC in label for label in self.labels.values())

    def window(self, *, rows: slice, columns: slice, names: Collection[str] | None = None) -> dict[str, NDArray]:
        """Return a window of each layer, or of those in ``names``, by name, all of one shape.

        ``rows`` and ``columns`` are plain slices of the grid with both ends, which may lie beyond it. Classes are int16
        master codes (0 unknown), measured values float64 with NaN for missing. Raises ecosystems.UnknownClass,
        FileRefused (raster_broken).
        """
        asked = _Window(self.grid, rows.start, rows.stop, columns.start, columns.stop)
        places: dict[str, tuple[NDArray, NDArray]] = {}
        with rasters.surroundings(self._environment):
            return {
                name: self._one(layer, asked, places)
                for name, layer in self.layers.items()
                if names is None or name in names
            }

    def close(self) -> None:
        """Close what this thread has open."""
        for dataset in self._datasets().values():
            dataset.close()
        self._open = threading.local()

    def _one(self, layer: StackedLayer, asked: "_Window", places: dict[str, tuple[NDArray, NDArray]]) -> NDArray:
        classes = layers.layer(layer.name).classes
        if not layer.rule:
            rows, columns = asked.first_row + layer.first_row, asked.first_column + layer.first_column
            band = self._band(layer, rows, rows + asked.rows, columns, columns + asked.columns)
            return self._master(layer, band) if classes else _converted(layer.header.scaled(band), layer.factor)
        crs = layer.header.crs
        if crs not in places:
            places[crs] = asked.centres(source=self.crs, target=crs)
        u = (places[crs][0] - layer.header.west) / layer.header.cell_x
        v = (layer.header.north - places[crs][1]) / layer.header.cell_y
        return self._sampled(layer, u, v, classes=classes)

    def _sampled(self, layer: StackedLayer, u: NDArray, v: NDArray, *, classes: bool) -> NDArray:
        """The values at points given in cells of the layer: only the rows and columns around them are read."""
        rows, columns = _span(v, most=layer.header.rows), _span(u, most=layer.header.columns)
        band = self._band(layer, *rows, *columns)
        u, v = u - columns[0], v - rows[0]
        if classes:
            return sampling.nearest(self._master(layer, band), u=u, v=v, missing=ecosystems.NO_CLASS)
        values = layer.header.scaled(band)
        if layer.rule == "nearest":
            return _converted(sampling.nearest(values, u=u, v=v, missing=np.nan), layer.factor)
        return _converted(sampling.bilinear(values, u=u, v=v), layer.factor)

    def _band(self, layer: StackedLayer, top: int, bottom: int, left: int, right: int) -> NDArray:
        """The raw cells of a layer, filled with its nodata where the layer ends."""
        from rasterio.errors import RasterioIOError
        from rasterio.windows import Window

        header = layer.header
        band = np.full((bottom - top, right - left), _fill(header), dtype=header.dtype)
        north, south = max(top, 0), min(bottom, header.rows)
        west, east = max(left, 0), min(right, header.columns)
        if north < south and west < east:
            try:
                read = self._dataset(layer).read(1, window=Window(west, north, east - west, south - north))
            except RasterioIOError as error:
                raise FileRefused(layer.path, "raster_broken", str(error)[:200]) from None
            band[north - top : south - top, west - left : east - left] = read
        return band

    def _master(self, layer: StackedLayer, band: NDArray) -> NDArray[np.int16]:
        """The master classes of raw codes, by a table of all codes there can be."""
        if band.dtype.name not in TABLED:
            return ecosystems.to_master(band, scheme=self.scheme, nodata=layer.header.nodata)
        table = _class_table(self.scheme, layer.header.nodata)
        classes = table[band.astype(np.int32, copy=False) + CODES_BELOW_ZERO]
        if (classes == UNKNOWN).any():  # the slow way names the codes
            ecosystems.to_master(band, scheme=self.scheme, nodata=layer.header.nodata)
        return classes

    def _dataset(self, layer: StackedLayer) -> Any:
        datasets = self._datasets()
        if layer.name not in datasets:
            datasets[layer.name] = rasters.opened(layer.path, environment=self._environment)
        return datasets[layer.name]

    def _datasets(self) -> dict[str, Any]:
        """What this thread of this process has open; a fork must not read through its parent's file handles."""
        if getattr(self._open, "owner", None) != os.getpid():
            self._open.owner, self._open.datasets = os.getpid(), {}
        return self._open.datasets


@dataclass(frozen=True, slots=True)
class _Window:
    grid: Grid
    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def rows(self) -> int:
        return max(self.last_row - self.first_row, 0)

    @property
    def columns(self) -> int:
        return max(self.last_column - self.first_column, 0)

    def centres(self, *, source: str, target: str) -> tuple[NDArray, NDArray]:
        """The centres of the cells in another CRS, each of shape (rows, columns)."""
        x = self.grid.west_m + (np.arange(self.first_column, self.last_column) + 0.5) * self.grid.cell_m
        y = self.grid.north_m - (np.arange(self.first_row, self.last_row) + 0.5) * self.grid.cell_m
        xs, ys = np.meshgrid(x, y)
        moved = projections.moved(xs.ravel(), ys.ravel(), source, target)
        return moved[0].reshape(xs.shape), moved[1].reshape(xs.shape)


def open_stack(
    paths: Mapping[str, Path | str],
    *,
    crs: str = projections.METRIC_CRS,
    reference: str | Grid = "land_cover",
    scheme: str = "hj1166",
    resampling: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    nodata: Mapping[str, float] | None = None,
    digests: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> RasterStack:
    """Open layers (name -> local path, or a path of the object storage) on the grid of ``reference``.

    The headers are read, no values. ``resampling`` declares "nearest" or "bilinear" for layers on another grid or CRS;
    classes take nearest only. ``units`` are those of the files where they are not the layers' own, ``nodata`` answers
    for files that state none, ``digests`` are SHA-256 known already. The reference must be in ``crs``, square-celled.

    Raises UnknownLayer, FileRefused: reference_of_other_crs, reference_not_square, layer_on_other_grid (no rule was
    declared), resampling_unknown, classes_not_bilinear, unit_unknown, and those of ``rasters.check`` on headers.
    """
    environment, resampling, units = environment or {}, resampling or {}, units or {}
    for name in (*paths, *([reference] if isinstance(reference, str) else [])):
        layers.layer(name)
    if isinstance(reference, str) and reference not in paths:
        raise UnknownLayer(f"the layer {reference}, whose grid is asked for, is missing")
    headers = {n: _header(path, (nodata or {}).get(n), environment) for n, path in paths.items()}
    grid = reference if isinstance(reference, Grid) else _grid_of(paths[reference], headers[reference], crs=crs)
    stacked = tuple(
        _stacked(
            name,
            paths[name],
            header,
            grid=grid,
            crs=crs,
            rule=resampling.get(name, ""),
            unit=(units or {}).get(name, ""),
        )
        for name, header in headers.items()
    )
    known = dict(digests or {})
    for name, path in paths.items():
        if name not in known and not rasters.is_remote(path):
            known[name] = sha256(Path(path))
    return RasterStack(grid=grid, crs=crs, stacked=stacked, scheme=scheme, environment=environment, digests=known)


@functools.lru_cache(maxsize=16)
def _class_table(scheme: str, nodata: float) -> NDArray[np.int16]:
    """The master class of every code from -32768 to 65535, UNKNOWN where the scheme has none."""
    table = np.full(CODES, UNKNOWN, dtype=np.int16)
    codes = np.array([ecosystems.NO_CLASS, *ecosystems.SCHEMES.get(scheme, {})])
    table[codes + CODES_BELOW_ZERO] = ecosystems.to_master(codes, scheme=scheme)
    if float(nodata).is_integer() and -CODES_BELOW_ZERO <= nodata < CODES - CODES_BELOW_ZERO:
        table[int(nodata) + CODES_BELOW_ZERO] = ecosystems.NO_CLASS
    return table


def _stack(*described: Any) -> RasterStack:
    grid, crs, stacked, scheme, environment, digests = described
    return RasterStack(grid=grid, crs=crs, stacked=stacked, scheme=scheme, environment=environment, digests=digests)


def _header(path: Path | str, nodata: float | None, environment: Mapping[str, str]) -> Header:
    if not rasters.is_remote(path) and not Path(path).is_file():
        raise FileRefused(path, "file_missing")
    with rasters.opened(path, environment=environment) as source:
        try:
            if source.count != 1:
                raise Refused("several_bands", str(source.count))
            return header_of(source, nodata=nodata)
        except Refused as refusal:
            raise FileRefused(path, refusal.reason, refusal.told) from None


def _grid_of(path: Path | str, header: Header, *, crs: str) -> Grid:
    if header.crs != crs:
        raise FileRefused(path, "reference_of_other_crs", f"{header.crs} instead of {crs}")
    if abs(header.cell_x - header.cell_y) > 1e-9 * header.cell_x:
        raise FileRefused(path, "reference_not_square", f"{header.cell_x} x {header.cell_y}")
    return Grid(
        west_m=header.west, north_m=header.north, cell_m=header.cell_x, rows=header.rows, columns=header.columns
    )


def _stacked(
    name: str, path: Path | str, header: Header, *, grid: Grid, crs: str, rule: str, unit: str
) -> StackedLayer:
    factor = layers.factor(name, unit=unit)
    if factor is None:
        raise FileRefused(path, "unit_unknown", f"{name} in {unit[:40]!r}, expected {layers.layer(name).unit}")
    if rule and rule not in sampling.RULES:
        raise FileRefused(path, "resampling_unknown", f"{rule[:40]!r}; there are {', '.join(sampling.RULES)}")
    row, column = _start(header, grid) if header.crs == crs else (None, None)
    if row is not None and column is not None:
        return StackedLayer(name, str(path), header, factor, "", row, column)
    if layers.layer(name).classes and rule == "bilinear":
        raise FileRefused(path, "classes_not_bilinear", name)
    if not rule:
        there = f"{header.crs} {header.cell_x:g} x {header.cell_y:g} from {header.west:.3f} {header.north:.3f}"
        raise FileRefused(path, "layer_on_other_grid", f"{name}: {there}; declare resampling, nearest or bilinear")
    return StackedLayer(name, str(path), header, factor, rule, 0, 0)


def _start(header: Header, grid: Grid) -> tuple[int | None, int | None]:
    """Where the grid starts in a layer that lies on its lines; None for one that does not."""
    long = max(header.columns, header.rows, grid.columns, grid.rows)
    if max(abs(header.cell_x - grid.cell_m), abs(header.cell_y - grid.cell_m)) * long > LINE_TOLERANCE * grid.cell_m:
        return None, None
    column, row = (grid.west_m - header.west) / grid.cell_m, (header.north - grid.north_m) / grid.cell_m
    if max(abs(column - round(column)), abs(row - round(row))) > LINE_TOLERANCE:
        return None, None
    return round(row), round(column)


def _converted(values: NDArray, factor: float) -> NDArray:
    return values if factor == 1.0 else values * factor


def _fill(header: Header) -> float:
    """What stands for missing in the raw cells: a nodata that the type cannot hold is in none of them."""
    kind = np.dtype(header.dtype)
    if kind.kind == "f":
        return float("nan")
    limits = np.iinfo(kind)
    if limits.min <= header.nodata <= limits.max:
        return header.nodata
    raise FileRefused(header.label or "raster", "nodata_not_in_type", f"{header.nodata:g} in {header.dtype}")


def _span(place: NDArray, *, most: int) -> tuple[int, int]:
    """The rows or columns, at least one, that points and their neighbours need of a layer."""
    finite = place[np.isfinite(place)]
    if not finite.size:
        return 0, 1
    first = int(np.clip(np.floor(finite.min()) - 1, 0, most - 1))
    last = int(np.clip(np.floor(finite.max()) + 2, first + 1, most))
    return first, max(last, first + 1)
