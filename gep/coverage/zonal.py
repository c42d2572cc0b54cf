"""What layers give parcels and units: sums over the cells covered, each weighed by its share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.coverage.implementation import chosen
from gep.coverage.reference import added_up
from gep.coverage.shares import Coverage


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


@dataclass(frozen=True, slots=True)
class UnitSums:
    """What several layers give each unit (a parcel's part of one class), both of shape (layers, units).

    ``weighted`` is the sum of value * share over the cells that hold a value, ``valid`` the sum of those shares.
    """

    weighted: NDArray[np.float64]
    valid: NDArray[np.float64]


def sums(coverage: Coverage, *, layer: NDArray) -> ZonalSums:
    """Return the weighted sums of one layer (its shape that of the grid, NaN missing) for each parcel.

    A parcel's cells are added in the order of the grid, so that its sums are the same bits in whatever block it is.
    """
    found = unit_sums(coverage, unit_of_entry=coverage.parcel, units=coverage.parcels, layers=[layer])
    return ZonalSums(weighted=found.weighted[0], valid=found.valid[0])


def unit_sums(
    coverage: Coverage,
    *,
    unit_of_entry: NDArray[np.integer],
    units: int,
    layers: Sequence[NDArray] | NDArray,
    origin: tuple[int, int] = (0, 0),
) -> UnitSums:
    """Return the sums of several layers for each unit.

    ``unit_of_entry`` names the unit (0 to ``units`` - 1) of each entry of ``coverage``. ``layers`` are float32 or
    float64 with NaN for missing, or whole numbers; each of shape (rows, columns), the window of the grid whose first
    cell is ``origin`` (row, column). Entries are added in their own order, the order of the grid, so the sums do not
    depend on the block or the window. Raises ValueError where an entry lies beyond its window or units.
    """
    place = _places(coverage, shape=layers[0].shape, origin=origin) if len(layers) else coverage.cell
    unit = _units(unit_of_entry, units=units, entries=len(coverage.cell))
    found = UnitSums(np.zeros((len(layers), units)), np.zeros((len(layers), units)))
    add_up_cells = chosen().add_up_cells
    for number, layer in enumerate(layers):
        if layer.shape != layers[0].shape:
            raise ValueError(f"layer {number} is of shape {layer.shape}, the first of {layers[0].shape}")
        flat = _numbers(layer).reshape(-1)
        found.weighted[number], found.valid[number] = add_up_cells(unit, coverage.share, place, flat, units=units)
    return found


def piece_sums(
    coverage: Coverage, *, unit_of_entry: NDArray[np.integer], units: int, values: Sequence[NDArray] | NDArray
) -> UnitSums:
    """Return the sums of several values that are known for each entry of ``coverage`` already, shape (entries,) each.

    As ``unit_sums``, without gathering: for what is calculated from the layers piece by piece.
    """
    unit = _units(unit_of_entry, units=units, entries=len(coverage.cell))
    found = UnitSums(np.zeros((len(values), units)), np.zeros((len(values), units)))
    add_up = chosen().add_up
    for number, one in enumerate(values):
        if one.shape != coverage.share.shape:
            raise ValueError(f"values {number} are of shape {one.shape}, the entries of {coverage.share.shape}")
        found.weighted[number], found.valid[number] = add_up(unit, coverage.share, _numbers(one), units=units)
    return found


def class_shares(coverage: Coverage, *, classes: NDArray[np.integer], kinds: Sequence[int]) -> NDArray[np.float64]:
    """Return the sum of shares of each class in each parcel, shape (parcels, kinds); other classes count nowhere."""
    codes = classes.reshape(-1)[coverage.cell]
    order = np.argsort(np.asarray(kinds))
    place = np.searchsorted(np.asarray(kinds)[order], codes)
    place = order[np.minimum(place, len(kinds) - 1)]
    known = np.asarray(kinds)[place] == codes
    flat = coverage.parcel[known] * len(kinds) + place[known]
    counted = added_up(flat, coverage.share[known], length=coverage.parcels * len(kinds))
    return counted.reshape(coverage.parcels, len(kinds))


def _numbers(values: NDArray) -> NDArray:
    """Single precision as it is, everything else in double."""
    return np.ascontiguousarray(values, dtype=np.float32 if values.dtype == np.float32 else np.float64)


def _places(coverage: Coverage, *, shape: tuple[int, ...], origin: tuple[int, int]) -> NDArray[np.int64]:
    """Where in a flat window of ``shape`` each entry's cell stands."""
    grid, cell = coverage.grid, coverage.cell
    if shape == (grid.rows, grid.columns) and origin == (0, 0):
        return cell
    row, column = np.divmod(cell, grid.columns)
    row -= origin[0]
    column -= origin[1]
    if len(cell) and (row.min() < 0 or row.max() >= shape[0] or column.min() < 0 or column.max() >= shape[1]):
        raise ValueError(f"the window of {shape} cells at {origin} does not hold all the cells covered")
    row *= shape[1]
    row += column
    return row


def _units(unit_of_entry: NDArray[np.integer], *, units: int, entries: int) -> NDArray[np.int64]:
    unit = np.ascontiguousarray(unit_of_entry, dtype=np.int64)
    if unit.shape != (entries,):
        raise ValueError(f"{unit.shape} units for {entries} entries")
    if entries and (unit.min() < 0 or unit.max() >= units):
        raise ValueError(f"a unit lies beyond 0 to {units - 1}")
    return unit
