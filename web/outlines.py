"""Outlines for pages: the counties behind the map, and small figures of parcels and rights drawn on the server."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from core import vector_tiles
from gep.map_queries import AreaValue
from web import regions_shown

FUZHOU_BOUNDS = (115.55, 26.45, 117.35, 28.55)  # west, south, east, north of the city, degrees
FIGURE_WIDTH, FIGURE_HEIGHT, FIGURE_MARGIN = 600, 400, 20
FULL_DETAIL_ZOOM = 12
M_PER_DEGREE = 111_320.0


def counties_path() -> Path:
    """Return the file of the county outlines; a city with its own boundaries replaces it."""
    return Path(settings.BASE_DIR) / "fixtures" / "regions" / "counties_simplified.geojson"


@lru_cache(maxsize=1)
def outline_file() -> bytes:
    """Return the content of the outline file, empty where it has been taken away."""
    path = counties_path()
    return path.read_bytes() if path.is_file() else b""


def available() -> bool:
    """Return whether there are outlines to show."""
    return bool(outline_file())


def digest() -> str:
    """Return a short name of the outlines' content."""
    return hashlib.sha256(outline_file()).hexdigest()[:12]


@lru_cache(maxsize=1)
def county_features() -> list[dict[str, Any]]:
    """Return the counties' features as the file has them: ``adcode``, ``geodesic_area_km2``, geometry."""
    if not available():
        return []
    return list(json.loads(outline_file())["features"])


def bounds() -> list[float]:
    """Return west, south, east, north of the counties, degrees."""
    shapes = [shapely.from_geojson(json.dumps(row["geometry"])) for row in county_features()]
    return [float(edge) for edge in shapely.total_bounds(shapes)] if shapes else list(FUZHOU_BOUNDS)


def counties(*, areas: Mapping[str, AreaValue]) -> dict[str, Any]:
    """Return the counties as GeoJSON: code, name in the page's language, and value per accounted m² where known."""
    features = []
    for row in county_features():
        code = str(row["properties"]["adcode"])
        told: dict[str, Any] = {"code": code, "name": regions_shown.name(code)}
        if code in areas and areas[code].value_fen is not None:
            told |= {"value_fen": areas[code].value_fen, "fen_per_m2": areas[code].fen_per_m2}
        features.append({"type": "Feature", "properties": told, "geometry": row["geometry"]})
    return {"type": "FeatureCollection", "features": features}


def figure(geometries: Sequence[BaseGeometry]) -> dict[str, Any]:
    """Return the SVG paths of shapes in degrees, drawn to one scale, north up, with the length of a scale bar."""
    west, south, east, north = shapely.total_bounds(list(geometries))
    squeeze = np.cos(np.radians((south + north) / 2))
    width, height = max((east - west) * squeeze, 1e-9), max(north - south, 1e-9)
    scale = min((FIGURE_WIDTH - 2 * FIGURE_MARGIN) / width, (FIGURE_HEIGHT - 2 * FIGURE_MARGIN) / height)
    left = (FIGURE_WIDTH - width * scale) / 2
    top = (FIGURE_HEIGHT - height * scale) / 2

    def placed(points: np.ndarray) -> np.ndarray:
        return np.column_stack([left + (points[:, 0] - west) * squeeze * scale, top + (north - points[:, 1]) * scale])

    bar_m = rounded_length_m(120 / scale * M_PER_DEGREE)
    return {
        "paths": [svg_path(shapely.transform(shape, placed)) for shape in geometries],
        "bar_m": bar_m,
        "bar_px": round(bar_m / M_PER_DEGREE * scale, 1),
    }


def generalised(geometries: Sequence[BaseGeometry], *, zoom: int) -> Sequence[BaseGeometry]:
    """Return shapes in degrees without the vertices that a tile below zoom 12 cannot tell apart.

    Neighbours part by no more than one unit of the tile's grid, an eighth of a pixel.
    """
    if zoom >= FULL_DETAIL_ZOOM or not len(geometries):
        return geometries
    unit_deg = 360 / 2**zoom / vector_tiles.EXTENT
    return list(shapely.simplify(np.asarray(geometries, dtype=object), unit_deg))


def rounded_length_m(length_m: float) -> int:
    """Return the largest of 1, 2, 5 times a power of ten that is not longer than ``length_m``, at least 1."""
    power = 10 ** int(np.floor(np.log10(max(length_m, 1))))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(length_m, 1)))


def svg_path(shape: BaseGeometry) -> str:
    """Return the ``d`` of a shape in pixels; holes are holes under the even-odd rule."""
    rings = [
        ring
        for part in shapely.get_parts(shape)
        if isinstance(part, shapely.Polygon)
        for ring in (part.exterior, *part.interiors)
    ]
    return " ".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1]) + "Z" for ring in rings)
