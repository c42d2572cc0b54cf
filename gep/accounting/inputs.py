"""What an account is compiled from: parcels in blocks, layers in windows, a county's statistics. No database.

The engine asks for what it needs next and holds no more: a block of parcels, and of each layer the window that the
block lies in. Sources over files stand in gep.files; those here hold arrays, for notebooks, tests and small accounts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gep.coverage import Grid, ParcelOutlines

LEVELS = ("village", "town", "county", "region")
LAND_COVER, LAND_USE = "land_cover", "land_use"


@dataclass(frozen=True)
class Parcels:
    """Parcels as columns of one length; outlines in the grid's CRS, given as ParcelOutlines or as geometries.

    ``areas`` names the village, town, county and region of each parcel. ``land_use`` holds survey codes (DLBM), ""
    where the survey says nothing; ``official_area_m2`` the surveyed area, NaN where only the outline is known. Both may
    be left out for a whole file.
    """

    codes: NDArray[np.str_]
    outlines: ParcelOutlines
    areas: Mapping[str, NDArray[np.str_]]
    land_use: NDArray[np.str_] | None = None
    official_area_m2: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "outlines", ParcelOutlines.of(self.outlines))

    @property
    def geometries(self) -> NDArray[np.object_]:
        """The outlines as shapely geometries."""
        return self.outlines.geometries

    @classmethod
    def joined(cls, parts: Sequence["Parcels"]) -> "Parcels":
        """Return several as one; columns that one of them lacks are left out."""

        def column(name: str) -> NDArray | None:
            each = [getattr(part, name) for part in parts]
            return None if any(one is None for one in each) else np.concatenate(each)

        return cls(
            codes=np.concatenate([part.codes for part in parts]),
            outlines=ParcelOutlines.joined([part.outlines for part in parts]),
            areas={level: np.concatenate([part.areas[level] for part in parts]) for level in parts[0].areas},
            land_use=column("land_use"),
            official_area_m2=column("official_area_m2"),
        )

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, some: slice | NDArray) -> "Parcels":
        """Return some of the parcels."""
        return Parcels(
            codes=self.codes[some],
            outlines=self.outlines[some],
            areas={level: names[some] for level, names in self.areas.items()},
            land_use=None if self.land_use is None else self.land_use[some],
            official_area_m2=None if self.official_area_m2 is None else self.official_area_m2[some],
        )


class ParcelSource(Protocol):
    """Parcels that come in blocks, always the same ones in the same order."""

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        ...

    def block(self, number: int) -> Parcels:
        """Return the parcels of one block."""
        ...


class LayerSource(Protocol):
    """Layers on one grid, of which windows are read."""

    @property
    def grid(self) -> Grid:
        """The grid of the land cover, on which every layer is handed out."""
        ...

    @property
    def names(self) -> Collection[str]:
        """The names of the layers, land_cover among them where there is one."""
        ...

    @property
    def scheme(self) -> str:
        """The classification that the land cover was made in, a key of ecosystems.SCHEMES."""
        ...

    def window(self, *, rows: slice, columns: slice, names: Collection[str] | None = None) -> Mapping[str, NDArray]:
        """Return a window of the layers named, of all where None.

        Classes are int16 (0 unknown), measured values floats (NaN missing). The window lies within the grid.
        """
        ...


@dataclass(frozen=True)
class ParcelBlocks:
    """Parcels in memory, cut into blocks of at most ``size``."""

    parcels: Parcels
    size: int = 4_096

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-len(self.parcels) // self.size)

    def block(self, number: int) -> Parcels:
        """Return the parcels of one block."""
        return self.parcels[slice(number * self.size, (number + 1) * self.size)]


@dataclass(frozen=True)
class Layers:
    """Rasters in memory on one grid: the master classes (0 unknown), and measured layers (NaN missing) by name."""

    grid: Grid
    classes: NDArray[np.int16]
    measured: Mapping[str, NDArray]
    scheme: str = "hj1166"

    @property
    def names(self) -> Collection[str]:
        """The names of the layers."""
        return (LAND_COVER, *self.measured)

    def window(self, *, rows: slice, columns: slice, names: Collection[str] | None = None) -> Mapping[str, NDArray]:
        """Return a window of the layers named."""
        layers = {LAND_COVER: self.classes, **self.measured}
        chosen = self.names if names is None else names
        return {name: layers[name][rows, columns] for name in chosen}


@dataclass(frozen=True)
class CountyStatistics:
    """What statistics say of each county, one row a county and product.

    ``quantity`` in ``unit``, NaN where only the value is known; ``value_fen`` whole fen, ``has_value`` False where the
    statistic states a quantity alone (an emission, a storage). ``townships`` holds what of a county's value is stated
    of its townships, in fen by product, county and township, "" the rest of the county; under an indicator's own name
    what townships state of all its products together.
    """

    county: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    product: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    quantity: NDArray[np.float64] = field(default_factory=lambda: np.array([], dtype=np.float64))
    unit: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    value_fen: NDArray[np.int64] = field(default_factory=lambda: np.array([], dtype=np.int64))
    has_value: NDArray[np.bool_] = field(default_factory=lambda: np.array([], dtype=bool))
    townships: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    def __getitem__(self, some: NDArray) -> "CountyStatistics":
        """Return some of the rows."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return CountyStatistics(**{name: held if name == "townships" else held[some] for name, held in columns.items()})

    def fen_of(self, product: str, county: str) -> int:
        """Return the value that a county states of a product, 0 where it states none."""
        row = self.of(product).get(county)
        return 0 if row is None or not self.has_value[row] else int(self.value_fen[row])

    @property
    def products(self) -> frozenset[str]:
        """The products that any county has a row for."""
        return frozenset(self.product.tolist())

    @property
    def by_town(self) -> frozenset[str]:
        """The products, and the indicators of products, of which any county states anything by township."""
        return frozenset(self.townships)

    def of(self, product: str) -> dict[str, int]:
        """Return the row number of each county that has a row for the product."""
        return {str(self.county[i]): int(i) for i in np.flatnonzero(self.product == product)}
