"""Two versions of parcels laid over each other: which old parcel shares how much of its area with which new one."""

import numpy as np
import shapely
from numpy.typing import NDArray

from core.rounding import apportion
from gep.change.lineage import OUTSIDE, Lineage, joined

BLOCK = 50_000  # old parcels laid over at once: bounds memory, changes nothing


class OverlapFound(ValueError):
    """New parcels overlap each other within an old one by more than is left to rounding; the text names the old one."""


def lineage(
    old: NDArray[np.object_],
    new: NDArray[np.object_],
    *,
    old_codes: NDArray[np.str_],
    new_codes: NDArray[np.str_],
    old_area_mm2: NDArray[np.int64],
    sliver_m2: float = 0.0,
    overlap_share: float = 1e-6,
) -> Lineage:
    """Return the lineage of polygons of one CRS; each old parcel's surveyed area is shared out exactly.

    A parcel whose outline is the same in both versions is one edge and is not cut. Pieces up to ``sliver_m2`` are
    noise of drawing and are left to their neighbours; what no new parcel covers leads OUTSIDE. Raises OverlapFound
    where new parcels cover more than an old one by ``overlap_share`` of it.
    """
    same_old, same_new = _same_outlines(old, new)
    rest = np.setdiff1d(np.arange(len(old)), same_old)
    tree = shapely.STRtree(new)
    parts = [Lineage(old_codes[same_old], new_codes[same_new], old_area_mm2[same_old])]
    for start in range(0, len(rest), BLOCK):
        block = rest[start : start + BLOCK]
        which, child = tree.query(old[block], predicate="intersects")
        area_m2 = shapely.area(shapely.intersection(old[block][which], new[child]))
        kept = area_m2 > sliver_m2
        edges = _shared_out(
            old[block], which[kept], child[kept], area_m2[kept],
            codes=old_codes[block], new_codes=new_codes, whole_mm2=old_area_mm2[block], sliver_m2=sliver_m2,
            overlap_share=overlap_share,
        )  # fmt: skip
        parts.append(edges)
    return joined(parts)


def _same_outlines(old: NDArray[np.object_], new: NDArray[np.object_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of outlines that are in both versions, bit by bit, and only once in each."""
    places = {outline: place for place, outline in enumerate(shapely.to_wkb(shapely.normalize(new)).tolist())}
    found = [
        (place, places[outline])
        for place, outline in enumerate(shapely.to_wkb(shapely.normalize(old)).tolist())
        if outline in places
    ]
    pairs = np.array(found, dtype=np.intp).reshape(-1, 2)
    _, first = np.unique(pairs[:, 1], return_index=True)
    return pairs[np.sort(first), 0], pairs[np.sort(first), 1]


def _shared_out(
    old: NDArray[np.object_], which: NDArray[np.intp], child: NDArray[np.intp], area_m2: NDArray[np.float64], *,
    codes: NDArray[np.str_], new_codes: NDArray[np.str_], whole_mm2: NDArray[np.int64], sliver_m2: float,
    overlap_share: float,
) -> Lineage:  # fmt: skip
    """Share the surveyed area of each old parcel out by its pieces and what is left of it."""
    outline_m2 = shapely.area(old)
    left_m2 = outline_m2 - np.bincount(which, weights=area_m2, minlength=len(old))
    over = np.flatnonzero(left_m2 < -overlap_share * outline_m2)
    if len(over):
        raise OverlapFound(f"new parcels cover {codes[over[0]]} and {-left_m2[over[0]]:.2f} m² more")
    order = np.lexsort((new_codes[child], which))
    bounds = np.searchsorted(which[order], np.arange(len(old) + 1))
    parents, children, areas = [], [], []
    for place in range(len(old)):
        own = order[bounds[place] : bounds[place + 1]]
        names, pieces = new_codes[child[own]].tolist(), area_m2[own].tolist()
        if not names:
            names, pieces = [OUTSIDE], [1.0]
        elif left_m2[place] > max(sliver_m2, overlap_share * outline_m2[place]):
            names, pieces = [*names, OUTSIDE], [*pieces, float(left_m2[place])]
        parents += [codes[place]] * len(names)
        children += names
        areas += apportion(int(whole_mm2[place]), pieces).tolist()
    return Lineage(np.array(parents, dtype=str), np.array(children, dtype=str), np.array(areas, dtype=np.int64))
