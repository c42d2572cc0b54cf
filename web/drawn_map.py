"""The map drawn on the server as SVG: for readers without scripts or WebGL, and for paper."""

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gep import map_queries
from gep.map_queries import AreaValue, ParcelValue
from web import area_outlines, figures, outlines
from web.accounts_shown import Shown
from web.scales import Scale

MOST_PARCELS = 1_500  # more shapes than this make a page too heavy; their table is there
PARCEL_TOLERANCE_DEG = 0.00005


def of(shown: Shown | None, rows: list[AreaValue], *, scale: Scale) -> dict[str, Any] | None:
    """Return the shapes of the parts of the area shown, or of its parcels, coloured; None where there are none."""
    if shown is None:
        return None
    names = area_outlines.names_of(rows)
    drawn = [
        shape_of(shapes, row.code, name=names[row.code], density=row.fen_per_m2, scale=scale, is_area=True)
        for shapes in [shapes_of_parts(shown)]
        for row in rows
        if row.code in shapes
    ]
    if not drawn and shown.area:
        parcels = parcels_shown(shown)
        shapes = {row.code: shapely.simplify(row.geometry, PARCEL_TOLERANCE_DEG) for row in parcels}
        drawn = [
            shape_of(shapes, row.code, name=row.code, density=row.fen_per_m2, scale=scale, is_area=False)
            for row in parcels
        ]
    if not drawn:
        return None
    figure = outlines.figure([row.pop("shape") for row in drawn])
    return {"shapes": [row | {"path": path} for row, path in zip(drawn, figure["paths"], strict=True)],
            "bar_m": figure["bar_m"], "bar_px": figure["bar_px"]}  # fmt: skip


def shapes_of_parts(shown: Shown) -> dict[str, BaseGeometry]:
    """Return the outlines of the parts of the area shown, by code."""
    if not shown.area:
        return area_outlines.county_shapes()
    return area_outlines.of_parts(shown.account, within=shown.area) if len(shown.area) < 12 else {}


def parcels_shown(shown: Shown) -> list[ParcelValue]:
    """Return the parcels of the area shown where they can all be drawn, else none."""
    if map_queries.parcel_count(shown.account.code, area=shown.area) > MOST_PARCELS:
        return []
    return map_queries.parcels_of(
        shown.account.code, area=shown.area, indicator=shown.indicator, order="code", descending=False,
        limit=MOST_PARCELS, geometry=True,
    )  # fmt: skip


def shape_of(
    shapes: dict[str, BaseGeometry], code: str, *, name: str, density: float | None, scale: Scale, is_area: bool
) -> dict[str, Any]:
    """Return one shape with its colour, name and value in words."""
    told = "–" if density is None else f"{figures.grouped(density / 100, places=3)}"
    return {"shape": shapes[code], "code": code, "name": name, "density": told, "colour": scale.colour(density),
            "is_area": is_area}  # fmt: skip


def extent(shown: Shown) -> list[float] | None:
    """Return west, south, east, north of the area shown; None where nothing of it can be drawn."""
    if len(shown.area) == 6:
        shapes = [shape for code, shape in area_outlines.county_shapes().items() if code == shown.area]
    else:
        siblings = area_outlines.of_parts(shown.account, within=shown.area[: len(shown.area) - 3])
        shapes = [siblings[shown.area]] if shown.area in siblings else []
    return [float(edge) for edge in shapely.total_bounds(shapes)] if shapes else None
