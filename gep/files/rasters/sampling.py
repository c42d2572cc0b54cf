"""Values of a layer at the centres of other cells, by nearest or bilinear. Every result depends on its own point alone.

So a window gives the same bits wherever it is cut. Missing stays missing: a centre in a cell without a value has none,
and a neighbour without a value takes no part in the mean; zero is never put in its place.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Rule = Literal["nearest", "bilinear"]
RULES: tuple[Rule, ...] = ("nearest", "bilinear")


def nearest(values: NDArray, *, u: NDArray, v: NDArray, missing: float) -> NDArray:
    """Return the value of the cell in which each point lies, ``missing`` where it lies in none.

    ``values`` (rows, columns); ``u`` and ``v`` count cells eastwards and southwards from its upper-left corner, and a
    point on a line belongs to the cell east or south of it.
    """
    inside, row, column = _cells(values, u, v)
    return np.where(inside, values[row, column], np.asarray(missing, dtype=values.dtype))


def bilinear(values: NDArray, *, u: NDArray, v: NDArray) -> NDArray[np.float64]:
    """Return the mean of the four nearest cells, each weighted by how near its centre is; NaN where ``nearest`` is.

    ``values`` float with NaN for missing, shapes as in ``nearest``.
    """
    inside, row, column = _cells(values, u, v)
    held = inside & ~np.isnan(values[row, column])
    west, north = np.floor(u - 0.5), np.floor(v - 0.5)
    east_share, south_share = u - 0.5 - west, v - 0.5 - north
    total, weight = np.zeros(u.shape), np.zeros(u.shape)
    for down in (0, 1):
        for right in (0, 1):
            share = (south_share if down else 1 - south_share) * (east_share if right else 1 - east_share)
            there, near_row, near_column = _cells(values, west + right, north + down)
            value = values[near_row, near_column].astype(np.float64)
            counts = there & ~np.isnan(value)
            total += np.where(counts, value * share, 0.0)
            weight += np.where(counts, share, 0.0)
    return np.where(held, total / np.where(weight > 0, weight, 1.0), np.nan)


def _cells(values: NDArray, u: NDArray, v: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Whether each point is on the layer, and its row and column there (0 where it is not)."""
    rows, columns = values.shape
    inside = (u >= 0) & (u < columns) & (v >= 0) & (v < rows)
    row = np.where(inside, v, 0).astype(np.int64)
    column = np.where(inside, u, 0).astype(np.int64)
    if not rows or not columns:
        raise ValueError("no cells to take values from")
    return inside, row, column
