"""Which parcels became which, found by laying the new version over the old one. No database."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.rounding import apportion

PARTS = 10**9  # shares are apportioned in billionths, so that those of a parcel add up
LEAST_SHARE = 1e-6  # of the old parcel; below it an overlap is the noise of two surveys
LEAST_M2 = 1.0


@dataclass(frozen=True)
class Lineage:
    """Edges as columns: place of the old parcel and of the new (-1: none), overlap in m², share of the old."""

    parent: NDArray[np.int64]
    child: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    share: NDArray[np.float64]


def trace(old: NDArray[np.object_], new: NDArray[np.object_]) -> Lineage:
    """Return what each old outline became; both in one metric system, the shares of each old one add up to 1.

    Overlaps below a square metre or a millionth are left out; what of an old parcel lies in no new one has child -1.
    """
    if not len(old):
        none = np.zeros(0, dtype=np.int64)
        return Lineage(none, none, np.zeros(0), np.zeros(0))
    parent, child, area = _overlaps(old, new)
    whole = shapely.area(old)
    lost = whole - np.bincount(parent, weights=area, minlength=len(old))
    gone = np.flatnonzero((lost > np.maximum(LEAST_M2, LEAST_SHARE * whole)) | (_count(parent, len(old)) == 0))
    parent = np.concatenate([parent, gone])
    child = np.concatenate([child, np.full(len(gone), -1)])
    area = np.concatenate([area, lost[gone]])
    order = np.lexsort((child, parent))
    parent, child, area = parent[order], child[order], area[order]
    return Lineage(parent, child, area, _shares(parent, area))


def _overlaps(old: NDArray, new: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    if not len(new):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    shapely.prepare(old)
    parent, child = shapely.STRtree(new).query(old, predicate="intersects")
    area = shapely.area(shapely.intersection(old[parent], new[child]))
    kept = area > np.maximum(LEAST_M2, LEAST_SHARE * shapely.area(old[parent]))
    return parent[kept], child[kept], area[kept]


def _shares(parent: NDArray, area: NDArray) -> NDArray[np.float64]:
    share = np.zeros(len(parent))
    starts = np.flatnonzero(np.diff(parent, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(parent)], strict=True):
        share[start:end] = apportion(PARTS, weights=area[start:end]) / PARTS
    return share


def _count(place: NDArray, length: int) -> NDArray:
    return np.bincount(place, minlength=length)
