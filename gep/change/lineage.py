"""Which parcel became which, and old values told by the new parcels. gep.md 5.2.

An edge leads from a parcel of the older version to one of the newer and carries the area that they have in common, in
whole mm². The share of a parent that a child has is that area over all of the parent's, so shares add up to one by
construction; shares that a file states are checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.allocation import allocate_many

OUTSIDE = ""  # child of the part of a parcel that lies outside the newer version


class SharesDoNotAddUp(ValueError):
    """The shares of a parent's children are not one together; the text names the parent and the sum."""


class ParentUnknown(ValueError):
    """Values are stated for a parcel from which no edge leads; the text names it."""


@dataclass(frozen=True)
class Lineage:
    """Edges as columns of one length: codes of parent and child, and the area in common."""

    parent: NDArray[np.str_]
    child: NDArray[np.str_]
    area_mm2: NDArray[np.int64]

    def shares(self) -> NDArray[np.float64]:
        """Return each edge's share of its parent, shape (edges,)."""
        _, place = np.unique(self.parent, return_inverse=True)
        whole = np.zeros(place.max(initial=-1) + 1, dtype=np.int64)
        np.add.at(whole, place, self.area_mm2)
        return self.area_mm2 / whole[place]

    def unchanged(self) -> NDArray[np.bool_]:
        """Return whether an edge leads from the only parent to the only child, under whatever codes."""
        _, parent, parents = np.unique(self.parent, return_inverse=True, return_counts=True)
        _, child, children = np.unique(self.child, return_inverse=True, return_counts=True)
        return (parents[parent] == 1) & (children[child] == 1) & (self.child != OUTSIDE)


def of_overlay(
    parent: Sequence[str], child: Sequence[str], area_mm2: NDArray[np.int64], *, parent_area_mm2: dict[str, int]
) -> Lineage:
    """Return the lineage of an overlay of two versions; what no child covers of a parent leads OUTSIDE.

    Pieces of one pair are joined, pieces without area dropped. Raises SharesDoNotAddUp where children together have
    more than their parent's area.
    """
    pieces: dict[tuple[str, str], int] = {}
    for old, new, area in zip(parent, child, np.asarray(area_mm2).tolist(), strict=True):
        pieces[old, new] = pieces.get((old, new), 0) + area
    left = dict(parent_area_mm2)
    for (old, _), area in pieces.items():
        left[old] = left.get(old, 0) - area
    for old, area in left.items():
        if area < 0:
            raise SharesDoNotAddUp(f"the children of {old} have {-area} mm² more than it")
        pieces[old, OUTSIDE] = pieces.get((old, OUTSIDE), 0) + area
    edges = sorted((old, new, area) for (old, new), area in pieces.items() if area)
    return Lineage(
        parent=np.array([edge[0] for edge in edges], dtype=str),
        child=np.array([edge[1] for edge in edges], dtype=str),
        area_mm2=np.array([edge[2] for edge in edges], dtype=np.int64),
    )


def of_shares(
    parent: NDArray[np.str_], child: NDArray[np.str_], share: NDArray[np.float64], *, tolerance: float = 1e-9
) -> Lineage:
    """Return the lineage that stated shares (0 to 1) describe. Raises SharesDoNotAddUp beyond ``tolerance``."""
    names, place = np.unique(parent, return_inverse=True)
    sums = np.bincount(place, weights=share, minlength=len(names))
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= tolerance))
    if len(wrong) or not (np.asarray(share) >= 0).all():
        named = (
            f"{names[wrong[0]]} are {sums[wrong[0]]:.12g} together" if len(wrong) else "a parent are not all positive"
        )
        raise SharesDoNotAddUp(f"the shares of the children of {named}")
    return Lineage(parent, child, np.rint(np.asarray(share) * 1e15).astype(np.int64))


def project(
    values_fen: NDArray[np.int64], *, parents: NDArray[np.str_], lineage: Lineage, children: NDArray[np.str_]
) -> NDArray[np.int64]:
    """Return old values told by ``children``, shape (children,); each parent's fen go to its children exactly.

    ``values_fen`` and ``parents`` have one shape; negative values keep their sign. Ties go to the smallest child code.
    What leads OUTSIDE, or to a child that is not asked for, is left out; the caller compares sums. Raises
    ParentUnknown.
    """
    values = np.asarray(values_fen, dtype=np.int64)
    names, place = np.unique(lineage.parent, return_inverse=True)
    at = np.searchsorted(names, parents)
    known = np.flatnonzero((at < len(names)) & (names[np.minimum(at, len(names) - 1)] == parents))
    if len(known) < len(parents):
        lost = sorted(set(range(len(parents))) - set(known.tolist()))[0]
        raise ParentUnknown(f"no edge leads from {parents[lost]}")
    totals = np.zeros(len(names), dtype=np.int64)
    np.add.at(totals, at, values)
    by_edge = (
        allocate_many(
            np.abs(totals)[None],
            county_of_parcel=place,
            weights=[lineage.area_mm2.astype(np.float64)],
            codes=lineage.child,
        ).parcels_fen[0]
        * np.sign(totals)[place]
    )
    return _gathered(by_edge, lineage.child, children)


def harmonise(
    values_fen: Sequence[NDArray[np.int64]],
    *,
    parcels: Sequence[NDArray[np.str_]],
    lineages: Sequence[Lineage],
) -> NDArray[np.int64]:
    """Return a series of years on the parcels of the last one, shape (years, parcels of the last year).

    ``lineages[i]`` leads from the parcels of year i to those of year i + 1. The native series stays as it is; both are
    to be kept.
    """
    series = []
    for year, values in enumerate(values_fen):
        for step in range(year, len(lineages)):
            values = project(values, parents=parcels[step], lineage=lineages[step], children=parcels[step + 1])
        series.append(values)
    return np.array(series, dtype=np.int64)


def joined(edges: Iterable[Lineage]) -> Lineage:
    """Return lineages of separate blocks as one."""
    parts = list(edges)
    return Lineage(
        parent=np.concatenate([part.parent for part in parts]),
        child=np.concatenate([part.child for part in parts]),
        area_mm2=np.concatenate([part.area_mm2 for part in parts]),
    )


def _gathered(fen: NDArray[np.int64], child: NDArray[np.str_], children: NDArray[np.str_]) -> NDArray[np.int64]:
    order = np.argsort(children, kind="stable")
    at = np.searchsorted(children[order], child)
    asked = (at < len(children)) & (children[order][np.minimum(at, len(children) - 1)] == child)
    sums = np.zeros(len(children), dtype=np.int64)
    np.add.at(sums, order[at[asked]], fen[asked])
    return sums
