"""The exact shares of cells, compiled: the same steps and bits as in ``gep.coverage.reference``, parcel by parcel.

A parcel's deposits are held in a window of whole numbers, as many cells as its bounding box has; then each row of the
window is summed up from west to east. A box that is larger than the window is done in strips of rows. No object is made
for a geometry, an edge or a cell, and nothing here holds the interpreter's lock, so threads run side by side.
"""

import numpy as np
from numpy.typing import NDArray

from gep.coverage.compiling import compiled, frozen
from gep.coverage.grid import Grid
from gep.coverage.outlines import Outlines
from gep.coverage.reference import SMALLEST_SHARE, WHOLE, Shares, Sums
from gep.coverage.wkb import outlines_from_wkb

__all__ = ["add_up", "add_up_cells", "outlines_from_wkb", "scan"]

SMALLEST_WHOLE = int(SMALLEST_SHARE * WHOLE)
WINDOW_CELLS = 1 << 16  # half a megabyte: stays in the processor's cache


def scan(outlines: Outlines, *, grid: Grid, first_row: int, past_row: int) -> Shares:
    """Return parcel, cell and share of every covered cell of the rows asked for, and the whole area of every parcel."""
    ring_m2 = np.empty(len(outlines.ring_parcel))
    area_m2 = np.zeros(outlines.parcels)
    xy, ring_start = frozen(outlines.xy, np.float64), frozen(outlines.ring_start, np.int64)
    ring_parcel, ring_sign = frozen(outlines.ring_parcel, np.int64), frozen(outlines.ring_sign, np.int64)
    _measure(xy, ring_start, ring_parcel, ring_sign, ring_m2, area_m2)
    place = float(grid.west_m), float(grid.north_m), float(grid.cell_m)
    extent = first_row, past_row, grid.columns
    found = _cover_all(xy, ring_start, ring_parcel, ring_sign, ring_m2, place, extent)
    return *found, area_m2


def add_up(unit: NDArray[np.int64], share: NDArray[np.float64], values: NDArray, *, units: int) -> Sums:
    """Return the sums of value * share and of share at each unit, missing values skipped."""
    return _add_up(frozen(unit, np.int64), frozen(share, np.float64), frozen(values, values.dtype), units)


def add_up_cells(
    unit: NDArray[np.int64], share: NDArray[np.float64], place: NDArray[np.int64], layer: NDArray, *, units: int
) -> Sums:
    """Do what ``add_up`` does for the values that the flat ``layer`` holds at ``place``."""
    weights = frozen(unit, np.int64), frozen(share, np.float64)
    return _add_up_cells(*weights, frozen(place, np.int64), frozen(layer, layer.dtype), units)


# ── Shares ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@compiled
def _measure(xy, ring_start, ring_parcel, ring_sign, ring_m2, area_m2):
    """The signed area of each ring, measured from its first vertex, and the area of each parcel."""
    for ring in range(len(ring_parcel)):
        first, past = ring_start[ring], ring_start[ring + 1]
        total = 0.0
        for i in range(first, past - 1):
            x, y = xy[i, 0] - xy[first, 0], xy[i, 1] - xy[first, 1]
            next_x, next_y = xy[i + 1, 0] - xy[first, 0], xy[i + 1, 1] - xy[first, 1]
            total += x * next_y - next_x * y
        ring_m2[ring] = total / 2
        area_m2[ring_parcel[ring]] += abs(ring_m2[ring]) * ring_sign[ring]


@compiled
def _cover_all(xy, ring_start, ring_parcel, ring_sign, ring_m2, place, extent):
    """Parcel, cell and share of every covered cell, in this order."""
    uv = _in_cells(xy, place)
    first_row, past_row, columns = extent
    window = np.zeros(max(WINDOW_CELLS, columns + 2), dtype=np.int64)
    capacity = 1_024 + 16 * len(ring_parcel)
    parcels, cells, shares = np.empty(capacity, np.int64), np.empty(capacity, np.int64), np.empty(capacity, np.float64)
    count, ring, rings = 0, 0, len(ring_parcel)
    while ring < rings:
        past_ring = ring + 1
        while past_ring < rings and ring_parcel[past_ring] == ring_parcel[ring]:
            past_ring += 1
        top, bottom, left, right = _box(uv, ring_start[ring], ring_start[past_ring], extent)
        width = right - left + 1
        strip = len(window) // max(width, 1)
        while top < bottom and left < right:
            past = min(top + strip, bottom)
            for one in range(ring, past_ring):
                sign = ring_sign[one] if ring_m2[one] >= 0 else -ring_sign[one]
                for i in range(ring_start[one], ring_start[one + 1] - 1):
                    _cut_at_rows(window, uv[i], uv[i + 1], sign, top, past, left, width, columns)
            if count + (past - top) * width > capacity:
                capacity = 2 * capacity + (past - top) * width
                parcels, cells, shares = _longer(parcels, capacity), _longer(cells, capacity), _longer(shares, capacity)
            before = count
            count = _sum_rows(window, top, past, left, width, columns, cells, shares, count)
            parcels[before:count] = ring_parcel[ring]
            top = past
        ring = past_ring
    return parcels[:count].copy(), cells[:count].copy(), shares[:count].copy()


