"""The reference systems that features may be asked in, with the axes as each one's definition orders them.

CRS84 is longitude, latitude; EPSG:4490 (CGCS2000) and EPSG:4326 are latitude, longitude; EPSG:4548 (CGCS2000, 117° E)
is northing, easting. CGCS2000 and WGS 84 are the same to a few centimetres and are not told apart.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CGCS2000 = "http://www.opengis.net/def/crs/EPSG/0/4490"
WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
METRIC = "http://www.opengis.net/def/crs/EPSG/0/4548"
SYSTEMS = {CRS84: None, CGCS2000: "EPSG:4490", WGS84: "EPSG:4326", METRIC: "EPSG:4548"}
LAT_LON = (CGCS2000, WGS84)
DEGREE_PLACES, METRE_PLACES = 7, 3


def to_lon_lat(corners: Sequence[float], *, crs: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of two corners that stand in the axis order of ``crs``."""
    first, second, third, fourth = (float(number) for number in corners)
    if crs in LAT_LON:
        return second, first, fourth, third
    if crs == METRIC:
        corner = (first, first, third, third), (second, fourth, second, fourth)
        latitude, longitude = _metric().transform(*corner, direction="INVERSE")
        return min(longitude), min(latitude), max(longitude), max(latitude)
    return first, second, third, fourth


def placed(geometries: NDArray, *, crs: str) -> NDArray:
    """Return geometries in degrees (longitude, latitude) in the axes of ``crs``, to 7 decimals or to the millimetre."""

    def moved(points: NDArray) -> NDArray:
        if crs == METRIC:
            return np.round(np.column_stack(_metric().transform(points[:, 1], points[:, 0])), METRE_PLACES)
        return np.round(points[:, ::-1] if crs in LAT_LON else points, DEGREE_PLACES)

    return shapely.transform(geometries, moved)


@cache
def _metric() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4548")  # latitude, longitude to northing, easting
