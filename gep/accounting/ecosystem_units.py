"""Ecosystem units (EU): the part of a parcel that is of one class. The level at which indicators are calculated.

A block of parcels is laid over the grid in bands of 256 rows, counted from the top of the grid. A band's pieces are
the parts of cells that parcels cover; they are summed by parcel and class in the order of the grid, and the bands' sums
in the order of the bands. Both orders are the grid's own, so that a parcel's sums are the same bits in whatever block
it is and whichever worker weighs it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep import coverage, ecosystems
from gep.accounting.inputs import LAND_COVER, LayerSource, Parcels
from gep.coverage import Grid, ParcelOutlines

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


@dataclass(frozen=True)
class _BandSums:
    """Sums of one band at the places (parcel × classes + class) that occur in it, rising; terms × places."""

    place: NDArray[np.int64]
    area: NDArray[np.float64]
    weighted: NDArray[np.float64]
    valid: NDArray[np.float64]

    @classmethod
    def of(
        cls, covered: coverage.Coverage, place: NDArray[np.int64], terms: Sequence[NDArray], *, length: int
    ) -> "_BandSums":
        """Sum the pieces of a band in their order, which is the grid's."""
        occupied = np.flatnonzero(np.bincount(place, minlength=length))
        number = np.empty(length, dtype=np.int64)
        number[occupied] = np.arange(len(occupied))
        unit = number[place]
        area = np.bincount(unit, weights=covered.share, minlength=len(occupied)).astype(np.float64, copy=False)
        found = coverage.piece_sums(covered, unit_of_entry=unit, units=len(occupied), values=terms)
        return cls(occupied, area, found.weighted, found.valid)

    @classmethod
    def joined(cls, bands: Sequence["_BandSums"], *, terms: int) -> "_BandSums":
        """Add bands up in their order."""
        if len(bands) == 1:
            return bands[0]
        place, at = np.unique(np.concatenate([np.zeros(0, np.int64), *(b.place for b in bands)]), return_inverse=True)
        whole = cls(place, np.zeros(len(place)), np.zeros((terms, len(place))), np.zeros((terms, len(place))))
        first = 0
        for band in bands:
            own = at[first : first + len(band.place)]
            whole.area[own] += band.area
            whole.weighted[:, own] += band.weighted
            whole.valid[:, own] += band.valid
            first += len(band.place)
        return whole


class _InDouble(Mapping[str, NDArray]):
    """Layers in double precision, each turned into it when it is asked for; classes stay whole numbers."""

    def __init__(self, layers: Mapping[str, NDArray], *, place: NDArray[np.int64] | None = None) -> None:
        self._layers, self._place = layers, place
        self._known: dict[str, NDArray] = {}

    def __getitem__(self, name: str) -> NDArray:
        if name not in self._known:
            layer = self._layers[name] if self._place is None else self._layers[name].reshape(-1)[self._place]
            self._known[name] = layer if name == LAND_COVER else layer.astype(np.float64, copy=False)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


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
    grid = layers.grid
    classes = np.array([0, *(int(kind.code) for kind in ecosystems.CLASSES)], dtype=np.int16)
    place_of_class = np.zeros(1_000, dtype=np.int64)
    place_of_class[classes] = np.arange(len(classes))
    length = len(parcels) * len(classes)
    found: list[_BandSums] = []
    names: tuple[str, ...] = ()
    for band in bands(parcels.outlines, grid=grid):
        covered = coverage.cover(parcels.outlines, grid=grid, rows=band)
        if not len(covered.parcel):
            continue
        pieces = _pieces(covered, parcels, layers, derived=derived, reads=reads)
        place = covered.parcel * len(classes) + place_of_class[pieces.code]
        terms = cell_terms(pieces)
        names = tuple(terms)
        found.append(_BandSums.of(covered, place, list(terms.values()), length=length))
    sums = _BandSums.joined(found, terms=len(names))
    geometric_m2 = coverage.cover(parcels.outlines, grid=grid, rows=slice(0, 0)).whole_area_m2
    factor = area_factor(parcels.official_area_m2, geometric_m2=geometric_m2)
    scale = np.where(is_of_outline(factor), factor, 1.0)
    inside = np.bincount(sums.place // len(classes), weights=sums.area, minlength=len(parcels)) * grid.cell_area_m2
    with np.errstate(invalid="ignore", divide="ignore"):
        inside_share = np.minimum(inside / geometric_m2, 1.0)
    return WeighedParcels(
        units=_units(sums, names, classes, scale=scale * grid.cell_area_m2),
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


def bands(outlines: ParcelOutlines, *, grid: Grid) -> list[slice]:
    """Return the bands of rows that outlines reach into; their edges are multiples of BAND_ROWS of the whole grid."""
    _, south_m, _, north_m = outlines.total_bounds
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
    read = layers.window(rows=rows, columns=columns, names=reads)
    window = Window(grid=grid, rows=rows, columns=columns, layers=_InDouble(read))
    place = (row - rows.start) * (columns.stop - columns.start) + (column - columns.start)
    gathered = _InDouble({**read, **derived(window)}, place=place)
    cover = gathered[LAND_COVER] if LAND_COVER in read else np.zeros(len(place), dtype=np.int16)
    return Pieces(code=_codes(cover, parcels, parcel=covered.parcel), layers=gathered)


def _codes(cover: NDArray[np.int16], parcels: Parcels, *, parcel: NDArray[np.int64]) -> NDArray[np.int16]:
    if parcels.land_use is None:
        return cover
    return ecosystems.surveyed(cover, land_use=parcels.land_use, parcel=parcel)


def _units(sums: _BandSums, names: tuple[str, ...], classes: NDArray[np.int16], *, scale: NDArray[np.float64]) -> Units:
    """The occupied places of parcels × classes; shares become areas."""
    parcel, kind = np.divmod(sums.place, len(classes))
    m2_per_share = scale[parcel]
    return Units(
        parcel=parcel,
        code=classes[kind],
        area_m2=sums.area * m2_per_share,
        sums=dict(zip(names, sums.weighted * m2_per_share, strict=True)),
        valid_m2=dict(zip(names, sums.valid * m2_per_share, strict=True)),
    )
