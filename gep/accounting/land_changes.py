"""What became of the land between two accounts: areas by class before and after, and which parcel became which.

The parcels of both versions are laid over each other block by block; each piece is weighed over both land covers, on
the grid of the closing one. The surveyed area of an old parcel is shared out among its pieces, so that what it had is
what it became. Land of one version that the other does not cover has the type OUTSIDE there.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gep import coverage, ecosystems
from gep.accounting.blocks import AMOUNT_UNIT
from gep.accounting.ecosystem_units import area_factor, bands, is_of_outline
from gep.accounting.inputs import LAND_COVER, LayerSource, Parcels, ParcelSource
from gep.change import areas, overlay
from gep.change.areas import MM2_PER_M2
from gep.change.extent import UNKNOWN
from gep.change.lineage import Lineage, joined
from gep.change.overlay import NOWHERE, Pieces
from gep.coverage import Coverage, ParcelOutlines

OUTSIDE = "outside"  # type and county of land that one of the versions does not cover
OUTSIDE_CODE = 999  # in the place of a class; those are below it
CODES = 1_000
SLIVER_M2 = 1.0  # smaller pieces are noise of two surveys
HELD_BLOCKS = 32  # of the other version; neighbours on the ground stand in few of them
Covers = tuple[LayerSource, LayerSource]  # before and after, on one grid
Key = tuple[str, str, int, int]  # county before and after, class before and after


@dataclass(frozen=True)
class LandChanges:
    """Areas in mm² by type and county before and after, columns of one length; and the lineage of the parcels.

    A type is a class code, UNKNOWN or OUTSIDE.
    """

    type_before: NDArray[np.str_]
    type_after: NDArray[np.str_]
    county_before: NDArray[np.str_]
    county_after: NDArray[np.str_]
    area_mm2: NDArray[np.int64]
    lineage: Lineage


def follow(
    opening: ParcelSource,
    closing: ParcelSource,
    *,
    covers: Covers,
    progress: Callable[[float], None] | None = None,
) -> LandChanges:
    """Return what the land of ``opening`` became in ``closing``. Raises OverlapFound where new parcels overlap."""
    tell = progress or (lambda share: None)
    before, after = _Blocks(opening), _Blocks(closing)
    covered_m2 = np.zeros(after.starts[-1])
    area: dict[Key, int] = {}
    edges = []
    for number in range(opening.blocks):
        old, (new, place) = before.block(number), after.near(before.bounds[number])
        pieces = overlay.lay_over(old.geometries, new.geometries, old_codes=old.codes, sliver_m2=SLIVER_M2)
        met = pieces.new != NOWHERE
        np.add.at(covered_m2, place[pieces.new[met]], pieces.area_m2[met])
        surveyed_m2 = _surveyed_m2(old)
        whole_m2 = np.bincount(pieces.old, weights=pieces.area_m2, minlength=len(old))
        _add(area, _by_class(pieces, old, new, covers, scale=(surveyed_m2 / whole_m2)[pieces.old]))
        old_mm2 = areas.whole_mm2(surveyed_m2)
        edges.append(overlay.edges(pieces, old_codes=old.codes, new_codes=new.codes, old_area_mm2=old_mm2))
        tell(0.9 * (number + 1) / opening.blocks)
    for number in range(closing.blocks):
        own = slice(int(after.starts[number]), int(after.starts[number + 1]))
        _add(area, _new_land(after.block(number), covered_m2[own], before.near(after.bounds[number])[0], covers))
    tell(1.0)
    return _told(area, joined(edges))


def _new_land(new: Parcels, covered_m2: NDArray[np.float64], old: Parcels, covers: Covers) -> dict[Key, int]:
    """What no old parcel covers of the new ones."""
    outline_m2 = shapely.area(new.geometries)
    open_m2 = outline_m2 - covered_m2
    some = np.flatnonzero(open_m2 > np.maximum(SLIVER_M2, overlay.OVERLAP_SHARE * outline_m2))
    if not len(some):
        return {}
    left = overlay.left_over(new.geometries[some], old.geometries, sliver_m2=SLIVER_M2)
    pieces = Pieces(left.new, some[left.old], left.outlines, left.area_m2)
    return _by_class(pieces, old, new, covers, scale=(_surveyed_m2(new) / outline_m2)[pieces.new])


def _surveyed_m2(parcels: Parcels) -> NDArray[np.float64]:
    """The area of each parcel: surveyed where stated and of the outline, else of the outline."""
    outline_m2 = np.asarray(shapely.area(parcels.geometries), dtype=np.float64)
    factor = area_factor(parcels.official_area_m2, geometric_m2=outline_m2)
    return np.where(is_of_outline(factor), outline_m2 * factor, outline_m2)


class _Blocks:
    """The blocks of a source with where they lie; those used last are kept."""

    def __init__(self, source: ParcelSource) -> None:
        self.source = source
        self._held: OrderedDict[int, Parcels] = OrderedDict()
        blocks = [self.block(number) for number in range(source.blocks)]
        self.bounds = np.array([block.outlines.total_bounds for block in blocks]).reshape(-1, 4)
        self.starts = np.cumsum([0, *map(len, blocks)])

    def block(self, number: int) -> Parcels:
        if number not in self._held:
            self._held[number] = self.source.block(number)
            if len(self._held) > HELD_BLOCKS:
                self._held.popitem(last=False)
        self._held.move_to_end(number)
        return self._held[number]

    def near(self, bounds: NDArray[np.float64]) -> tuple[Parcels, NDArray[np.int64]]:
        """The parcels whose boxes touch a box, and their places among all."""
        west, south, east, north = bounds
        touching = (
            (self.bounds[:, 0] <= east) & (self.bounds[:, 2] >= west)
            & (self.bounds[:, 1] <= north) & (self.bounds[:, 3] >= south)
        )  # fmt: skip
        found, places = [], []
        for number in np.flatnonzero(touching).tolist():
            block = self.block(number)
            box = block.outlines.bounds
            own = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
            found.append(block[own])
            places.append(self.starts[number] + np.flatnonzero(own))
        if not found:
            return self.block(0)[:0], np.zeros(0, dtype=np.int64)
        return Parcels.joined(found), np.concatenate(places)


def _by_class(
    pieces: Pieces, old: Parcels, new: Parcels, covers: Covers, *, scale: NDArray[np.float64]
) -> dict[Key, int]:
    """The area of the pieces, times ``scale``, in AMOUNT_UNIT; what lies off the grid is of no known type."""
    sides = (_Side(old, pieces.old, covers[0]), _Side(new, pieces.new, covers[1]))
    found: dict[Key, int] = {}
    on_grid_m2 = np.zeros(len(pieces.old))
    grid, outlines = covers[1].grid, ParcelOutlines.of(pieces.outlines)
    for band in bands(outlines, grid=grid):
        covered = coverage.cover(outlines, grid=grid, rows=band)
        if not len(covered.parcel):
            continue
        area_m2 = covered.share * grid.cell_area_m2
        on_grid_m2 += np.bincount(covered.parcel, weights=area_m2, minlength=len(on_grid_m2))
        codes = [side.codes(covered) for side in sides]
        _add(found, _sums(sides, covered.parcel, codes, area_m2 * scale[covered.parcel]))
    off = np.flatnonzero(pieces.area_m2 - on_grid_m2 > SLIVER_M2)
    off_m2 = (pieces.area_m2 - on_grid_m2)[off] * scale[off]
    _add(found, _sums(sides, off, [side.unknown(off) for side in sides], off_m2))
    return found


@dataclass(frozen=True)
class _Side:
    """One version: its parcels, the place of each piece's parcel (NOWHERE: none), its land cover."""

    parcels: Parcels
    place: NDArray[np.int64]
    cover: LayerSource

    def county(self) -> NDArray[np.str_]:
        """The county of each piece."""
        return np.append(self.parcels.areas["county"], OUTSIDE)[self.place]

    def codes(self, covered: Coverage) -> NDArray[np.int64]:
        """The class of each covered cell: the survey's, else the land cover's; OUTSIDE_CODE where no parcel is."""
        row, column = np.divmod(covered.cell, covered.grid.columns)
        rows = slice(int(row.min()), int(row.max()) + 1)
        columns = slice(int(column.min()), int(column.max()) + 1)
        window = self.cover.window(rows=rows, columns=columns, names=(LAND_COVER,))[LAND_COVER]
        cells = window[row - rows.start, column - columns.start]
        parcel = self.place[covered.parcel]
        if self.parcels.land_use is not None and len(self.parcels):
            land_use = np.append(self.parcels.land_use, "")
            cells = ecosystems.surveyed(cells, land_use=land_use, parcel=parcel)
        return np.where(parcel == NOWHERE, OUTSIDE_CODE, cells).astype(np.int64)

    def unknown(self, piece: NDArray[np.intp]) -> NDArray[np.int64]:
        """The class of pieces off the grid."""
        return np.where(self.place[piece] == NOWHERE, OUTSIDE_CODE, ecosystems.NO_CLASS)


