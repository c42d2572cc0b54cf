"""What a geometry must be before it is kept: in plan, of the wanted kind, valid, not empty, inside its system's bounds.

Works on arrays of shapely geometries; knows no database.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from core.errors import RuleViolation

# west, south, east, north; of a projected system we ask only that numbers are finite
BOUNDS = {4490: (-180.0, -90.0, 180.0, 90.0), 4326: (-180.0, -90.0, 180.0, 90.0)}
KINDS = {
    "POINT": shapely.GeometryType.POINT,
    "POLYGON": shapely.GeometryType.POLYGON,
    "MULTIPOLYGON": shapely.GeometryType.MULTIPOLYGON,
    "MULTILINESTRING": shapely.GeometryType.MULTILINESTRING,
}
PROMOTED = {
    "MULTIPOLYGON": (shapely.GeometryType.POLYGON, shapely.multipolygons),
    "MULTILINESTRING": (shapely.GeometryType.LINESTRING, shapely.multilinestrings),
}


class GeometryRefused(RuleViolation):
    """A geometry that cannot be kept; ``reason``, ``location`` and ``place`` in the sequence say why and where."""

    code = "geometry_refused"
    message = _("图形不能接受：请按所示位置修正后重新提交。")
    status = 422


def accepted(geometries: Sequence[BaseGeometry], *, kind: str, srid: int) -> NDArray:
    """Return the geometries as an object array of shape (n,): flat, with ``srid``, single ones promoted to ``kind``.

    The first that is missing, empty, of another kind, invalid, not finite or out of bounds is refused with
    GeometryRefused, which tells its place (from 0), the reason and the location.
    """
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = list(geometries)
    _refuse_where(~shapely.is_geometry(shapes), shapes, reason="not a geometry")
    shapes = _promoted(shapely.force_2d(shapes), kind)
    _refuse_where(shapely.is_empty(shapes), shapes, reason="empty")
    _refuse_where(shapely.get_type_id(shapes) != KINDS[kind], shapes, reason=f"not a {kind}")
    _refuse_outside(shapes, srid)
    _refuse_invalid(shapes)
    return shapely.set_srid(shapes, srid)


def to_ewkb(geometries: Sequence[BaseGeometry], *, kind: str, srid: int) -> list[bytes]:
    """Return accepted geometries as EWKB with their srid, in order; refuses as ``accepted`` does."""
    return list(shapely.to_wkb(accepted(geometries, kind=kind, srid=srid), include_srid=True, output_dimension=2))


def _promoted(shapes: NDArray, kind: str) -> NDArray:
    if kind in PROMOTED:
        single, gather = PROMOTED[kind]
        ones = np.flatnonzero(shapely.get_type_id(shapes) == single)
        if len(ones):
            shapes = shapes.copy()
            shapes[ones] = gather(shapes[ones], indices=np.arange(len(ones)))
    return shapes


def _refuse_outside(shapes: NDArray, srid: int) -> None:
    bounds = shapely.bounds(shapes)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    _refuse_where(broken, shapes, reason="a coordinate is not a finite number")
    if srid in BOUNDS:
        west, south, east, north = BOUNDS[srid]
        inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
        if not inside.all():
            place = int(np.flatnonzero(~inside)[0])
            raise GeometryRefused(reason="out of bounds", place=place, location=bounds[place].tolist())


def _refuse_invalid(shapes: NDArray) -> None:
    invalid = ~shapely.is_valid(shapes)
    if invalid.any():
        place = int(np.flatnonzero(invalid)[0])
        reason, _, location = shapely.is_valid_reason(shapes[place]).partition("[")
        numbers = [float(number) for number in location.rstrip("]").split()]
        raise GeometryRefused(reason=reason.strip(), place=place, location=numbers)


def _refuse_where(refused: NDArray, shapes: NDArray, *, reason: str) -> None:
    if refused.any():
        raise GeometryRefused(reason=reason, place=int(np.flatnonzero(refused)[0]), location=None)
