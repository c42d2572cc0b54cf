"""A whole account over a city's parcels: indicators, values, sums, GeoParquet; against reading the same files once.

Parcels without gaps and twelve layers at 30 m (benchmarks/_landscape.py); statistics of two counties. Parcels and
layers are read block by block, as an account over files does. CPU seconds of this process; the limit is what decoding
the rasters and taking the outlines' bytes from Parquet takes by itself; what turning them into geometries takes more is
told beside it. Ratio is the account's time, its own reading left out, over the limit's; growth is the exponent between
the smallest and the largest size. ``--workers`` measures the time on the clock against what as many processes gain that
do nothing but count.
"""

import argparse
import math
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.pop(1)  # this folder, in which numba would take coverage.py for the package that it looks for

from benchmarks import _landscape
from gep import accounting, ecosystems, methods
from gep.accounting import CountyStatistics, Parcels
from gep.accounting.inputs import LAND_COVER
from gep.coverage import ParcelOutlines
from gep.outputs import parquet
from gep.outputs.statement import Statement

RANGES = {
    "precipitation_mm": (1_200, 2_000), "evapotranspiration_mm": (600, 900), "storm_precipitation_mm": (100, 400),
    "dem_m": (50, 900), "vegetation_cover": (5, 95), "sand_percent": (20, 40), "silt_percent": (20, 40),
    "clay_percent": (20, 30), "organic_carbon_percent": (0.5, 3), "npp_gc_m2": (200, 900), "nep_gc_m2": (10, 300),
}  # fmt: skip
CLASSES = {"111", "112", "113", "121", "21", "33", "511", "512", "52", "422", "61"}
LEAST, MOST = 700.0, 2_300.0  # about what the landscape's layers hold
COUNTIES = ("361002", "361028")
PRODUCTS = ("rice", "tea", "timber", "pigs", "pond_fish")
EMISSIONS = ("so2", "nox", "dust", "cod", "tn", "tp")


