"""The outlines of parcels, as bytes of well-known binary or as geometries; one is made from the other when asked for.

The engine weighs, measures and writes the bytes; geometries are for whoever lays parcels over each other or draws them.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.coverage.implementation import chosen
from gep.coverage.outlines import Outlines, packed

LITTLE = 1  # the first byte of well-known binary in little-endian order


class ParcelOutlines:
    """Polygons and multipolygons of one metric CRS, shape (parcels,); an empty piece of bytes is a missing outline.

    ``wkb`` uint8 holds all bytes, parcel i those from ``offsets[i]`` to ``offsets[i + 1]`` (int64).
    """

    def __init__(self, wkb: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.wkb, self.offsets = wkb, np.asarray(offsets, dtype=np.int64)

    @classmethod
    def of(cls, geometries: "Sequence[shapely.Geometry] | NDArray | ParcelOutlines") -> "ParcelOutlines":
        """Return the outlines of geometries; outlines come back as they are."""
        if isinstance(geometries, ParcelOutlines):
            return geometries
        shapes = np.asarray(geometries, dtype=object)
        found = cls(*packed(shapely.to_wkb(shapes, output_dimension=2, byte_order=LITTLE)))
        found.__dict__["geometries"] = shapes
        return found

    @classmethod
    def joined(cls, parts: Sequence["ParcelOutlines"]) -> "ParcelOutlines":
        """Return several as one."""
        if len(parts) == 1:
            return parts[0]
        wkb = [part.wkb[part.offsets[0] : part.offsets[-1]] for part in parts]
        ends = np.cumsum([0, *map(len, wkb)])
        offsets = [part.offsets[:-1] - part.offsets[0] + end for part, end in zip(parts, ends, strict=False)]
        return cls(np.concatenate([*wkb, np.zeros(0, np.uint8)]), np.concatenate([*offsets, ends[-1:]]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, some: slice | NDArray) -> "ParcelOutlines":
        """Return some of the outlines."""
        if isinstance(some, slice) and some.step in (None, 1):
            first, past, _ = some.indices(len(self))
            return ParcelOutlines(self.wkb, self.offsets[first : max(past, first) + 1])
        places = np.arange(len(self))[some]
        pieces = [self.wkb[self.offsets[i] : self.offsets[i + 1]] for i in places.tolist()]
        offsets = np.cumsum([0, *map(len, pieces)])
        return ParcelOutlines(np.concatenate([*pieces, np.zeros(0, np.uint8)]), offsets)

    @cached_property
    def geometries(self) -> NDArray[np.object_]:
        """Shapely geometries, None where an outline is missing."""
        whole, bounds = self.wkb.tobytes(), self.offsets.tolist()
        pieces = [whole[first:past] or None for first, past in zip(bounds, bounds[1:], strict=False)]
        return np.asarray(shapely.from_wkb(np.array(pieces, dtype=object)))

    @cached_property
    def rings(self) -> Outlines:
        """The rings as flat arrays. Raises NotAnOutline."""
        return chosen().outlines_from_wkb(self.wkb, self.offsets)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east and north of each outline, shape (parcels, 4); NaN where it is missing or empty."""
        found = np.full((len(self), 4), np.nan)
        rings = self.rings
        some = np.flatnonzero(np.diff(rings.ring_start))  # a ring may have no vertex
        first = some[np.flatnonzero(np.diff(rings.ring_parcel[some], prepend=-1))]
        if len(first):
            parcel, vertex = rings.ring_parcel[first], rings.ring_start[first]
            found[parcel, :2] = np.minimum.reduceat(rings.xy, vertex, axis=0)
            found[parcel, 2:] = np.maximum.reduceat(rings.xy, vertex, axis=0)
        return found

    @property
    def total_bounds(self) -> NDArray[np.float64]:
        """West, south, east and north of all outlines, shape (4,); NaN where there is none."""
        known = self.bounds[~np.isnan(self.bounds[:, 0])]
        if not len(known):
            return np.full(4, np.nan)
        return np.concatenate([known[:, :2].min(axis=0), known[:, 2:].max(axis=0)])

    @property
    def kinds(self) -> frozenset[int]:
        """The kinds of geometry that occur, as well-known binary counts them: 3 polygon, 6 multipolygon."""
        first = self.offsets[:-1][np.diff(self.offsets) > 0]
        codes = np.where(self.wkb[first] == LITTLE, self.wkb[first + 1], self.wkb[first + 4])
        return frozenset(np.unique(codes).tolist())
