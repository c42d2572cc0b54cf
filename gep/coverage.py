"""The exact share of each raster cell that each parcel covers, by analytic scan conversion.

A polygon is treated as a font rasteriser treats a glyph. Each directed edge, cut at the lines of the grid, leaves its
signed height in the cell it crosses and in the next one; a running sum along the row is then the covered share of every
cell. Holes and parts cancel by sign; no overlay and no box per cell is ever built.

The shares are summed as whole numbers of 2**-52 and not as floating-point numbers. Whole numbers add up the same in any
order, so a share depends on the parcel and the grid alone: not on the block it was computed in, nor on its neighbours.
Both sides of a common boundary are cut at the same points, so that the shares of a gap-free cover sum to one.

``gep.coverage.cover`` is the reference; a compiled kernel that takes and returns the same arrays may stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray

WHOLE = 2.0**52  # one cell in the units in which shares are summed
SMALLEST_SHARE = 2.0**-44  # below this a share is what rounding of the cuts leaves, and no area


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up grid of square cells: the upper-left corner, the side of a cell, and how many rows and columns."""

    west_m: float
    north_m: float
    cell_m: float
    rows: int
    columns: int

    @property
    def cell_area_m2(self) -> float:
        """The area of one cell."""
        return self.cell_m * self.cell_m

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south_m = self.north_m - self.rows * self.cell_m
        return self.west_m, south_m, self.west_m + self.columns * self.cell_m, self.north_m


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which cells each parcel covers, and what share of each: three arrays of one length, ordered by parcel and cell.

    ``parcel`` int64, index into the parcels given; ``cell`` int64, row * columns + column; ``share`` float64, 0 to 1.
    ``inside_share`` float64, one a parcel: the share of the parcel's area that lies on the grid, NaN for an empty one.
    """

    grid: Grid
    parcel: NDArray[np.int64]
    cell: NDArray[np.int64]
    share: NDArray[np.float64]
    inside_share: NDArray[np.float64]

    @property
    def parcels(self) -> int:
        """How many parcels were given, those off the grid among them."""
        return len(self.inside_share)

    def area_m2(self) -> NDArray[np.float64]:
        """Return the area of each parcel on the grid, shape (parcels,)."""
        return _added_up(self.parcel, self.share, length=self.parcels) * self.grid.cell_area_m2


@dataclass(frozen=True, slots=True)
class ZonalSums:
    """What one layer gives each parcel, shape (parcels,).

    ``weighted`` is the sum of value * share over the cells that hold a value, ``valid`` the sum of those shares.
    A parcel without any such cell has ``valid`` 0; missing cells are never taken for zero.
    """

    weighted: NDArray[np.float64]
    valid: NDArray[np.float64]

    def means(self) -> NDArray[np.float64]:
        """Return the area-weighted mean of each parcel; NaN where no cell holds a value."""
        with np.errstate(invalid="ignore"):
            return np.where(self.valid > 0, self.weighted / np.where(self.valid > 0, self.valid, 1), np.nan)


def cover(parcels: Sequence[shapely.Geometry] | NDArray, *, grid: Grid) -> Coverage:
    """Return the exact share of every cell of ``grid`` that each parcel covers.

    ``parcels`` are valid polygons or multipolygons in the metric CRS of the grid; holes and parts are heeded, an
    empty or missing one covers nothing. What lies beyond the grid is left out and told by ``inside_share``.
    """
    geometries = np.asarray(parcels, dtype=object)
    edges = _edges(geometries, grid=grid)
    keys, heights = _deposits(_cut_at_columns(_cut_at_rows(edges, grid=grid), grid=grid), grid=grid)
    parcel, cell, share = _running_shares(keys, heights, grid=grid)
    covered_m2 = _added_up(parcel, share, length=len(geometries)) * grid.cell_area_m2
    area_m2 = shapely.area(geometries)
    known = area_m2 > 0  # False for missing ones too, whose area is NaN
    inside_share = np.full(len(geometries), np.nan)
    inside_share[known] = np.minimum(covered_m2[known] / area_m2[known], 1.0)
    return Coverage(grid=grid, parcel=parcel, cell=cell, share=share, inside_share=inside_share)


def sums(coverage: Coverage, *, layer: NDArray) -> ZonalSums:
    """Return the weighted sums of one layer (its shape that of the grid, NaN missing) for each parcel.

    A parcel's cells are added in the order of the grid, so that its sums are the same bits in whatever block it is.
    """
    values = layer.reshape(-1)[coverage.cell]
    held = ~np.isnan(values)
    parcel, share = coverage.parcel[held], coverage.share[held]
    weighted = _added_up(parcel, values[held] * share, length=coverage.parcels)
    return ZonalSums(weighted=weighted, valid=_added_up(parcel, share, length=coverage.parcels))


def class_shares(coverage: Coverage, *, classes: NDArray[np.integer], kinds: Sequence[int]) -> NDArray[np.float64]:
    """Return the sum of shares of each class in each parcel, shape (parcels, kinds); other classes count nowhere."""
    codes = classes.reshape(-1)[coverage.cell]
    order = np.argsort(np.asarray(kinds))
    place = np.searchsorted(np.asarray(kinds)[order], codes)
    place = order[np.minimum(place, len(kinds) - 1)]
    known = np.asarray(kinds)[place] == codes
    flat = coverage.parcel[known] * len(kinds) + place[known]
    counted = _added_up(flat, coverage.share[known], length=coverage.parcels * len(kinds))
    return counted.reshape(coverage.parcels, len(kinds))


def _added_up(places: NDArray[np.int64], weights: NDArray, *, length: int) -> NDArray[np.float64]:
    # numpy's annotations know the unweighted count only, which is of whole numbers.
    return cast("NDArray[np.float64]", np.bincount(places, weights=weights, minlength=length))


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Pieces of edges in cell units, u to the east and v to the south; each runs from west to east."""

    parcel: NDArray[np.int64]
    row: NDArray[np.int64]
    west_u: NDArray[np.float64]
    west_v: NDArray[np.float64]
    east_u: NDArray[np.float64]
    east_v: NDArray[np.float64]
    sign: NDArray[np.int64]  # +1 where the parcel lies east of the piece, -1 where it lies west


