"""The rings of parcels as flat arrays, from geometries or straight from their well-known binary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

FURTHEST_M = 1e10  # no metric system of this planet has such a coordinate; NaN and infinity fail the test too
POLYGON, MULTIPOLYGON = 3, 6  # both as types of shapely and as codes of well-known binary

TRUNCATED, NOT_POLYGONAL, OPEN_RING, TOO_FAR = 1, 2, 3, 4
REASONS = {
    TRUNCATED: "its bytes end too early",
    NOT_POLYGONAL: "it is neither a polygon nor a multipolygon",
    OPEN_RING: "a ring is not closed, or has fewer than four points",
    TOO_FAR: "a coordinate is missing, infinite or beyond any metric system",
}


class NotAnOutline(ValueError):
    """A parcel that has no outline to measure: which one (counted from 0), and why."""

    def __init__(self, *, parcel: int, reason: int) -> None:
        super().__init__(f"parcel {parcel}: {REASONS[reason]}")
        self.parcel, self.reason = parcel, REASONS[reason]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Rings ordered by parcel, each closed (its last vertex is its first).

    ``xy`` float64 (vertices, 2) in metres; ``ring_start`` int64 (rings + 1), the place of each ring in ``xy``;
    ``ring_parcel`` int64 (rings,); ``ring_sign`` int64 (rings,), +1 for an exterior ring and -1 for a hole, whichever
    way they run; ``parcels`` the number of parcels, those without a ring among them.
    """

    xy: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    ring_parcel: NDArray[np.int64]
    ring_sign: NDArray[np.int64]
    parcels: int


def from_geometries(parcels: Sequence[shapely.Geometry] | NDArray) -> Outlines:
    """Return the rings of polygons and multipolygons; an empty or missing one has none. Raises NotAnOutline."""
    geometries = np.asarray(parcels, dtype=object)
    kinds = shapely.get_type_id(geometries)
    odd = np.flatnonzero((kinds >= 0) & (kinds != POLYGON) & (kinds != MULTIPOLYGON))
    if len(odd):
        raise NotAnOutline(parcel=int(odd[0]), reason=NOT_POLYGONAL)
    polygons, polygon_parcel = shapely.get_parts(geometries, return_index=True)
    rings, ring_polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    ring_parcel = polygon_parcel[ring_polygon].astype(np.int64)
    far = np.flatnonzero(~(np.abs(xy) < FURTHEST_M).all(axis=1))
    if len(far):
        raise NotAnOutline(parcel=int(ring_parcel[ring[far[0]]]), reason=TOO_FAR)
    hole = np.diff(ring_polygon, prepend=-1) == 0
    return Outlines(
        xy=np.ascontiguousarray(xy),
        ring_start=np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(rings)))]).astype(np.int64),
        ring_parcel=ring_parcel,
        ring_sign=np.where(hole, -1, 1).astype(np.int64),
        parcels=len(geometries),
    )


def packed(wkb: Sequence[bytes | None] | NDArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pieces of well-known binary as one buffer and the offsets of its pieces, as Arrow holds them."""
    pieces = [piece or b"" for piece in wkb]
    lengths = np.fromiter((len(piece) for piece in pieces), dtype=np.int64, count=len(pieces))
    return np.frombuffer(b"".join(pieces), dtype=np.uint8), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