@compiled
def _in_cells(xy, place):
    """Vertices in cells, u to the east and v to the south of the grid's corner."""
    west_m, north_m, cell_m = place
    uv = np.empty_like(xy)
    for i in range(len(xy)):
        uv[i, 0] = (xy[i, 0] - west_m) / cell_m
        uv[i, 1] = (north_m - xy[i, 1]) / cell_m
    return uv


@compiled
def _box(uv, first, past, extent):
    """The rows and columns that a parcel's rings may touch: top, past the last row, left, past the last column."""
    first_row, past_row, columns = extent
    west, north, east, south = np.inf, np.inf, -np.inf, -np.inf
    for i in range(first, past):
        west, east = min(west, uv[i, 0]), max(east, uv[i, 0])
        north, south = min(north, uv[i, 1]), max(south, uv[i, 1])
    if not (west < columns and east > 0 and north < past_row and south > first_row):
        return 0, 0, 0, 0
    top, bottom = max(int(np.floor(north)), first_row), min(int(np.ceil(south)), past_row)
    return top, bottom, int(max(np.floor(west), 0.0)), int(min(np.floor(east), columns - 1.0)) + 1


@compiled
def _longer(array, length):
    longer = np.empty(length, array.dtype)
    longer[: len(array)] = array
    return longer


@compiled
def _cut_at_rows(window, start, end, sign, top, past, left, width, columns):
    """Cut an edge at the row lines between ``top`` and ``past`` and hand its pieces on, from west to east."""
    if start[1] == end[1]:
        return
    if start[1] > end[1]:  # seen from the north, with the parcel on the other side
        start, end, sign = end, start, -sign
    u, v, next_u, next_v = start[0], start[1], end[0], end[1]
    first = int(min(max(np.floor(v), float(top)), float(past)))
    last = int(min(max(np.ceil(next_v), float(top)), float(past)))
    slope = (next_u - u) / (next_v - v)
    for row in range(first, last):
        top_v, bottom_v = max(v, float(row)), min(next_v, float(row + 1))
        # At a vertex the vertex itself is taken: an interpolated one could differ in the last bit.
        top_u = u if top_v == v else _between(u + (top_v - v) * slope, u, next_u)
        bottom_u = next_u if bottom_v == next_v else _between(u + (bottom_v - v) * slope, u, next_u)
        line = (row - top) * width - left
        if top_u <= bottom_u:
            _cut_at_columns(window, line, row, top_u, top_v, bottom_u, bottom_v, sign, columns)
        else:
            _cut_at_columns(window, line, row, bottom_u, bottom_v, top_u, top_v, -sign, columns)


@compiled
def _cut_at_columns(window, line, row, west_u, west_v, east_u, east_v, sign, columns):
    """Cut a piece at the column lines and deposit each part; columns -1 and ``columns`` stand for the outside."""
    first = int(min(max(np.floor(west_u), -1.0), float(columns)))
    last = max(int(min(max(np.ceil(east_u), -1.0), columns + 1.0)), first + 1)
    from_u, from_v = west_u, west_v
    for column in range(first, last):
        if column == last - 1:
            to_u, to_v = east_u, east_v
        else:
            slope = (east_v - west_v) / (east_u - west_u)
            to_u = float(column + 1)
            to_v = _between(west_v + (to_u - west_u) * slope, west_v, east_v)
        _deposit(window, line, row, from_u, from_v, to_u, to_v, sign, columns)
        from_u, from_v = to_u, to_v


@compiled
def _deposit(window, line, row, west_u, west_v, east_u, east_v, sign, columns):
    """Leave the signed height of a part in its cell and in the next, shared by where its middle lies."""
    middle_u = (west_u + east_u) / 2
    cell = min(max(np.floor(middle_u), -1.0), float(columns))
    if cell == columns:
        return
    eastern_share = 0.0 if cell < 0 else min(max(middle_u - cell, 0.0), 1.0)
    height = (_whole(east_v - row) - _whole(west_v - row)) * sign
    carried = np.int64(np.rint(height * eastern_share))
    at = line + int(max(cell, 0.0))
    window[at] += height - carried
    window[at + 1] += carried


@compiled
def _sum_rows(window, top, past, left, width, columns, cells, shares, count):
    """Sum the deposits along each row, note the cells that are covered, and leave the window empty."""
    for row in range(top, past):
        line = (row - top) * width
        running = np.int64(0)
        for k in range(width - 1):
            running += window[line + k]
            window[line + k] = 0
            if running > SMALLEST_WHOLE:
                cells[count] = row * columns + left + k
                shares[count] = min(running / WHOLE, 1.0)
                count += 1
        window[line + width - 1] = 0
    return count


@compiled
def _between(value, one, other):
    return min(max(value, min(one, other)), max(one, other))


@compiled
def _whole(share):
    return np.int64(np.rint(share * WHOLE))


# ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@compiled
def _add_up(unit, share, values, units):
    weighted, valid = np.zeros(units), np.zeros(units)
    for i in range(len(unit)):
        value = values[i]
        if not np.isnan(value):
            weighted[unit[i]] += value * share[i]
            valid[unit[i]] += share[i]
    return weighted, valid


@compiled
def _add_up_cells(unit, share, place, layer, units):
    weighted, valid = np.zeros(units), np.zeros(units)
    for i in range(len(unit)):
        value = layer[place[i]]
        if not np.isnan(value):
            weighted[unit[i]] += value * share[i]
            valid[unit[i]] += share[i]
    return weighted, valid