def _edges(geometries: NDArray, *, grid: Grid) -> _Pieces:
    """All edges that are not horizontal, from the northern end to the southern, interiors to the left of each ring."""
    oriented = shapely.orient_polygons(geometries, exterior_cw=False)
    polygons, polygon_parcel = shapely.get_parts(oriented, return_index=True)
    rings, ring_polygon = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    u = (xy[:, 0] - grid.west_m) / grid.cell_m
    v = (grid.north_m - xy[:, 1]) / grid.cell_m
    starts = np.flatnonzero((ring[:-1] == ring[1:]) & (v[:-1] != v[1:]))
    southward = v[starts] < v[starts + 1]  # counter-clockwise and southward: the parcel lies east
    north, south = np.where(southward, starts, starts + 1), np.where(southward, starts + 1, starts)
    return _Pieces(
        parcel=polygon_parcel[ring_polygon[ring[starts]]],
        row=np.zeros(len(starts), dtype=np.int64),
        west_u=u[north],
        west_v=v[north],
        east_u=u[south],
        east_v=v[south],
        sign=np.where(southward, 1, -1),
    )


def _cut_at_rows(edges: _Pieces, *, grid: Grid) -> _Pieces:
    """Cut edges (given north to south) at the row lines, drop what lies north or south of the grid."""
    first = np.clip(np.floor(edges.west_v), 0, grid.rows).astype(np.int64)
    last = np.clip(np.ceil(edges.east_v), 0, grid.rows).astype(np.int64)
    edge, row = _spread(first, last - first)
    north_v, south_v = edges.west_v[edge], edges.east_v[edge]
    north_u, south_u = edges.west_u[edge], edges.east_u[edge]
    slope = (south_u - north_u) / (south_v - north_v)
    top_v, bottom_v = np.maximum(north_v, row), np.minimum(south_v, row + 1)
    # At a vertex the vertex itself is taken: an interpolated one could differ in the last bit.
    top_u = np.where(top_v == north_v, north_u, _between(north_u + (top_v - north_v) * slope, north_u, south_u))
    bottom_u = np.where(
        bottom_v == south_v, south_u, _between(north_u + (bottom_v - north_v) * slope, north_u, south_u)
    )
    eastward = top_u <= bottom_u
    return _Pieces(
        parcel=edges.parcel[edge],
        row=row,
        west_u=np.where(eastward, top_u, bottom_u),
        west_v=np.where(eastward, top_v, bottom_v),
        east_u=np.where(eastward, bottom_u, top_u),
        east_v=np.where(eastward, bottom_v, top_v),
        sign=np.where(eastward, edges.sign[edge], -edges.sign[edge]),
    )


