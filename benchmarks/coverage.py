"""Coverage of parcels by cells and sums of layers: ours against exactextract, in turn in one run; CPU seconds.

A gap-free partition (Voronoi, mean 0.75 ha) over 30 m cells. exactextract gets arrays and its numpy source, its best
case: no file is read. Both start from the same WKB. The truth on a sample is shapely's float64 intersection of each
parcel with each cell.
Ratio is exactextract's time over ours; growth is the exponent between the smallest and the largest size.
"""

import argparse
import math
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gep import coverage
from gep.coverage import Grid

CELL_M, MEAN_PARCEL_M2 = 30.0, 7_500.0
WEST_M, NORTH_M = 500_010.0, 3_060_000.0
BLOCK = 4_096


def main() -> None:
    """Print one line for each size and number of layers, then growth, accuracy and memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[5_000, 15_000, 50_000])
    options.add_argument("--layers", type=int, nargs="+", default=[1, 10])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--sample", type=int, default=200, help="parcels compared with the truth")
    chosen = options.parse_args()
    print(f"medians of {chosen.rounds} rounds, CPU seconds; blocks of {BLOCK:,} parcels")
    seconds: dict[tuple[int, int], tuple[float, float]] = {}
    for size in chosen.sizes:
        shapes, grid = _partition(size)
        layers = _layers(grid, count=max(chosen.layers))
        for count in chosen.layers:
            seconds[size, count] = _compare(shapes, layers[:count], grid, rounds=chosen.rounds)
        _accuracy(shapes, layers[0], grid, sample=chosen.sample)
    _growth(seconds, sizes=chosen.sizes, counts=chosen.layers)
    print(f"peak memory of both together {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _partition(size: int) -> tuple[NDArray, Grid]:
    """Parcels in the order of rows of cells, as a cadastre has them, a third of them drawn close to others."""
    side_m = math.ceil(math.sqrt(size * MEAN_PARCEL_M2) / CELL_M) * CELL_M
    grid = Grid(
        west_m=WEST_M, north_m=NORTH_M, cell_m=CELL_M, rows=round(side_m / CELL_M), columns=round(side_m / CELL_M)
    )
    frame = shapely.box(*grid.bounds)
    random = np.random.default_rng(size)
    points = random.uniform((WEST_M, NORTH_M - side_m), (WEST_M + side_m, NORTH_M), (size, 2))
    points[: size // 3] = points[size // 3 : size // 3 * 2] + random.normal(0, 30, (size // 3, 2))
    faces = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    shapes = shapely.intersection(faces, frame)
    shapes = shapes[shapely.area(shapes) > 0]
    y, x = shapely.get_y(shapely.centroid(shapes)), shapely.get_x(shapely.centroid(shapes))
    return shapes[np.lexsort((x, -(y // 1_000)))], grid


def _layers(grid: Grid, *, count: int) -> list[NDArray[np.float64]]:
    random = np.random.default_rng(30)
    return [random.uniform(0, 2_000, (grid.rows, grid.columns)) for _ in range(count)]


def _compare(shapes: NDArray, layers: list[NDArray], grid: Grid, *, rounds: int) -> tuple[float, float]:
    ours, theirs, shared = [], [], []
    wkb = shapely.to_wkb(shapes)
    features = _features(wkb)
    for _ in range(rounds):
        ours.append(_cpu_seconds(lambda: _our_sums(wkb, layers, grid)))
        theirs.append(_cpu_seconds(lambda: _exactextract_sums(features, layers, grid)))
        shared.append(_cpu_seconds(lambda: _exactextract_once(features, layers, grid)))
    mine, other, once = statistics.median(ours), statistics.median(theirs), statistics.median(shared)
    print(
        f"{len(shapes):>7,} parcels x {len(layers):>2} layers: ours {mine:7.3f} s, exactextract {other:7.3f} s,"
        f" ratio {other / mine:5.2f}; exactextract once, then its shares times every layer {once:7.3f} s,"
        f" ratio {once / mine:5.2f}",
        flush=True,
    )
    return mine, other


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _our_sums(wkb: NDArray, layers: list[NDArray], grid: Grid) -> NDArray[np.float64]:
    """Weighted sums, shape (layers, parcels)."""
    found = []
    for start in range(0, len(wkb), BLOCK):
        covered = coverage.cover(shapely.from_wkb(wkb[start : start + BLOCK]), grid=grid)
        found.append(np.array([coverage.sums(covered, layer=layer).weighted for layer in layers]))
    return np.concatenate(found, axis=1)


def _features(wkb: NDArray) -> object:
    """The parcels as exactextract takes them fastest."""
    from exactextract.feature import Feature, FeatureSource

    class WkbFeature(Feature):
        def __init__(self, wkb: bytes | None = None) -> None:
            Feature.__init__(self)
            self.wkb, self.told = wkb, {}

        def geometry(self) -> bytes | None:
            return self.wkb

        def set(self, name: str, value: object) -> None:
            self.told[name] = value

        def get(self, name: str) -> object:
            return self.told[name]

        def fields(self) -> list[str]:
            return list(self.told)

    class WkbSource(FeatureSource):
        def __init__(self, wkb: NDArray) -> None:
            super().__init__()
            self.features = wkb

        def count(self) -> int:
            return len(self.features)

        def __iter__(self):  # type: ignore[no-untyped-def]
            return (WkbFeature(one) for one in self.features)

        def srs_wkt(self) -> None:
            return None

    return WkbSource(wkb)


def _raster(layer: NDArray, grid: Grid, *, name: str) -> object:
    from exactextract.raster import NumPyRasterSource

    west, south, east, north = grid.bounds
    return NumPyRasterSource(layer, west, south, east, north, name=name)


def _exactextract_sums(features: object, layers: list[NDArray], grid: Grid) -> NDArray[np.float64]:
    """The sum of value times covered share of every layer, shape (layers, parcels)."""
    from exactextract import exact_extract

    rasters = [_raster(layer, grid, name=f"layer{n}") for n, layer in enumerate(layers)]
    answers = exact_extract(rasters, features, ["sum"])
    columns = [list(answer["properties"].values()) for answer in answers]
    return np.array(columns, dtype=float).T


def _exactextract_once(features: object, layers: list[NDArray], grid: Grid) -> NDArray[np.float64]:
    """What a practised user writes: cells and shares once, then every layer in one pass of its own."""
    from exactextract import exact_extract

    answers = exact_extract(_raster(layers[0], grid, name="a"), features, ["cell_id", "coverage"])
    ids = [answer["properties"]["cell_id"] for answer in answers]
    parcel = np.repeat(np.arange(len(ids)), [len(cells) for cells in ids])
    cell = np.concatenate(ids)
    share = np.concatenate([answer["properties"]["coverage"] for answer in answers])
    flat = [layer.reshape(-1)[cell] * share for layer in layers]
    return np.array([np.bincount(parcel, weights=values, minlength=len(ids)) for values in flat])


def _accuracy(shapes: NDArray, layer: NDArray, grid: Grid, *, sample: int) -> None:
    """Largest relative difference from the truth, and how many parcels that touch a cell got nothing."""
    places = np.random.default_rng(1).choice(len(shapes), min(sample, len(shapes)), replace=False)
    truth = np.array([_true_sum(shape, layer, grid) for shape in shapes[places]])
    wkb = shapely.to_wkb(shapes)
    ours = _our_sums(wkb, [layer], grid)[0]
    theirs = _exactextract_sums(_features(wkb[places]), [layer], grid)[0]
    print(
        f"        {len(places)} parcels against shapely in float64: ours {np.abs(ours[places] / truth - 1).max():.1e},"
        f" exactextract {np.abs(theirs / truth - 1).max():.1e};"
        f" parcels without a value {np.count_nonzero(ours == 0)}",
        flush=True,
    )


def _true_sum(shape: shapely.Geometry, layer: NDArray, grid: Grid) -> float:
    west, south, east, north = shape.bounds
    first_row, last_row = int((grid.north_m - north) // CELL_M), int((grid.north_m - south) // CELL_M)
    first_column, last_column = int((west - grid.west_m) // CELL_M), int((east - grid.west_m) // CELL_M)
    rows, columns = np.mgrid[
        first_row : min(last_row, grid.rows - 1) + 1, first_column : min(last_column, grid.columns - 1) + 1
    ]
    x, y = grid.west_m + columns * CELL_M, grid.north_m - rows * CELL_M
    cells = shapely.box(x, y - CELL_M, x + CELL_M, y)
    return float(np.sum(shapely.area(shapely.intersection(cells, shape)) / grid.cell_area_m2 * layer[rows, columns]))


def _growth(seconds: dict[tuple[int, int], tuple[float, float]], *, sizes: list[int], counts: list[int]) -> None:
    few, many = min(sizes), max(sizes)
    if few == many:
        return
    for count in counts:
        mine, other = (
            math.log(seconds[many, count][way] / seconds[few, count][way]) / math.log(many / few) for way in (0, 1)
        )
        print(
            f"growth {few:,} to {many:,} parcels x {count} layers: exponent ours {mine:.2f}, exactextract {other:.2f}"
        )
    if len(counts) > 1:
        low, high = min(counts), max(counts)
        dearer = [seconds[many, high][way] / seconds[many, low][way] for way in (0, 1)]
        print(
            f"{high} layers over {low}, {many:,} parcels: ours {dearer[0]:.2f} times,"
            f" exactextract {dearer[1]:.2f} times"
        )


if __name__ == "__main__":
    main()
