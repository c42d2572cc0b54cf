"""Ecosystem units (EU): the part of a parcel that is of one class. The level at which indicators are calculated.

A block of parcels is laid over the grid in bands of 256 rows, counted from the top of the grid. A band's pieces are
the parts of cells that parcels cover; they are summed by parcel and class in the order of the grid, and the bands' sums
in the order of the bands. Both orders are the grid's own, so that a parcel's sums are the same bits in whatever block
it is and whichever worker weighs it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep import coverage, ecosystems
from gep.accounting.inputs import LAND_COVER, LayerSource, Parcels
from gep.coverage import Grid

BAND_ROWS = 256
AREA_TOLERANCE = 0.005  # surveyed over drawn area may be off by so much before it is told; gep.md 2
LARGEST_AREA_FACTOR = 1.1  # beyond it, or below its inverse, the surveyed area is not that of the outline
HALO = 1  # rows and columns that a derived layer may look beyond a window, for the slope of the terrain


@dataclass(frozen=True)
class Window:
    """A window of the grid with the layers in it; where the grid goes on it is ``HALO`` cells wider than the pieces."""

    grid: Grid
    rows: slice
    columns: slice
    layers: Mapping[str, NDArray]


@dataclass(frozen=True)
class Pieces:
    """The pieces of cells that parcels cover within a band, columns of one length.

    ``code`` is the class of the piece: what the survey says of the parcel, else the land cover of the cell.
    """

    code: NDArray[np.int16]
    layers: Mapping[str, NDArray[np.float64]]

    def __getitem__(self, layer: str) -> NDArray[np.float64]:
        return self.layers[layer]


CellTerms = Callable[[Pieces], Mapping[str, NDArray[np.float64]]]
DerivedLayers = Callable[[Window], Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Units:
    """Ecosystem units as columns of one length, ordered by parcel and class.

    ``sums`` holds for each cell term the sum over the unit of value × area (a depth in mm becomes mm·m²), ``valid_m2``
    the area in which the term has a value; where there is none the sum is 0 and so is the area. Areas are scaled to the
    surveyed area of the parcel where there is one.
    """

    parcel: NDArray[np.int64]
    code: NDArray[np.int16]
    area_m2: NDArray[np.float64]
    sums: Mapping[str, NDArray[np.float64]]
    valid_m2: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True)
class WeighedParcels:
    """The units of a block of parcels, and what is known of each parcel as a whole."""

    units: Units
    area_m2: NDArray[np.float64]  # surveyed where known and of the outline, else of the outline
    geometric_area_m2: NDArray[np.float64]
    area_factor: NDArray[np.float64]  # surveyed over drawn area, NaN where no area was surveyed
    inside_share: NDArray[np.float64]


@dataclass
class _Sums:
    """Sums by parcel and class, added to band by band; flat arrays of parcels × classes."""

    length: int
    area: NDArray[np.float64]
    weighted: dict[str, NDArray[np.float64]]
    valid: dict[str, NDArray[np.float64]]

    def add(self, covered: coverage.Coverage, place: NDArray[np.int64], terms: Mapping[str, NDArray]) -> None:
        """Add the pieces of a band; few of all places are occupied, and only those are touched."""
        occupied = np.flatnonzero(np.bincount(place, minlength=self.length))
        number = np.zeros(self.length, dtype=np.int64)
        number[occupied] = np.arange(len(occupied))
        unit = number[place]
        self.area[occupied] += np.bincount(unit, weights=covered.share)
        found = coverage.piece_sums(covered, unit_of_entry=unit, units=len(occupied), values=list(terms.values()))
        for name, weighted, valid in zip(terms, found.weighted, found.valid, strict=True):
            self.weighted.setdefault(name, np.zeros(self.length))[occupied] += weighted
            self.valid.setdefault(name, np.zeros(self.length))[occupied] += valid


def weigh(
    parcels: Parcels,
    layers: LayerSource,
    *,
    derived: DerivedLayers,
    cell_terms: CellTerms,
    reads: tuple[str, ...] | None = None,
) -> WeighedParcels:
    """Return the units of ``parcels`` over ``layers``, of which ``reads`` are read, all where None.

    ``derived`` adds layers that follow from others (the slope from the terrain) on a window, ``cell_terms`` names the
    values to be summed over the pieces; both get every cell once for each parcel that covers it.
    """
    import shapely

    grid = layers.grid
    classes = np.array([0, *(int(kind.code) for kind in ecosystems.CLASSES)], dtype=np.int16)
    place_of_class = np.zeros(1_000, dtype=np.int64)
    place_of_class[classes] = np.arange(len(classes))
    length = len(parcels) * len(classes)
    sums = _Sums(length, np.zeros(length), {}, {})
    for band in bands(parcels.geometries, grid=grid):
        covered = coverage.cover(parcels.geometries, grid=grid, rows=band)
        if not len(covered.parcel):
            continue
        pieces = _pieces(covered, parcels, layers, derived=derived, reads=reads)
        place = covered.parcel * len(classes) + place_of_class[pieces.code]
        sums.add(covered, place, cell_terms(pieces))
    geometric_m2 = np.asarray(shapely.area(parcels.geometries), dtype=np.float64)
    factor = area_factor(parcels.official_area_m2, geometric_m2=geometric_m2)
    scale = np.where(is_of_outline(factor), factor, 1.0)
    covered_m2 = sums.area.reshape(len(parcels), len(classes)).sum(axis=1) * grid.cell_area_m2
    with np.errstate(invalid="ignore", divide="ignore"):
        inside_share = np.minimum(covered_m2 / geometric_m2, 1.0)
    return WeighedParcels(
        units=_units(sums, classes, scale=scale * grid.cell_area_m2),
        area_m2=geometric_m2 * scale,
        geometric_area_m2=geometric_m2,
        area_factor=factor,
        inside_share=inside_share,
    )


def area_factor(official_m2: NDArray[np.float64] | None, *, geometric_m2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return surveyed over drawn area, shape as given; NaN where no area was surveyed or drawn."""
    factor = np.full(len(geometric_m2), np.nan)
    if official_m2 is not None:
        stated = ~np.isnan(official_m2) & (geometric_m2 > 0)
        factor[stated] = official_m2[stated] / geometric_m2[stated]
    return factor