def _cut_at_columns(pieces: _Pieces, *, grid: Grid) -> _Pieces:
    """Cut pieces (given west to east) at the column lines; columns -1 and beyond the last stand for the outside."""
    first = np.clip(np.floor(pieces.west_u), -1, grid.columns).astype(np.int64)
    last = np.clip(np.ceil(pieces.east_u), -1, grid.columns + 1).astype(np.int64)
    last = np.maximum(last, first + 1)
    piece, column = _spread(first, last - first)
    west_u, east_u = pieces.west_u[piece], pieces.east_u[piece]
    west_v, east_v = pieces.west_v[piece], pieces.east_v[piece]
    starts = column == first[piece]
    ends = column == last[piece] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (east_v - west_v) / (east_u - west_u)
        cut_west_v = np.where(starts, west_v, _between(west_v + (column - west_u) * slope, west_v, east_v))
        cut_east_v = np.where(ends, east_v, _between(west_v + (column + 1 - west_u) * slope, west_v, east_v))
    return _Pieces(
        parcel=pieces.parcel[piece],
        row=pieces.row[piece],
        west_u=np.where(starts, west_u, column),
        west_v=cut_west_v,
        east_u=np.where(ends, east_u, column + 1),
        east_v=cut_east_v,
        sign=pieces.sign[piece],
    )


def _deposits(pieces: _Pieces, *, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What each piece leaves: keys (parcel, row, column) as one number, and signed heights in units of 2**-52."""
    stride = grid.columns + 1  # one more column takes what is carried past the last cell
    middle_u = (pieces.west_u + pieces.east_u) / 2
    column = np.clip(np.floor(middle_u), -1, grid.columns)
    eastern_share = np.where(column < 0, 0.0, np.clip(middle_u - column, 0.0, 1.0))
    column = np.maximum(column, 0).astype(np.int64)
    height = _whole(pieces.east_v - pieces.row) - _whole(pieces.west_v - pieces.row)
    height = height * pieces.sign
    carried = np.rint(height * eastern_share).astype(np.int64)
    key = (pieces.parcel * grid.rows + pieces.row) * stride + column
    here = column < grid.columns
    return (
        np.concatenate([key[here], key[here] + 1]),
        np.concatenate([(height - carried)[here], carried[here]]),
    )


def _running_shares(keys: NDArray, heights: NDArray, *, grid: Grid) -> tuple[NDArray, NDArray, NDArray]:
    """Sum the deposits along each row of each parcel; return parcel, cell and share of every covered cell."""
    stride = grid.columns + 1
    order = np.argsort(keys, kind="stable")
    keys, heights = keys[order], heights[order]
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    keys = keys[firsts]
    heights = np.add.reduceat(heights, firsts) if len(firsts) else heights
    running = np.cumsum(heights)  # whole numbers: what other rows left is taken off again without a trace
    lines = keys // stride
    line_starts = np.flatnonzero(np.diff(lines, prepend=-1))
    before = np.repeat((running - heights)[line_starts], np.diff(np.append(line_starts, len(keys))))
    share = (running - before) / WHOLE
    # A share holds until the next deposit of its row; after the last it holds for that cell alone.
    row_ends = (lines + 1) * stride - 1  # the key of the extra column
    following = np.minimum(np.append(keys[1:], np.iinfo(np.int64).max), row_ends)
    lengths = np.where(share > SMALLEST_SHARE, np.maximum(following - keys, 0), 0)
    run, key = _spread(keys, lengths)
    line, column = np.divmod(key, stride)
    parcel, row = np.divmod(line, grid.rows)
    return parcel, row * grid.columns + column, np.minimum(share[run], 1.0)


def _spread(first: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each i the numbers first[i], first[i] + 1, … (counts[i] of them), and beside each the i it came from."""
    counts = np.maximum(counts, 0)
    origin = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(origin)) - np.repeat(np.cumsum(counts) - counts, counts)
    return origin, first[origin] + offset


def _between(value: NDArray, one: NDArray, other: NDArray) -> NDArray:
    return np.clip(value, np.minimum(one, other), np.maximum(one, other))


def _whole(share: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(share * WHOLE).astype(np.int64)