def _sums(
    sides: tuple[_Side, _Side], piece: NDArray[np.intp], codes: list[NDArray[np.int64]], area_m2: NDArray[np.float64]
) -> dict[Key, int]:
    before, after = (side.county() for side in sides)
    names, county = np.unique(np.concatenate([before, after]), return_inverse=True)
    packed = (county[: len(before)][piece] * len(names) + county[len(before) :][piece]) * CODES * CODES
    keys, place = np.unique(packed + codes[0] * CODES + codes[1], return_inverse=True)
    sums = np.zeros(len(keys), dtype=np.int64)
    np.add.at(sums, place, np.rint(area_m2 / AMOUNT_UNIT).astype(np.int64))
    found = {}
    for key, total in zip(keys.tolist(), sums.tolist(), strict=True):
        counties, classes = divmod(key, CODES * CODES)
        one, other = divmod(counties, len(names))
        found[(str(names[one]), str(names[other]), *divmod(classes, CODES))] = total
    return found


def _add(sums: dict[Key, int], more: dict[Key, int]) -> None:
    for key, total in more.items():
        sums[key] = sums.get(key, 0) + total


def _told(area: dict[Key, int], lineage: Lineage) -> LandChanges:
    keys = sorted(area)
    before, after, code_before, code_after = zip(*keys, strict=True) if keys else ((), (), (), ())
    return LandChanges(
        type_before=np.array([_type(code) for code in code_before], dtype=np.str_),
        type_after=np.array([_type(code) for code in code_after], dtype=np.str_),
        county_before=np.array(before, dtype=np.str_),
        county_after=np.array(after, dtype=np.str_),
        area_mm2=np.array([_mm2(area[key]) for key in keys], dtype=np.int64),
        lineage=lineage,
    )


def _mm2(amount: int) -> int:
    """Whole mm² of an amount in AMOUNT_UNIT, half up, by whole numbers alone."""
    per_m2 = round(1 / AMOUNT_UNIT)
    return (2 * amount * MM2_PER_M2 + per_m2) // (2 * per_m2)


def _type(code: int) -> str:
    if code == OUTSIDE_CODE:
        return OUTSIDE
    return UNKNOWN if code == ecosystems.NO_CLASS else str(code)
