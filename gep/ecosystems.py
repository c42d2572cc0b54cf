"""The ecosystem classes of HJ 1166-2021 with the engine's extensions, and what other classifications become in them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Cover = Literal["forest", "shrub", "grass", "garden", "dry", "paddy", "wetland", "urban", "bare"]
NO_CLASS = 0  # in class rasters: no land cover known here


class UnknownClass(ValueError):
    """A class code that no classification here knows."""


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """One class: its code, names, and the cover group by which soil figures are looked up."""

    code: str
    zh: str
    en: str
    cover: Cover


CLASSES: tuple[Ecosystem, ...] = (
    Ecosystem("111", "常绿阔叶林", "evergreen broadleaf forest", "forest"),
    Ecosystem("112", "落叶阔叶林", "deciduous broadleaf forest", "forest"),
    Ecosystem("113", "竹林", "bamboo forest", "forest"),
    Ecosystem("121", "常绿针叶林", "evergreen needleleaf forest", "forest"),
    Ecosystem("13", "针阔混交林", "mixed forest", "forest"),
    Ecosystem("14", "稀疏林", "sparse forest", "forest"),
    Ecosystem("21", "阔叶灌丛", "broadleaf shrub", "shrub"),
    Ecosystem("33", "草丛", "tussock", "grass"),
    Ecosystem("41", "沼泽", "marsh", "wetland"),
    Ecosystem("421", "湖泊", "lake", "wetland"),
    Ecosystem("422", "水库", "reservoir", "wetland"),
    Ecosystem("423", "坑塘", "pond", "wetland"),
    Ecosystem("43", "河流", "river", "wetland"),
    Ecosystem("511", "水田", "paddy", "paddy"),
    Ecosystem("512", "旱地", "dry cropland", "dry"),
    Ecosystem("52", "园地", "garden", "garden"),
    Ecosystem("61", "居住地", "settlement", "urban"),
    Ecosystem("62", "城市绿地", "urban green", "urban"),
    Ecosystem("63", "工矿交通", "industry and transport", "urban"),
    Ecosystem("82", "裸地", "bare land", "bare"),
)
BY_CODE = {ecosystem.code: ecosystem for ecosystem in CLASSES}

# Land survey codes of the Third National Land Survey; forests are told apart by the land-cover layer.
OF_LAND_USE = {
    "0101": "511", "0102": "512", "0103": "512", "0201": "52", "0202": "52", "0204": "52",
    "0301": "111", "0302": "113", "0305": "21", "0307": "14", "0404": "33", "1101": "43", "1103": "422",
    "1104": "423", "1106": "41", "0702": "61", "0601": "63", "1003": "63", "0810": "62", "1206": "82",
}  # fmt: skip

REFINED_BY_COVER = frozenset({"0301"})
FORESTS = np.array([111, 112, 113, 121, 13, 14], dtype=np.int16)

# Land-cover products: what each of their classes becomes here. Sources in docs/methods/land_cover.md.
SCHEMES = {
    "hj1166": {int(ecosystem.code): ecosystem.code for ecosystem in CLASSES},
    "clcd": {1: "512", 2: "13", 3: "21", 4: "33", 5: "43", 7: "82", 8: "61", 9: "41"},
    "worldcover": {10: "13", 20: "21", 30: "33", 40: "512", 50: "61", 60: "82", 80: "43", 90: "41"},
    "globeland30": {10: "512", 20: "13", 30: "33", 40: "21", 50: "41", 60: "43", 80: "61", 90: "82"},
}


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
