"""Which cells each parcel covers, and what share of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.coverage import outlines as rings
from gep.coverage.grid import Grid
from gep.coverage.implementation import chosen
from gep.coverage.outlines import Outlines
from gep.coverage.parcel_outlines import ParcelOutlines
from gep.coverage.reference import added_up


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which cells each parcel covers, and what share of each: three arrays of one length, ordered by parcel and cell.

    ``parcel`` int64, index into the parcels given; ``cell`` int64, row * columns + column; ``share`` float64, 0 to 1.
    ``whole_area_m2`` float64, one a parcel: its area wherever it lies, 0 for an empty or missing one.
    ``inside_share`` float64, one a parcel: the share of that area that lies on the grid (on the rows asked for), NaN
    for an empty one.
    """

    grid: Grid
    parcel: NDArray[np.int64]
    cell: NDArray[np.int64]
    share: NDArray[np.float64]
    inside_share: NDArray[np.float64]
    whole_area_m2: NDArray[np.float64]

    @property
    def parcels(self) -> int:
        """How many parcels were given, those off the grid among them."""
        return len(self.inside_share)

    def area_m2(self) -> NDArray[np.float64]:
        """Return the area of each parcel on the grid, shape (parcels,)."""
        return added_up(self.parcel, self.share, length=self.parcels) * self.grid.cell_area_m2


def cover(
    parcels: Sequence[shapely.Geometry] | NDArray | ParcelOutlines, *, grid: Grid, rows: slice | None = None
) -> Coverage:
    """Return the exact share of every cell of ``grid`` that each parcel covers.

    ``parcels`` are valid polygons or multipolygons in the metric CRS of the grid; holes and parts are heeded, an
    empty or missing one covers nothing. What lies beyond the grid is left out and told by ``inside_share``.
    ``rows`` leaves out all other rows of the grid; the cells keep their numbers and their shares the same bits.
    Raises NotAnOutline for any other geometry.
    """
    found = parcels.rings if isinstance(parcels, ParcelOutlines) else rings.from_geometries(parcels)
    return _cover(found, grid=grid, rows=rows)


def cover_wkb(buffer: NDArray[np.uint8], offsets: NDArray, *, grid: Grid, rows: slice | None = None) -> Coverage:
    """Return what ``cover`` returns, for parcels as well-known binary and without building geometries.

    ``buffer`` holds all bytes, parcel i those from ``offsets[i]`` to ``offsets[i + 1]``; none means missing. Either
    byte order, ISO and PostGIS codes; z and m are skipped. An Arrow array gives both (``outlines.packed`` does for a
    list). The parcels are taken for valid: run a check of validity before. Raises NotAnOutline.
    """
    offsets = np.asarray(offsets, dtype=np.int64)
    if len(offsets) == 0 or offsets[0] < 0 or offsets[-1] > len(buffer) or np.any(np.diff(offsets) < 0):
        raise ValueError("the offsets do not lie in the buffer in rising order")
    return _cover(chosen().outlines_from_wkb(buffer, offsets), grid=grid, rows=rows)


def _cover(parcels: Outlines, *, grid: Grid, rows: slice | None) -> Coverage:
    first_row, past_row, step = (rows or slice(None)).indices(grid.rows)
    if step != 1:
        raise ValueError(f"rows must follow one another, not by steps of {step}")
    parcel, cell, share, area_m2 = chosen().scan(parcels, grid=grid, first_row=first_row, past_row=past_row)
    covered_m2 = added_up(parcel, share, length=parcels.parcels) * grid.cell_area_m2
    inside_share = np.full(parcels.parcels, np.nan)
    there = area_m2 > 0
    inside_share[there] = np.minimum(covered_m2[there] / area_m2[there], 1.0)
    return Coverage(grid, parcel, cell, share, inside_share, area_m2)
