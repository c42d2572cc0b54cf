"""Places along a Hilbert curve: neighbours along it are neighbours on the ground, so that a run of rows is compact."""

import numpy as np
from numpy.typing import NDArray

LEVELS = 16  # the box is cut into 2**16 by 2**16 fields


def distances(
    x: NDArray[np.float64], y: NDArray[np.float64], *, box: tuple[float, float, float, float]
) -> NDArray[np.uint32]:
    """Return how far along the curve through ``box`` (west, south, east, north) each point comes, shape of ``x``.

    Points outside the box count at its edge. Turns and reflections of the curve follow Hilbert (1891): from the whole
    box down, each quarter adds its number times its size, and is turned so that its own curve starts where it should.
    """
    side = (1 << LEVELS) - 1
    column = _field(x, first=box[0], last=box[2], side=side)
    row = _field(y, first=box[1], last=box[3], side=side)
    along = np.zeros(len(column), dtype=np.uint32)
    size = np.uint32(1 << (LEVELS - 1))
    while size:
        east, north = (column & size) > 0, (row & size) > 0
        quarter = (np.uint32(3) * east) ^ north
        along += size * size * quarter.astype(np.uint32)
        turned = ~north
        flipped = turned & east
        column = np.where(flipped, side - column, column).astype(np.uint32)
        row = np.where(flipped, side - row, row).astype(np.uint32)
        column, row = np.where(turned, row, column), np.where(turned, column, row)
        size = np.uint32(size >> 1)
    return along


def _field(value: NDArray, *, first: float, last: float, side: int) -> NDArray[np.uint32]:
    return np.clip((value - first) / (last - first) * side, 0, side).astype(np.uint32)
