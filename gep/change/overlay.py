"""Two versions of parcels laid over each other: which old parcel shares how much of its area with which new one.

``lay_over`` cuts the pieces, ``lineage`` tells edges by their areas. What no parcel of the other version covers is a
piece too, whose place in that version is NOWHERE.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from core.rounding import apportion
from gep.change.lineage import OUTSIDE, Lineage, joined

BLOCK = 50_000  # old parcels laid over at once: bounds memory, changes nothing
NOWHERE = -1
OVERLAP_SHARE = 1e-6  # of an old parcel: more than this twice covered is no rounding


class OverlapFound(ValueError):
    """New parcels overlap each other within an old one by more than is left to rounding; the text names the old one."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of ground, columns of one length: places of the old and the new parcel, outline, area in m²."""

    old: NDArray[np.int64]
    new: NDArray[np.int64]
    outlines: NDArray[np.object_]
    area_m2: NDArray[np.float64]

    def __getitem__(self, some: NDArray) -> "Pieces":
        return Pieces(self.old[some], self.new[some], self.outlines[some], self.area_m2[some])


def lay_over(
    old: NDArray[np.object_], new: NDArray[np.object_], *, old_codes: NDArray[np.str_], sliver_m2: float = 0.0,
    overlap_share: float = OVERLAP_SHARE,
) -> Pieces:  # fmt: skip
    """Return the pieces of every old polygon, ordered by old and new place; the new polygons may be more than needed.

    A polygon whose outline is the same in both versions is one piece and is not cut. Pieces up to ``sliver_m2`` are
    noise of drawing and are left out; so is what is left of an old one up to that or to ``overlap_share`` of it. An old
    polygon of which nothing else is found is one piece that leads NOWHERE. Raises OverlapFound where new polygons cover
    more than an old one by ``overlap_share`` of it.
    """
    same_old, same_new = _same_outlines(old, new)
    rest = np.setdiff1d(np.arange(len(old)), same_old)
    which, child = shapely.STRtree(new).query(old[rest], predicate="intersects")
    outlines = shapely.intersection(old[rest][which], new[child])
    area_m2 = shapely.area(outlines)
    kept = np.flatnonzero(area_m2 > sliver_m2)
    cut = Pieces(rest[which[kept]], child[kept].astype(np.int64), _polygonal(outlines[kept]), area_m2[kept])
    same = Pieces(same_old.astype(np.int64), same_new.astype(np.int64), old[same_old], shapely.area(old[same_old]))
    left = _left_over(old, cut, rest, codes=old_codes, sliver_m2=sliver_m2, overlap_share=overlap_share)
    found = _together([same, cut, left])
    return found[np.lexsort((found.new, found.old))]


def left_over(
    old: NDArray[np.object_], new: NDArray[np.object_], *, sliver_m2: float, share: float = OVERLAP_SHARE
) -> Pieces:
    """Return what no new polygon covers of each old one, beyond ``sliver_m2`` and ``share`` of it."""
    which, child = shapely.STRtree(new).query(old, predicate="intersects")
    covered = _unions(new[child], which, length=len(old))
    outlines = np.where(shapely.is_missing(covered), old, shapely.difference(old, covered))
    area_m2 = shapely.area(outlines)
    kept = np.flatnonzero(area_m2 > np.maximum(sliver_m2, share * shapely.area(old)))
    nowhere = np.full(len(kept), NOWHERE, dtype=np.int64)
    return Pieces(kept.astype(np.int64), nowhere, _polygonal(outlines[kept]), area_m2[kept])


def edges(
    pieces: Pieces, *, old_codes: NDArray[np.str_], new_codes: NDArray[np.str_], old_area_mm2: NDArray[np.int64]
) -> Lineage:
    """Return the lineage that pieces tell; each old parcel's surveyed area is shared out exactly.

    What leads NOWHERE leads OUTSIDE. ``old_area_mm2`` and ``old_codes`` have the length of the old parcels.
    """
    names = np.append(new_codes, OUTSIDE)[pieces.new]
    alone = np.bincount(pieces.old, minlength=len(old_codes))[pieces.old] == 1
    area_mm2 = np.where(alone, old_area_mm2[pieces.old], 0)
    split = np.flatnonzero(~alone)
    order = split[np.lexsort((names[split], pieces.new[split] == NOWHERE, pieces.old[split]))]
    bounds = np.flatnonzero(np.diff(pieces.old[order], prepend=-1, append=-1))
    for first, past in zip(bounds.tolist(), bounds[1:].tolist(), strict=False):
        own = order[first:past]
        whole = int(old_area_mm2[pieces.old[own[0]]])
        area_mm2[own] = apportion(whole, pieces.area_m2[own].tolist())
    last = np.lexsort((names, pieces.new == NOWHERE, pieces.old))
    return Lineage(old_codes[pieces.old[last]], names[last], area_mm2[last].astype(np.int64))


