"""Coordinate systems of files: which are taken, which one a file states, and which one its coordinates fit.

Coordinates are stored in degrees of CGCS2000 and accounted in metres.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

STORED_CRS = "EPSG:4490"
METRIC_CRS = "EPSG:4548"
DEGREES = ("EPSG:4490", "EPSG:4326")
# Gauss-Krueger zones of CGCS2000 that reach Jiangxi: three degrees wide without and with the zone's number in the
# easting, six degrees wide likewise; and the zone of UTM in which satellite images come.
METRES = (
    "EPSG:4548", "EPSG:4547", "EPSG:4549", "EPSG:4527", "EPSG:4526", "EPSG:4528", "EPSG:4509", "EPSG:4508", "EPSG:4498",
    "EPSG:4497", "EPSG:32650", "EPSG:32649",
)  # fmt: skip
ALLOWED_CRS = (*METRES, *DEGREES)
OTHER_DATUMS = ("Xian", "Beijing", "Krassovsky", "Krasovsky")
MICROMETRE = 6  # digits behind the point of a metre
Bounds = tuple[float, float, float, float]  # west, south, east, north, in degrees of CGCS2000
JIANGXI_AND_A_DEGREE: Bounds = (112.5, 23.5, 119.5, 31.1)
FUZHOU_AND_HALF_A_DEGREE: Bounds = (115.1, 25.9, 117.8, 29.0)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says of its coordinates: one of ALLOWED_CRS, or "" with the reason why it is none."""

    crs: str
    reason: str = ""
    told: str = ""


def to_crs(geometries: NDArray, *, source: str, target: str) -> NDArray:
    """Return the geometries in another CRS, all vertices moved at once; common vertices stay common."""
    if source == target:
        return geometries
    return shapely.transform(geometries, lambda xy: np.column_stack(moved(xy[:, 0], xy[:, 1], source, target)))


def moved(x: NDArray, y: NDArray, source: str, target: str) -> tuple[NDArray, NDArray]:
    """Return coordinates (east or longitude first) in another CRS; each point is moved on its own, inf where it fails.

    A cover of a region keeps its bits however it is cut, since no point's result depends on another's.
    """
    if source == target:
        return x, y
    return _transformer(source, target).transform(x, y)


def settled(geometries: NDArray) -> NDArray:
    """Return metric geometries with their coordinates in whole micrometres.

    The way to degrees and back moves a vertex by nanometres, enough to turn a fen. Settled before and after it, an
    outline that was stored is bit for bit the one of the file, so that an account over either is the same.
    """
    return shapely.transform(geometries, lambda xy: np.round(xy, MICROMETRE))


@functools.lru_cache(maxsize=256)
def stated(text: str | None) -> Stated:
    """Return which allowed CRS a file's own words (WKT, PROJJSON, a code) mean.

    Reasons: crs_missing, crs_unreadable, crs_of_other_datum, crs_not_allowed.
    """
    import pyproj
    from pyproj.exceptions import CRSError

    if not text:
        return Stated("", "crs_missing")
    try:
        found = pyproj.CRS.from_user_input(text)
    except (CRSError, RecursionError):
        return Stated("", "crs_unreadable", text[:60])
    for allowed in ALLOWED_CRS:
        if found.equals(_crs(allowed), ignore_axis_order=True) or _same_terms(found, _crs(allowed)):
            return Stated(allowed)
    name = found.name[:60]
    if any(datum.lower() in f"{name} {found.datum}".lower() for datum in OTHER_DATUMS):
        return Stated("", "crs_of_other_datum", name)
    return Stated("", "crs_not_allowed", name)


def lies_in(x: float, y: float, *, crs: str, place: Bounds) -> bool:
    """Whether a point of ``crs`` lies in a box of degrees."""
    return bool(lie_in(np.array([x], dtype=float), np.array([y], dtype=float), crs=crs, place=place)[0])