def main() -> None:
    """Print one line for each size, then growth and memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--draws", type=int, default=1_000, help="0 leaves the simulation out")
    options.add_argument("--workers", type=int, default=1)
    chosen = options.parse_args()
    seconds = {size: _compare(size, rounds=chosen.rounds, draws=chosen.draws) for size in chosen.sizes}
    small, large = min(seconds), max(seconds)
    if small != large:
        growth = math.log(seconds[large] / seconds[small]) / math.log(large / small)
        print(f"growth exponent {growth:.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    if chosen.workers > 1:
        _spread(large, workers=chosen.workers, rounds=chosen.rounds)


def _compare(size: int, *, rounds: int, draws: int) -> float:
    land = _landscape.landscape(size, cell_m=30.0, layers=1 + len(RANGES))
    ours, limit, shapes, drawn = [], [], [], []
    parcels, layers = FileParcels(land.parcels), FileLayers(land)
    _account(parcels, layers, blocks=1)  # compiled code is loaded once
    for _ in range(rounds):
        limit.append(_cpu_seconds(lambda: _read(land)))
        shapes.append(_cpu_seconds(lambda: _geometries(land)))
        ours.append(_cpu_seconds(lambda: _account(parcels, layers)))
        if draws:
            drawn.append(_cpu_seconds(lambda: _account(parcels, layers, draws=draws)))
    mine, reading, more = (statistics.median(values) for values in (ours, limit, shapes))
    with_draws = f"; with {draws:,} draws {statistics.median(drawn) / mine:5.2f} of it" if draws else ""
    print(
        f"{size:>9,} parcels x {1 + len(RANGES)} layers: account {mine:.2f} s reading included, reading {reading:.2f} s"
        f" (as geometries {reading + more:.2f} s), ratio {(mine - reading) / reading:.2f}"
        f" ({(mine - reading) / (reading + more):.2f}){with_draws}",
        flush=True,
    )
    return mine


def _spread(size: int, *, workers: int, rounds: int) -> None:
    """Print how much faster the account is on several workers, as a share of what spinning threads gain."""
    land = _landscape.landscape(size, cell_m=30.0, layers=1 + len(RANGES))
    parcels, layers = FileParcels(land.parcels), FileLayers(land)
    gains, spins = [], []
    for _ in range(rounds):
        spins.append(_spinning(1) * workers / _spinning(workers))
        alone = _clock_seconds(lambda: _account(parcels, layers))
        gains.append(alone / _clock_seconds(lambda: _account(parcels, layers, workers=workers)))
    gain, spin = statistics.median(gains), statistics.median(spins)
    print(f"{workers} workers: {gain:.2f} times as fast, spinning processes {spin:.2f}; share {gain / spin:.2f}")


def _spinning(count: int) -> float:
    """The time on the clock that ``count`` processes need, each for the same work."""
    with ProcessPoolExecutor(max_workers=count, mp_context=get_context("spawn")) as pool:
        list(pool.map(_spin, [1] * count))  # the processes are there
        return _clock_seconds(lambda: list(pool.map(_spin, [40_000_000] * count)))


def _spin(times: int) -> int:
    total = 0
    for number in range(times):
        total += number
    return total


def _clock_seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _read(land: _landscape.Landscape) -> None:
    for path in land.layers:
        _landscape.read_layer(path)
    _landscape.read_parcels(land.parcels)


def _geometries(land: _landscape.Landscape) -> None:
    buffer, offsets = _landscape.read_parcels(land.parcels)
    whole, bounds = buffer.tobytes(), offsets.tolist()
    shapely.from_wkb(np.array([whole[a:b] for a, b in zip(bounds, bounds[1:], strict=False)], dtype=object))


@dataclass(frozen=True)
class FileParcels:
    """The parcels of a Parquet file, a block for each of its row groups; ``most`` of them, all where 0."""

    path: Path
    most: int = 0

    @cached_property
    def _file(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        about = self._file.metadata
        return np.cumsum([0, *(about.row_group(number).num_rows for number in range(about.num_row_groups))])

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "most": self.most}

    @property
    def blocks(self) -> int:
        """How many row groups there are."""
        return self.most or len(self._starts) - 1

    def block(self, number: int) -> Parcels:
        """Return the parcels of one row group."""
        read = self._file.read_row_group(number, columns=["geometry"]).column("geometry").combine_chunks()
        count = np.arange(self._starts[number], self._starts[number + 1])
        county = np.array(COUNTIES)[count * len(COUNTIES) // int(self._starts[-1])]
        areas = {
            "village": (count // 200).astype("U8"), "town": (count // 5_000).astype("U8"), "county": county,
            "region": np.full(len(count), "361000"),
        }  # fmt: skip
        codes = np.char.add("p", np.char.zfill(count.astype("U9"), 9))
        return Parcels(codes, ParcelOutlines(*_landscape.arrow_bytes(read)), areas)


class FileLayers:
    """The landscape's layers by windows, stretched to what each may hold; classes in eleven steps of the first."""

    def __init__(self, land: _landscape.Landscape) -> None:
        self.land, self.grid = land, land.grid
        self.names = (LAND_COVER, *RANGES)
        self.scheme = "hj1166"
        self._open: dict[str, Any] = {}
        self._codes = np.array([int(kind.code) for kind in ecosystems.CLASSES if kind.code in CLASSES], dtype=np.int16)

    def __reduce__(self) -> tuple[Any, ...]:
        return FileLayers, (self.land,)

    def window(self, *, rows: slice, columns: slice, names: Collection[str] | None = None) -> dict[str, NDArray]:
        """Return a window of the layers named."""
        return {name: self._one(name, rows, columns) for name in self.names if names is None or name in names}

    def _one(self, name: str, rows: slice, columns: slice) -> NDArray:
        import rasterio
        from rasterio.windows import Window

        if name not in self._open:
            self._open[name] = rasterio.open(self.land.layers[self.names.index(name)])
        window = Window(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        band = self._open[name].read(1, window=window)
        if name == LAND_COVER:
            steps = np.clip((band - LEAST) / (MOST - LEAST) * len(self._codes), 0, len(self._codes) - 1)
            return self._codes[steps.astype(np.int64)]
        low, high = RANGES[name]
        return np.float32(low) + np.clip((band - LEAST) / (MOST - LEAST), 0, 1) * np.float32(high - low)


def _statistics() -> CountyStatistics:
    rows = [(county, product, 1_000.0, True) for county in COUNTIES for product in PRODUCTS]
    rows += [(county, f"emission_{name}", 50.0, False) for county in COUNTIES for name in EMISSIONS]
    county, product, quantity, has_value = zip(*rows, strict=True)
    worth = np.where(np.array(has_value), 123_456_789_01, 0).astype(np.int64)
    return CountyStatistics(
        np.array(county), np.array(product), np.array(quantity), np.full(len(rows), "t"), worth, np.array(has_value)
    )


def _account(parcels: FileParcels, layers: FileLayers, *, draws: int = 0, workers: int = 1, blocks: int = 0) -> None:
    some = replace(parcels, most=blocks)
    method = methods.Method(methods.profile("GBT46869_2025"), region="361000", year=2024, price_year=2024)
    account = accounting.compile_account(some, layers, method, statistics=_statistics(), draws=draws, workers=workers)
    stated = Statement(
        account=account, parcels=some, name="benchmark", region="361000", year=2024, price_year=2024,
        crs="EPSG:4548", inputs=(), synthetic=True, code_version="benchmark",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        parquet.write(stated, Path(folder) / "parcels.parquet")


if __name__ == "__main__":
    main()
