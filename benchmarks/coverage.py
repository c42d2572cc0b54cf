"""Coverage of parcels by cells and sums of layers: ours against exactextract and against reading the same files.

A gap-free partition with heavy-tailed areas (mean 0.75 ha) over 30 m cells, float32 layers. All ways start from the
same bytes of parcels and the same layers in memory and are measured in turn in one run; figures are medians of CPU
seconds. exactextract is run from arrays, its best case: every layer in one call, and its shares once, then times every
layer. The limit is reading the layers (GeoTIFF, deflate) and the parcels (Parquet) once. The truth on a sample is
shapely's float64 intersection of each parcel with each cell, near the origin, where float64 has digits to spare.
``--city`` adds a million parcels and 10 m cells: some minutes, and 4 GiB for exactextract.
"""

import argparse
import hashlib
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.pop(1)  # this folder, in which numba would take this file for the coverage package that it looks for

from benchmarks import _exactextract_ways as exactextract_ways
from benchmarks._landscape import Landscape, arrow_bytes, landscape, read_layer, read_parcels
from gep import coverage
from gep.coverage import Grid

BLOCK = 8_192
LAYERS = 10


@dataclass(frozen=True)
class Workload:
    """So many parcels over cells of such a side; exactextract is measured in fewer rounds where it takes minutes."""

    parcels: int
    cell_m: float
    their_rounds: int


EVERYDAY = [Workload(10_000, 30, their_rounds=3), Workload(100_000, 30, their_rounds=3)]
CITY = [*EVERYDAY, Workload(100_000, 10, their_rounds=1), Workload(1_000_000, 30, their_rounds=1)]


@dataclass(frozen=True)
class Inputs:
    """A landscape in memory."""

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    layers: list[NDArray[np.float32]]
    grid: Grid

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def wkb(self, places: NDArray | range) -> list[bytes]:
        """The bytes of some parcels."""
        whole = self.buffer.tobytes()
        return [whole[self.offsets[i] : self.offsets[i + 1]] for i in places]


def main() -> None:
    """Measure every workload; then growth, threads and memory of the largest."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--city", action="store_true", help="a million parcels, and cells of 10 m, as well")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--sample", type=int, default=1_000, help="parcels compared with the truth")
    options.add_argument("--stream", type=int, metavar="PARCELS", help="only stream so many and tell the memory")
    chosen = options.parse_args()
    if chosen.stream:
        _stream(landscape(chosen.stream, cell_m=30, layers=LAYERS))
        return
    workloads = CITY if chosen.city else EVERYDAY
    print(f"medians of CPU seconds, {chosen.rounds} rounds of ours; blocks of {BLOCK:,} parcels")
    seconds = {}
    for workload in workloads:
        place = landscape(workload.parcels, cell_m=workload.cell_m, layers=LAYERS)
        inputs, reading = _read(place, rounds=chosen.rounds)
        _our_sums(inputs, inputs.layers[:1], only=1)  # loads the compiled kernel, which is start-up
        seconds[workload] = _compare(inputs, workload, reading=reading, rounds=chosen.rounds)
        _accuracy(inputs, sample=chosen.sample)
    _growth(seconds, [workload for workload in workloads if workload.cell_m == 30])
    _threads(inputs, rounds=3 * chosen.rounds)
    _memory(max(workload.parcels for workload in workloads))


def _read(place: Landscape, *, rounds: int) -> tuple[Inputs, float]:
    """The landscape in memory, and what reading it cost."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        layers = [read_layer(path) for path in place.layers]
        buffer, offsets = read_parcels(place.parcels)
        taken.append(time.process_time() - started)
    return Inputs(buffer, offsets, layers, place.grid), statistics.median(taken)