def is_of_outline(factor: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a surveyed area can be that of the outline; where not, the outline's own area counts."""
    with np.errstate(invalid="ignore"):
        return (factor >= 1 / LARGEST_AREA_FACTOR) & (factor <= LARGEST_AREA_FACTOR)


def is_off(factor: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where surveyed and drawn area differ by more than the tolerance."""
    with np.errstate(invalid="ignore"):
        return np.abs(factor - 1) > AREA_TOLERANCE


def bands(geometries: NDArray, *, grid: Grid) -> list[slice]:
    """Return the bands of rows that geometries reach into; their edges are multiples of BAND_ROWS of the whole grid."""
    import shapely

    _, south_m, _, north_m = shapely.total_bounds(geometries)
    if np.isnan(south_m):
        return []
    first = int(np.clip(np.floor((grid.north_m - north_m) / grid.cell_m), 0, grid.rows))
    last = int(np.clip(np.ceil((grid.north_m - south_m) / grid.cell_m), 0, grid.rows))
    starts = range(first // BAND_ROWS * BAND_ROWS, last, BAND_ROWS)
    return [slice(start, min(start + BAND_ROWS, grid.rows)) for start in starts]


def _pieces(
    covered: coverage.Coverage,
    parcels: Parcels,
    layers: LayerSource,
    *,
    derived: DerivedLayers,
    reads: tuple[str, ...] | None,
) -> Pieces:
    grid = layers.grid
    row, column = np.divmod(covered.cell, grid.columns)
    rows = slice(max(int(row.min()) - HALO, 0), min(int(row.max()) + 1 + HALO, grid.rows))
    columns = slice(max(int(column.min()) - HALO, 0), min(int(column.max()) + 1 + HALO, grid.columns))
    read = {
        name: layer if name == LAND_COVER else layer.astype(np.float64, copy=False)
        for name, layer in layers.window(rows=rows, columns=columns, names=reads).items()
    }
    window = Window(grid=grid, rows=rows, columns=columns, layers=read)
    all_layers = {**read, **derived(window)}
    place = (row - rows.start) * (columns.stop - columns.start) + (column - columns.start)
    gathered = {name: layer.reshape(-1)[place] for name, layer in all_layers.items() if name != LAND_COVER}
    cover = read[LAND_COVER].reshape(-1)[place] if LAND_COVER in read else np.zeros(len(place), dtype=np.int16)
    return Pieces(code=_codes(cover, parcels, parcel=covered.parcel), layers=gathered)


def _codes(cover: NDArray[np.int16], parcels: Parcels, *, parcel: NDArray[np.int64]) -> NDArray[np.int16]:
    if parcels.land_use is None:
        return cover
    return ecosystems.surveyed(cover, land_use=parcels.land_use, parcel=parcel)


def _units(sums: _Sums, classes: NDArray[np.int16], *, scale: NDArray[np.float64]) -> Units:
    """The occupied places of parcels × classes; shares become areas."""
    occupied = np.flatnonzero(sums.area > 0)
    parcel, kind = np.divmod(occupied, len(classes))
    m2_per_share = scale[parcel]
    return Units(
        parcel=parcel,
        code=classes[kind],
        area_m2=sums.area[occupied] * m2_per_share,
        sums={name: values[occupied] * m2_per_share for name, values in sums.weighted.items()},
        valid_m2={name: values[occupied] * m2_per_share for name, values in sums.valid.items()},
    )
