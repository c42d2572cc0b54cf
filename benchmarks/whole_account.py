"""A whole account over a city's parcels: indicators, values, sums, GeoParquet; against reading the same files once.

Parcels without gaps and twelve layers at 30 m (benchmarks/_landscape.py); statistics of two counties. CPU seconds of
this process; the limit is what decoding the rasters and the outlines takes by itself. Ratio is the account's time over
the limit's; growth is the exponent between the smallest and the largest size.
"""

import argparse
import math
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.pop(1)  # this folder, in which numba would take coverage.py for the package that it looks for

from benchmarks import _landscape
from gep import accounting, ecosystems, methods
from gep.accounting import CountyStatistics, Layers, ParcelBlocks, Parcels
from gep.outputs import parquet
from gep.outputs.statement import Statement

RANGES = {
    "precipitation_mm": (1_200, 2_000), "evapotranspiration_mm": (600, 900), "storm_precipitation_mm": (100, 400),
    "dem_m": (50, 900), "vegetation_cover": (5, 95), "sand_percent": (20, 40), "silt_percent": (20, 40),
    "clay_percent": (20, 30), "organic_carbon_percent": (0.5, 3), "npp_gc_m2": (200, 900), "nep_gc_m2": (10, 300),
}  # fmt: skip
COUNTIES = ("361002", "361028")
PRODUCTS = ("rice", "tea", "timber", "pigs", "pond_fish")
EMISSIONS = ("so2", "nox", "dust", "cod", "tn", "tp")


def main() -> None:
    """Print one line for each size, then growth and memory."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[10_000, 50_000])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--workers", type=int, default=1)
    chosen = options.parse_args()
    seconds = {size: _compare(size, rounds=chosen.rounds) for size in chosen.sizes}
    small, large = min(seconds), max(seconds)
    if small != large:
        growth = math.log(seconds[large] / seconds[small]) / math.log(large / small)
        print(f"growth exponent {growth:.2f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _compare(size: int, *, rounds: int) -> float:
    land = _landscape.landscape(size, cell_m=30.0, layers=1 + len(RANGES))
    ours, limit, draws = [], [], []
    _account(*_some(_inputs(land)))  # compiled code is loaded once
    for _ in range(rounds):
        limit.append(_cpu_seconds(lambda: _read(land)))
        parcels, layers = _inputs(land)
        ours.append(_cpu_seconds(lambda some=parcels, over=layers: _account(some, over)))
        draws.append(_cpu_seconds(lambda some=parcels, over=layers: _account(some, over, draws=1_000)))
    mine, reading, drawn = (statistics.median(values) for values in (ours, limit, draws))
    print(
        f"{size:>9,} parcels x {1 + len(RANGES)} layers: account {mine:6.2f} s, reading {reading:6.2f} s,"
        f" ratio {mine / reading:5.2f}; with 1,000 draws {drawn / mine:5.2f} of it",
        flush=True,
    )
    return mine


def _some(inputs: tuple[Parcels, Layers]) -> tuple[Parcels, Layers]:
    return inputs[0][:100], inputs[1]


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _read(land: _landscape.Landscape) -> None:
    for path in land.layers:
        _landscape.read_layer(path)
    buffer, offsets = _landscape.read_parcels(land.parcels)
    shapely.from_wkb(_pieces(buffer, offsets))


def _pieces(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.object_]:
    whole = buffer.tobytes()
    bounds = offsets.tolist()
    return np.array([whole[a:b] for a, b in zip(bounds, bounds[1:], strict=False)], dtype=object)


def _inputs(land: _landscape.Landscape) -> tuple[Parcels, Layers]:
    """The files' values stretched to what each layer may hold; classes in eleven steps of the first."""
    outlines = shapely.from_wkb(_pieces(*_landscape.read_parcels(land.parcels)))
    codes = np.array([int(kind.code) for kind in ecosystems.CLASSES if kind.code in {
        "111", "112", "113", "121", "21", "33", "511", "512", "52", "422", "61"}], dtype=np.int16)  # fmt: skip
    first = _stretched(_landscape.read_layer(land.layers[0]), 0, len(codes) - 1e-3)
    measured = {
        name: _stretched(_landscape.read_layer(path), *RANGES[name])
        for name, path in zip(RANGES, land.layers[1:], strict=True)
    }
    count = np.arange(len(outlines))
    county = np.array(COUNTIES)[count * len(COUNTIES) // len(outlines)]
    areas = {
        "village": (count // 200).astype(str), "town": (count // 5_000).astype(str), "county": county,
        "region": np.full(len(outlines), "361000"),
    }  # fmt: skip
    parcels = Parcels(np.char.add("p", np.char.zfill(count.astype(str), 9)), outlines, areas)
    return parcels, Layers(land.grid, codes[first.astype(np.int64)], measured)


def _stretched(layer: NDArray, low: float, high: float) -> NDArray[np.float32]:
    least, most = float(np.nanmin(layer)), float(np.nanmax(layer))
    return (low + (layer - least) / (most - least) * (high - low)).astype(np.float32)


def _statistics() -> CountyStatistics:
    rows = [(county, product, 1_000.0, True) for county in COUNTIES for product in PRODUCTS]
    rows += [(county, f"emission_{name}", 50.0, False) for county in COUNTIES for name in EMISSIONS]
    county, product, quantity, has_value = zip(*rows, strict=True)
    worth = np.where(np.array(has_value), 123_456_789_01, 0).astype(np.int64)
    return CountyStatistics(
        np.array(county), np.array(product), np.array(quantity), np.full(len(rows), "t"), worth, np.array(has_value)
    )


def _account(parcels: Parcels, layers: Layers, *, draws: int = 0) -> None:
    method = methods.Method(methods.profile("GBT46869_2025"), region="361000", year=2024, price_year=2024)
    account = accounting.compile_account(parcels, layers, method, statistics=_statistics(), draws=draws)
    stated = Statement(
        account=account, parcels=ParcelBlocks(parcels), name="benchmark", region="361000", year=2024, price_year=2024,
        crs="EPSG:4548", inputs=(), synthetic=True, code_version="benchmark",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        parquet.write(stated, Path(folder) / "parcels.parquet")


if __name__ == "__main__":
    main()