def lineage(
    old: NDArray[np.object_],
    new: NDArray[np.object_],
    *,
    old_codes: NDArray[np.str_],
    new_codes: NDArray[np.str_],
    old_area_mm2: NDArray[np.int64],
    sliver_m2: float = 0.0,
    overlap_share: float = OVERLAP_SHARE,
) -> Lineage:
    """Return the lineage of polygons of one CRS; each old parcel's surveyed area is shared out exactly.

    A parcel whose outline is the same in both versions is one edge and is not cut. Pieces up to ``sliver_m2`` are left
    to their neighbours; what no new parcel covers leads OUTSIDE. Raises OverlapFound.
    """
    parts = [Lineage(old_codes[:0], new_codes[:0], old_area_mm2[:0])]
    for start in range(0, len(old), BLOCK):
        block = slice(start, start + BLOCK)
        pieces = lay_over(old[block], new, old_codes=old_codes[block], sliver_m2=sliver_m2, overlap_share=overlap_share)
        parts.append(edges(pieces, old_codes=old_codes[block], new_codes=new_codes, old_area_mm2=old_area_mm2[block]))
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


def _left_over(
    old: NDArray[np.object_], cut: Pieces, rest: NDArray[np.intp], *, codes: NDArray[np.str_], sliver_m2: float,
    overlap_share: float,
) -> Pieces:  # fmt: skip
    """What the pieces leave of each old polygon of ``rest``; only where that is something is it cut out."""
    outline_m2 = shapely.area(old)
    left_m2 = outline_m2 - np.bincount(cut.old, weights=cut.area_m2, minlength=len(old))
    over = rest[left_m2[rest] < -overlap_share * outline_m2[rest]]
    if len(over):
        raise OverlapFound(f"new parcels cover {codes[over[0]]} and {-left_m2[over[0]]:.2f} m² more")
    nothing = np.bincount(cut.old, minlength=len(old)) == 0
    some = left_m2 > np.maximum(sliver_m2, overlap_share * outline_m2)
    open_ones = rest[(some | nothing)[rest]]
    mine = np.isin(cut.old, open_ones)
    covered = _unions(cut.outlines[mine], np.searchsorted(open_ones, cut.old[mine]), length=len(open_ones))
    outlines = np.where(shapely.is_missing(covered), old[open_ones], shapely.difference(old[open_ones], covered))
    nowhere = np.full(len(open_ones), NOWHERE, dtype=np.int64)
    return Pieces(open_ones.astype(np.int64), nowhere, _polygonal(outlines), left_m2[open_ones])


def _unions(outlines: NDArray[np.object_], owner: NDArray[np.intp], *, length: int) -> NDArray[np.object_]:
    """The union of the outlines of each owner, None where there are none."""
    found = np.full(length, None, dtype=object)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(length + 1))
    for place in np.flatnonzero(np.diff(bounds)).tolist():
        found[place] = shapely.union_all(outlines[order[bounds[place] : bounds[place + 1]]])
    return found


def _polygonal(outlines: NDArray[np.object_]) -> NDArray[np.object_]:
    """The outlines without the points and lines in which polygons merely touch."""
    mixed = np.flatnonzero(shapely.get_type_id(outlines) == shapely.GeometryType.GEOMETRYCOLLECTION)
    found = outlines.copy()
    for place in mixed.tolist():
        parts = shapely.get_parts(outlines[place])
        found[place] = shapely.union_all(parts[shapely.area(parts) > 0])
    return found


def _together(parts: list[Pieces]) -> Pieces:
    return Pieces(
        np.concatenate([part.old for part in parts]),
        np.concatenate([part.new for part in parts]),
        np.concatenate([part.outlines for part in parts]),
        np.concatenate([part.area_m2 for part in parts]),
    )
