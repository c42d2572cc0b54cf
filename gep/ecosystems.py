"""The ecosystem classes of HJ 1166-2021 with the engine's extensions, and what other classifications become in them.

The classes and crosswalks are data: gep/crosswalks/*.csv, each row with code system, version and tag.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

Cover = Literal["forest", "shrub", "grass", "garden", "dry", "paddy", "wetland", "urban", "bare"]
NO_CLASS = 0  # in class rasters: no land cover known here
CROSSWALKS = Path(__file__).parent / "crosswalks"
LAND_SURVEY = ("third-land-survey", "2019")  # the code system of DLBM columns, unless an account names another


class UnknownClass(ValueError):
    """A class code that no classification here knows."""


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """One class: its code, names, and the cover group by which soil figures are looked up.

    ``parent`` is the next wider class, ``get`` the IUCN Global Ecosystem Typology unit it stands nearest to.
    """

    code: str
    zh: str
    en: str
    cover: Cover
    parent: str
    get: str

    @property
    def level_one(self) -> str:
        """The code of its class of the first level, a key of LEVEL_ONE."""
        return self.code[0]


def _rows(name: str) -> list[dict[str, str]]:
    with (CROSSWALKS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LEVEL_ONE: dict[str, tuple[str, str]] = {row["code"]: (row["zh"], row["en"]) for row in _rows("levels")}
CLASSES: tuple[Ecosystem, ...] = tuple(
    Ecosystem(row["code"], row["zh"], row["en"], cast(Cover, row["cover"]), row["parent"], row["get"])
    for row in _rows("classes")
)
BY_CODE = {ecosystem.code: ecosystem for ecosystem in CLASSES}


def of_land_use(system: str, version: str) -> dict[str, str]:
    """Return the class of each code of a land-use classification. Raises UnknownClass for one that is not here.

    The same digits mean different things in different systems, so that system and version are always said.
    """
    found = {
        row["code"]: row["class"] for row in _rows("land_use") if (row["system"], row["version"]) == (system, version)
    }
    if not found:
        raise UnknownClass(f"there is no crosswalk from the land-use codes {system!r} of {version}")
    return found


OF_LAND_USE = of_land_use(*LAND_SURVEY)

# Land-cover products: what each of their classes becomes here. Sources in docs/methods/land_cover.md.
SCHEMES: dict[str, dict[int, str]] = {"hj1166": {int(ecosystem.code): ecosystem.code for ecosystem in CLASSES}}
for _row in _rows("land_cover"):
    SCHEMES.setdefault(_row["scheme"], {})[int(_row["code"])] = _row["class"]


def unconfirmed(table: str, scheme: str) -> list[dict[str, str]]:
    """Return the rows of a crosswalk (``land_cover``, ``land_use``) that nobody confirmed, for one classification."""
    key = {"land_cover": "scheme", "land_use": "system"}[table]
    return [row for row in _rows(table) if row[key] == scheme and row["tag"] == "U"]


def land_use_codes() -> frozenset[str]:
    """Return the land-use codes of the survey that say a class."""
    return frozenset(OF_LAND_USE)


def to_master(raster: NDArray, *, scheme: str, nodata: float | None = None) -> NDArray[np.int16]:
    """Return a raster of master class codes; ``nodata`` becomes ``NO_CLASS``. Raises UnknownClass, naming the codes."""
    if scheme not in SCHEMES:
        raise UnknownClass(f"land cover scheme {scheme!r} is not one of {', '.join(SCHEMES)}")
    found, inverse = np.unique(raster, return_inverse=True)
    mapping = SCHEMES[scheme]
    unknown = [int(value) for value in found if value not in mapping and value not in (nodata, NO_CLASS)]
    if unknown:
        raise UnknownClass(f"land cover codes {unknown} are not classes of {scheme}")
    codes = [int(mapping[int(value)]) if value in mapping and value != nodata else NO_CLASS for value in found]
    return np.array(codes, dtype=np.int16)[inverse].reshape(raster.shape)


REFINED_BY_COVER = frozenset({"0301", "0301K"})
FORESTS = np.array([int(kind.code) for kind in CLASSES if kind.level_one == "1"], dtype=np.int16)


def surveyed(cover: NDArray[np.int16], *, land_use: NDArray[np.str_], parcel: NDArray[np.int64]) -> NDArray[np.int16]:
    """Return the class of each piece: the survey's for its parcel, and the land cover's where the survey says nothing.

    ``cover`` int16 and ``parcel`` (index into ``land_use``) have the length of the pieces. The land cover tells apart
    the kinds of forest that one survey code stands for; it changes no other class. An unknown survey code says nothing.
    """
    codes, place = np.unique(land_use, return_inverse=True)
    of_code = np.array([int(OF_LAND_USE.get(str(code), NO_CLASS)) for code in codes], dtype=np.int16)
    told_apart = np.isin(codes, list(REFINED_BY_COVER))
    stated, refined = of_code[place][parcel], told_apart[place][parcel]
    by_cover = (stated == NO_CLASS) | (refined & np.isin(cover, FORESTS))
    return np.where(by_cover, cover, stated).astype(np.int16)


def spread(classes: NDArray[np.integer], *, by_class: dict[str, float]) -> NDArray[np.float64]:
    """Return for each cell the figure of its class, NaN where the class has none."""
    figures = np.full(1_000, np.nan)
    for code, figure in by_class.items():
        figures[int(code)] = figure
    return figures[classes]
