"""The exact shares of cells, by analytic scan conversion, in plain numpy: what the compiled kernel is measured by.

A polygon is treated as a font rasteriser treats a glyph. Each directed edge, cut at the lines of the grid, leaves its
signed height in the cell it crosses and in the next one; a running sum along the row is then the covered share of every
cell. Holes and parts cancel by sign; no overlay and no box per cell is ever built.

The shares are summed as whole numbers of 2**-52 and not as floating-point numbers. Whole numbers add up the same in any
order, so a share depends on the parcel and the grid alone: not on the block it was computed in, nor on its neighbours,
nor on the band of rows that was asked for. Both sides of a common boundary are cut at the same points, so that the
shares of a gap-free cover sum to one.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gep.coverage import outlines as rings
from gep.coverage.grid import Grid
from gep.coverage.outlines import Outlines

WHOLE = 2.0**52  # one cell in the units in which shares are summed
SMALLEST_SHARE = 2.0**-44  # below this a share is what rounding of the cuts leaves, and no area

Shares = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]
Sums = tuple[NDArray[np.float64], NDArray[np.float64]]


def outlines_from_wkb(buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Outlines:
    """Return the rings of parcels given as well-known binary. Raises NotAnOutline."""
    pieces = [bytes(buffer[start:stop]) or None for start, stop in zip(offsets[:-1], offsets[1:], strict=True)]
    try:
        with np.errstate(invalid="ignore"):  # NaN is refused below, by name
            return rings.from_geometries(shapely.from_wkb(pieces))
    except shapely.errors.GEOSException:
        readable = ~shapely.is_missing(shapely.from_wkb(pieces, on_invalid="ignore"))
        broken = [i for i, piece in enumerate(pieces) if piece and not readable[i]]
        raise rings.NotAnOutline(parcel=broken[0], reason=rings.TRUNCATED) from None


def scan(outlines: Outlines, *, grid: Grid, first_row: int, past_row: int) -> Shares:
    """Return parcel, cell and share of every covered cell of the rows asked for, and the whole area of every parcel."""
    ring_m2 = _signed_areas(outlines)
    edges = _edges(outlines, orientation=np.where(ring_m2 >= 0, outlines.ring_sign, -outlines.ring_sign), grid=grid)
    pieces = _cut_at_columns(_cut_at_rows(edges, first_row=first_row, past_row=past_row), grid=grid)
    keys, heights = _deposits(pieces, grid=grid)
    parcel, cell, share = _running_shares(keys, heights, grid=grid)
    area_m2 = added_up(outlines.ring_parcel, np.abs(ring_m2) * outlines.ring_sign, length=outlines.parcels)
    return parcel, cell, share, area_m2


def add_up(unit: NDArray[np.int64], share: NDArray[np.float64], values: NDArray, *, units: int) -> Sums:
    """Return the sums of value * share and of share at each unit, missing values skipped."""
    held = ~np.isnan(values)
    unit, share = unit[held], share[held]
    return added_up(unit, values[held] * share, length=units), added_up(unit, share, length=units)


def add_up_cells(
    unit: NDArray[np.int64], share: NDArray[np.float64], place: NDArray[np.int64], layer: NDArray, *, units: int
) -> Sums:
    """Do what ``add_up`` does for the values that the flat ``layer`` holds at ``place``."""
    return add_up(unit, share, layer[place], units=units)


def added_up(places: NDArray[np.int64], weights: NDArray, *, length: int) -> NDArray[np.float64]:
    """Return the sum of the weights at each place, added one by one in their order."""
    # Of no weights at all numpy makes whole numbers, and its annotations know of no others.
    return np.bincount(places, weights=weights, minlength=length).astype(np.float64, copy=False)


def _signed_areas(outlines: Outlines) -> NDArray[np.float64]:
    """The area of each ring, measured from its first vertex; positive where it runs counter-clockwise."""
    lengths = np.diff(outlines.ring_start)
    ring = np.repeat(np.arange(len(lengths)), lengths)
    x, y = (outlines.xy - outlines.xy[outlines.ring_start[ring]]).T
    starts = np.flatnonzero(ring[:-1] == ring[1:])
    crossed = x[starts] * y[starts + 1] - x[starts + 1] * y[starts]
    return added_up(ring[starts], crossed, length=len(lengths)) / 2


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


def _edges(outlines: Outlines, *, orientation: NDArray[np.int64], grid: Grid) -> _Pieces:
    """All edges that are not horizontal, from the northern end to the southern.

    ``orientation`` is +1 for a ring that has the parcel to its left, -1 for one that has it to its right.
    """
    ring = np.repeat(np.arange(len(orientation)), np.diff(outlines.ring_start))
    u = (outlines.xy[:, 0] - grid.west_m) / grid.cell_m
    v = (grid.north_m - outlines.xy[:, 1]) / grid.cell_m
    starts = np.flatnonzero((ring[:-1] == ring[1:]) & (v[:-1] != v[1:]))
    southward = v[starts] < v[starts + 1]  # with the parcel to its left: the parcel lies east
    north, south = np.where(southward, starts, starts + 1), np.where(southward, starts + 1, starts)
    return _Pieces(
        parcel=outlines.ring_parcel[ring[starts]],
        row=np.zeros(len(starts), dtype=np.int64),
        west_u=u[north],
        west_v=v[north],
        east_u=u[south],
        east_v=v[south],
        sign=np.where(southward, 1, -1) * orientation[ring[starts]],
    )


def _cut_at_rows(edges: _Pieces, *, first_row: int, past_row: int) -> _Pieces:
    """Cut edges (given north to south) at the row lines, drop what lies north or south of the rows asked for."""
    first = np.clip(np.floor(edges.west_v), first_row, past_row).astype(np.int64)
    last = np.clip(np.ceil(edges.east_v), first_row, past_row).astype(np.int64)
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
