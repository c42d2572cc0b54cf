"""A landscape to measure coverage on: parcels without gaps, and layers over them. Made once, kept under var/.

Parcels are the faces of a Voronoi diagram whose density differs from square kilometre to square kilometre (lognormal),
so their areas have a heavy tail; the mean is 0.75 ha. Layers are smooth with some noise, stated to a tenth, float32.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.coverage import Grid

FOLDER = Path(__file__).resolve().parents[1] / "var" / "benchmarks"
MEAN_PARCEL_M2 = 7_500.0
WEST_M, NORTH_M = 500_010.0, 3_060_000.0
UNEVENNESS = 1.0  # standard deviation of the logarithm of the density
ROW_GROUP = 8_192


@dataclass(frozen=True)
class Landscape:
    """Where the parcels (Parquet, one column of well-known binary) and the layers (GeoTIFF) are, and their grid."""

    parcels: Path
    layers: list[Path]
    grid: Grid


def landscape(size: int, *, cell_m: float, layers: int) -> Landscape:
    """Return the landscape of about ``size`` parcels, making what is not there yet."""
    side_m = math.ceil(math.sqrt(size * MEAN_PARCEL_M2) / 90) * 90
    cells = round(side_m / cell_m)
    grid = Grid(west_m=WEST_M, north_m=NORTH_M, cell_m=cell_m, rows=cells, columns=cells)
    FOLDER.mkdir(parents=True, exist_ok=True)
    parcels = FOLDER / f"parcels-{size}.parquet"
    if not parcels.exists():
        _write_parcels(parcels, size=size, side_m=side_m)
    paths = [FOLDER / f"layer-{size}-{cell_m:g}m-{number}.tif" for number in range(layers)]
    for number, path in enumerate(paths):
        if not path.exists():
            _write_layer(path, grid, seed=number)
    return Landscape(parcels=parcels, layers=paths, grid=grid)


def read_layer(path: Path, *, rows: slice | None = None) -> NDArray[np.float32]:
    """Return a layer, or some rows of it."""
    import rasterio
    from rasterio.windows import Window

    with rasterio.open(path) as source:
        if rows is None:
            return source.read(1)
        return source.read(1, window=Window(0, rows.start, source.width, rows.stop - rows.start))


def read_parcels(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of all parcels, and their offsets."""
    import pyarrow.parquet as pq

    return arrow_bytes(pq.read_table(path).column("geometry").combine_chunks())


def arrow_bytes(column: object) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the buffer and the offsets of an Arrow array of binary, without copying the bytes."""
    _, offsets, values = column.buffers()  # type: ignore[attr-defined]
    first, length = column.offset, len(column)  # type: ignore[attr-defined,arg-type]
    places = np.frombuffer(offsets, dtype=np.int32)[first : first + length + 1].astype(np.int64)
    return np.frombuffer(values, dtype=np.uint8), places


def _write_parcels(path: Path, *, size: int, side_m: float) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = shapely.box(WEST_M, NORTH_M - side_m, WEST_M + side_m, NORTH_M)
    points = _points(size, side_m=side_m)
    faces = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    shapely.prepare(frame)
    across = ~shapely.contains_properly(frame, faces)
    faces[across] = shapely.intersection(faces[across], frame)
    faces = faces[shapely.area(faces) > 0]
    centre = shapely.centroid(faces)
    # In rows of a kilometre from the north, west to east in each: near ones are near each other in the file.
    order = np.lexsort((shapely.get_x(centre), np.floor((NORTH_M - shapely.get_y(centre)) / 1_000)))
    table = pa.table({"geometry": pa.array(shapely.to_wkb(faces[order]), type=pa.binary())})
    pq.write_table(table, path, row_group_size=ROW_GROUP)


def _points(size: int, *, side_m: float) -> NDArray[np.float64]:
    random = np.random.default_rng(size)
    tiles = max(round(side_m / 1_000), 1)
    density = random.lognormal(0, UNEVENNESS, tiles * tiles)
    tile = random.choice(tiles * tiles, size, p=density / density.sum())
    place = np.column_stack(np.divmod(tile, tiles)) + random.uniform(size=(size, 2))
    return np.array([WEST_M, NORTH_M - side_m]) + place * (side_m / tiles)


def _write_layer(path: Path, grid: Grid, *, seed: int) -> None:
    import rasterio
    from rasterio.transform import from_origin

    random = np.random.default_rng(seed)
    y, x = np.mgrid[0 : grid.rows, 0 : grid.columns] * (grid.cell_m / 1_000)
    phases = random.uniform(0.1, 2, (4, 4))
    surface = sum(np.sin(a * x + b * y + c * 3) / d for a, b, c, d in phases)
    values = np.round(1_500 + 200 * surface + random.normal(0, 3, surface.shape), 1).astype(np.float32)
    profile = {
        "driver": "GTiff", "width": grid.columns, "height": grid.rows, "count": 1, "dtype": "float32",
        "crs": "EPSG:4548", "transform": from_origin(grid.west_m, grid.north_m, grid.cell_m, grid.cell_m),
        "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values, 1)