def _compare(inputs: Inputs, workload: Workload, *, reading: float, rounds: int) -> float:
    """Print ours and theirs, for one layer and for all; return our seconds for all."""
    one, every, theirs, shared = [], [], [], []
    parcels = exactextract_ways.Parcels(inputs.wkb(range(len(inputs))))
    for turn in range(rounds):
        one.append(_cpu_seconds(lambda: _our_sums(inputs, inputs.layers[:1])))
        every.append(_cpu_seconds(lambda: _our_sums(inputs, inputs.layers)))
        if turn < workload.their_rounds:
            theirs.append(_cpu_seconds(lambda: exactextract_ways.each_layer(parcels, inputs.layers, inputs.grid)))
            shared.append(_cpu_seconds(lambda: exactextract_ways.shares_once(parcels, inputs.layers, inputs.grid)))
    mine, dearest, once = statistics.median(every), statistics.median(theirs), statistics.median(shared)
    print(
        f"{len(inputs):>9,} parcels x {LAYERS} layers, {workload.cell_m:g} m: ours {mine:.3f} s;"
        f" exactextract ({len(theirs)} rounds) {dearest:.1f} s, ratio {dearest / mine:.1f};"
        f" its shares once, times every layer {once:.1f} s, ratio {once / mine:.1f}\n"
        f"{'':>9} reading once {reading:.2f} s, ours is {mine / reading:.2f} of it;"
        f" {LAYERS} layers cost {mine / statistics.median(one):.2f} times one;"
        f" vertices a parcel {len(inputs.buffer) / len(inputs) / 16:.0f}",
        flush=True,
    )
    return mine


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _our_sums(inputs: Inputs, layers: list[NDArray], *, only: int | None = None) -> NDArray[np.float64]:
    """Weighted sums, shape (layers, parcels)."""
    starts = range(0, only or len(inputs), BLOCK)
    return np.concatenate([_block_sums(inputs, layers, start) for start in starts], axis=1)


def _block_sums(inputs: Inputs, layers: list[NDArray], start: int) -> NDArray[np.float64]:
    covered = coverage.cover_wkb(inputs.buffer, inputs.offsets[start : start + BLOCK + 1], grid=inputs.grid)
    return coverage.unit_sums(covered, unit_of_entry=covered.parcel, units=covered.parcels, layers=layers).weighted


def _accuracy(inputs: Inputs, *, sample: int) -> None:
    """Largest relative difference from the truth, and how many parcels that touch a cell got nothing."""
    places = np.random.default_rng(1).choice(len(inputs), min(sample, len(inputs)), replace=False)
    smallest = np.argsort(np.diff(inputs.offsets))[:10]  # triangles among them, where digits are scarce
    places = np.union1d(places, smallest)
    layer = inputs.layers[0]
    truth = np.array([_true_sums(shape, layer, inputs.grid) for shape in shapely.from_wkb(inputs.wkb(places))])
    covered = [
        coverage.cover_wkb(inputs.buffer, inputs.offsets[start : start + BLOCK + 1], grid=inputs.grid)
        for start in range(0, len(inputs), BLOCK)
    ]
    sums = [coverage.sums(block, layer=layer) for block in covered]
    weighted, valid = np.concatenate([one.weighted for one in sums]), np.concatenate([one.valid for one in sums])
    parcels = exactextract_ways.Parcels(inputs.wkb(places))
    theirs = exactextract_ways.each_layer(parcels, [layer], inputs.grid)[0]
    ours, area = (found[places] / truth[:, n] - 1 for n, found in enumerate((weighted, valid)))
    print(
        f"{'':>9} {len(places):,} parcels against the truth, largest relative difference: ours {np.abs(ours).max():.1e}"
        f" (area {np.abs(area).max():.1e}), exactextract {np.abs(theirs / truth[:, 0] - 1).max():.1e};"
        f" parcels without a value {np.sum(valid == 0)}",
        flush=True,
    )


