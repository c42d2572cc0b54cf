"""Where parcels of a checked copy overlap: how many pairs, what area, and the largest ones. Runs in the limited child.

The copy is swept along its Hilbert curve: a batch is compared with itself and with what lies near it in later batches.
Edges that break the cover point to suspects, and only pairs with a suspect are intersected, so that a clean cover of a
million parcels costs about as much as reading it. Intersections of hostile shapes take any memory: hence the child.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from gep.files.parcels.table import ParcelTable

SMALLEST_M2 = 1e-4  # below this an overlap is what rounding of coordinates leaves
SLIVER_WIDTH_M = 0.1
MOST_EXAMPLES = 100
BATCHES_HELD = 48


@dataclass(frozen=True)
class Overlaps:
    """Overlaps at least 0.1 m wide, slivers that are narrower, and parcels along a gap no wider than was asked for.

    ``examples`` are the largest: the two ids, the area in m², and a point in it.
    """

    pairs: int
    area_m2: float
    slivers: int
    sliver_area_m2: float
    gaps: int
    examples: tuple[tuple[str, str, float, float, float], ...]


def run(arguments: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the overlaps of the checked copy at ``path``."""
    sweep = _Sweep(ParcelTable(Path(arguments["path"])), gap_width_m=arguments["gap_width_m"])
    for place in range(sweep.table.batches):
        sweep.visit(place)
    return sweep.told()


class _Sweep:
    def __init__(self, table: ParcelTable, *, gap_width_m: float) -> None:
        self.table, self._gap_width_m = table, gap_width_m
        self._bounds = [batch.bounds for batch in table]
        self._boxes = np.array([[*b[:, :2].min(axis=0), *b[:, 2:].max(axis=0)] for b in self._bounds])
        self._shapes = lru_cache(maxsize=BATCHES_HELD)(lambda place: self.table.batch(place).geometries())
        self._pairs = [0, 0]  # wide ones, slivers
        self._area_m2 = [0.0, 0.0]
        self._gaps = 0
        self._largest: list[tuple[float, int, int, float, float]] = []

    def visit(self, place: int) -> None:
        """Compare a batch with itself and its later neighbours."""
        own = self._shapes(place)
        shapes, rows = [own], [self._first(place) + np.arange(len(own))]
        for other, near in self._near(place):
            shapes.append(self._shapes(other)[near])
            rows.append(self._first(other) + near)
        together, numbers = np.concatenate(shapes), np.concatenate(rows)
        broken = ~shapely.is_empty(shapely.coverage_invalid_edges(together, gap_width=self._gap_width_m))
        if broken.any():
            self._intersect(together, numbers, broken, own=len(own))

    def told(self) -> dict[str, Any]:
        """Return the counts, and the largest overlaps with the ids of their parcels."""
        examples = []
        for area_m2, one, other, x, y in sorted(self._largest, reverse=True):
            examples.append([*sorted([self._id(one), self._id(other)]), area_m2, x, y])
        return {
            "pairs": self._pairs[0], "area_m2": self._area_m2[0], "slivers": self._pairs[1],
            "sliver_area_m2": self._area_m2[1], "gaps": self._gaps, "examples": examples,
        }  # fmt: skip

    def _near(self, place: int) -> Iterator[tuple[int, np.ndarray]]:
        """Later batches that reach into the box of this one, and which of their rows do."""
        west, south, east, north = self._boxes[place]
        later = np.arange(place + 1, len(self._boxes))
        boxes = self._boxes[later]
        meets = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        for other in later[meets].tolist():
            each = self._bounds[other]
            near = (each[:, 0] <= east) & (each[:, 2] >= west) & (each[:, 1] <= north) & (each[:, 3] >= south)
            if near.any():
                yield other, np.flatnonzero(near)

    def _intersect(self, shapes: np.ndarray, rows: np.ndarray, broken: np.ndarray, *, own: int) -> None:
        suspects = np.flatnonzero(broken)
        found, partner = shapely.STRtree(shapes).query(shapes[suspects], predicate="intersects")
        pairs = np.sort(np.column_stack([suspects[found], partner]), axis=1)
        pairs = np.unique(pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs[:, 0] < own)], axis=0)
        shared = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
        area_m2 = shapely.area(shared)
        overlapping = area_m2 > SMALLEST_M2
        pairs, shared, area_m2 = pairs[overlapping], shared[overlapping], area_m2[overlapping]
        wide = 2 * area_m2 >= SLIVER_WIDTH_M * shapely.length(shared)
        for kind, those in enumerate((wide, ~wide)):
            self._pairs[kind] += int(those.sum())
            self._area_m2[kind] += float(area_m2[those].sum())
        if self._gap_width_m > 0:
            self._gaps += int(np.setdiff1d(suspects[suspects < own], pairs.ravel()).size)
        points = shapely.get_coordinates(shapely.point_on_surface(shared))
        for (one, other), area, (x, y) in zip(pairs.tolist(), area_m2.tolist(), points.tolist(), strict=True):
            entry = (area, int(rows[one]), int(rows[other]), x, y)
            push = heapq.heappush if len(self._largest) < MOST_EXAMPLES else heapq.heappushpop
            push(self._largest, entry)

    def _first(self, place: int) -> int:
        return self.table.batch(place).first_row

    def _id(self, row: int) -> str:
        for batch in self.table:
            if row < batch.first_row + len(batch):
                return str(batch.arrow.column("parcel_id")[row - batch.first_row])
        raise IndexError(row)