def lie_in(x: NDArray, y: NDArray, *, crs: str, place: Bounds) -> NDArray[np.bool_]:
    """Return which points of ``crs`` lie in a box of degrees, shape of ``x``; those that are not finite do not."""
    finite = np.isfinite(x) & np.isfinite(y)
    lon, lat = moved(np.where(finite, x, 0.0), np.where(finite, y, 0.0), crs, STORED_CRS)
    inside = (lon >= place[0]) & (lon <= place[2]) & (lat >= place[1]) & (lat <= place[3])
    return np.asarray(finite & inside)


def misplaced(x: float, y: float, *, crs: str, place: Bounds) -> tuple[str, str]:
    """Return why a point that should lie in ``place`` does not: a reason, and the CRS that its coordinates fit.

    Reasons: swapped_axes, wrong_zone, coordinates_not_degrees, outside_the_region.
    """
    if lies_in(y, x, crs=crs, place=place):
        return "swapped_axes", f"{x:.6g} {y:.6g} reads as north, east"
    fits = [other for other in ALLOWED_CRS if other != crs and lies_in(x, y, crs=other, place=place)]
    turned = [other for other in ALLOWED_CRS if other != crs and lies_in(y, x, crs=other, place=place)]
    told = f"stated {crs}, coordinates like {x:.6g} {y:.6g}"
    if crs in DEGREES and (abs(x) > 360 or abs(y) > 180):
        return "coordinates_not_degrees", told + (f" fit {', '.join(fits)}" if fits else "")
    if fits:
        return "wrong_zone", f"{told} fit {', '.join(fits)}"
    if turned:
        return "swapped_axes", f"{told} turned round fit {', '.join(turned)}"
    return "outside_the_region", told


def frame(crs: str) -> Bounds:
    """Return the box around Jiangxi and a degree in ``crs``, in which places along a Hilbert curve are counted."""
    return box_in(JIANGXI_AND_A_DEGREE, source=STORED_CRS, target=crs)


def box_in(box: Bounds, *, source: str, target: str) -> Bounds:
    """Return the box in ``target`` around a box of ``source``, followed at 21 points along each side."""
    if source == target:
        return box
    west, south, east, north = box
    edge = np.linspace(0, 1, 21)
    x = np.concatenate([west + edge * (east - west)] * 2 + [np.full(21, west), np.full(21, east)])
    y = np.concatenate([np.full(21, south), np.full(21, north), *[south + edge * (north - south)] * 2])
    moved_x, moved_y = moved(x, y, source, target)
    return float(moved_x.min()), float(moved_y.min()), float(moved_x.max()), float(moved_y.max())


@functools.cache
def _crs(code: str) -> Any:
    import pyproj

    return pyproj.CRS.from_user_input(code)


@functools.lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Any:
    import pyproj

    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _same_terms(found: Any, allowed: Any) -> bool:
    """Whether two systems mean the same though they name it differently, as the .prj files of shapefiles do."""
    if found.is_geographic and allowed.is_geographic:
        return _datum(found) == _datum(allowed) != ""
    if not (found.is_projected and allowed.is_projected) or _datum(found) != _datum(allowed):
        return False
    terms = [
        {p.name.lower(): round(p.value, 9) for p in system.coordinate_operation.params if p.value is not None}
        if system.coordinate_operation else None
        for system in (found, allowed)
    ]  # fmt: skip
    return terms[0] is not None and terms[0] == terms[1] and _metres(found)


def _metres(found: Any) -> bool:
    return all(axis.unit_name in {"metre", "meter", "Meter"} for axis in found.axis_info)


def _datum(found: Any) -> str:
    """CGCS2000 and WGS 84 by their ellipsoids: the files of both name the datum in a dozen ways."""
    geodetic = found.geodetic_crs
    name = f"{geodetic.name} {geodetic.datum}".lower() if geodetic else ""
    if "2000" in name and ("china" in name or "cgcs" in name):
        return "cgcs2000"
    return "wgs84" if "wgs" in name and "84" in name else ""