def _true_sums(shape: shapely.Geometry, layer: NDArray, grid: Grid) -> tuple[float, float]:
    """The sum of value times share and that of shares, by cutting the parcel with every cell near it."""
    west, south, east, north = shape.bounds
    top, bottom = int((grid.north_m - north) // grid.cell_m), int((grid.north_m - south) // grid.cell_m) + 1
    left, right = int((west - grid.west_m) // grid.cell_m), int((east - grid.west_m) // grid.cell_m) + 1
    top, left, bottom, right = max(top, 0), max(left, 0), min(bottom, grid.rows), min(right, grid.columns)
    corner = np.array([grid.west_m + left * grid.cell_m, grid.north_m - top * grid.cell_m])
    near = shapely.transform(shape, lambda xy: xy - corner)  # exact: the digits of both end at the same place
    rows, columns = np.mgrid[top:bottom, left:right]
    x, y = (columns - left) * grid.cell_m, (top - rows) * grid.cell_m
    cells = shapely.box(x, y - grid.cell_m, x + grid.cell_m, y)
    shares = shapely.area(shapely.intersection(cells, near)) / grid.cell_area_m2
    return float(np.sum(shares * layer[top:bottom, left:right])), float(np.sum(shares))


def _growth(seconds: dict[Workload, float], workloads: list[Workload]) -> None:
    for few, many in zip(workloads[:-1], workloads[1:], strict=True):
        exponent = math.log(seconds[many] / seconds[few]) / math.log(many.parcels / few.parcels)
        print(f"growth {few.parcels:,} to {many.parcels:,} parcels: exponent {exponent:.2f}")


def _threads(inputs: Inputs, *, rounds: int) -> None:
    """What a second thread gains, against what it gains two threads that only spin, in turn; whole times are compared,
    for on a busy machine a single round says little.
    """
    starts = list(range(0, len(inputs), BLOCK))
    spun = bytes(100_000_000)

    def cover(blocks: list[int]) -> None:
        for start in blocks:
            _block_sums(inputs, inputs.layers, start)

    spin, ours = np.zeros(2), np.zeros(2)
    for _ in range(rounds):
        spin += _one_and_two_threads(lambda _: hashlib.sha256(spun), [0, 1])
        ours += _one_and_two_threads(cover, [starts[::2], starts[1::2]])
    gain, possible = ours[0] / ours[1], spin[0] / spin[1]
    print(
        f"two threads: {gain:.2f} times one, two spinning threads {possible:.2f} times one in the same minute:"
        f" {gain / possible:.2f} of what there was to gain ({rounds} rounds)"
    )


def _one_and_two_threads(work: Callable[..., object], parts: list) -> tuple[float, float]:
    """Seconds for all parts one after the other, and side by side."""
    started = time.perf_counter()
    for part in parts:
        work(part)
    alone = time.perf_counter() - started
    with ThreadPoolExecutor(len(parts)) as threads:
        started = time.perf_counter()
        list(threads.map(work, parts))
        return alone, time.perf_counter() - started


def _memory(size: int) -> None:
    """Stream the parcels through a process of its own."""
    child = subprocess.run(
        [sys.executable, __file__, "--stream", str(size)], check=True, capture_output=True, text=True
    )
    print(child.stdout, end="")


def _stream(place: Landscape) -> None:
    """Parcels by row group, of the layers the rows that the group lies in; only the sums are kept."""
    import pyarrow.parquet as pq

    import_mib = _peak_mib()
    file, grid, found, kept = pq.ParquetFile(place.parcels), place.grid, [], 0
    for batch in file.iter_batches(batch_size=BLOCK):
        buffer, offsets = arrow_bytes(batch.column("geometry"))
        covered = coverage.cover_wkb(buffer, offsets, grid=grid)
        kept += covered.parcels
        rows = slice(int(covered.cell.min()) // grid.columns, int(covered.cell.max()) // grid.columns + 1)
        layers = [read_layer(path, rows=rows) for path in place.layers]
        unit = {"unit_of_entry": covered.parcel, "units": covered.parcels}
        found.append(coverage.unit_sums(covered, layers=layers, origin=(rows.start, 0), **unit))
    print(
        f"peak memory, {kept:,} parcels x {len(place.layers)} layers streamed from files: {_peak_mib():.0f} MiB,"
        f" of which {import_mib:.0f} before the first parcel"
    )


def _peak_mib() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells begins with the peak of the parent process
        told = status.read_text().split("VmHWM:")[1].split()[0]
        return int(told) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts in bytes


if __name__ == "__main__":
    main()
