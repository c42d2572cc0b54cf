"""Outlines of towns and villages, which no open file has: the union of their accounted parcels, made once and kept.

Only for maps: what the union of a synthetic or surveyed parcel set looks like, never a legal boundary.
"""

import json
from collections import defaultdict
from typing import Any

import shapely
from django.core.cache import cache
from shapely.geometry.base import BaseGeometry

from gep import map_queries
from gep.map_queries import AreaValue
from gep.queries import AccountView
from web import outlines, regions_shown
from web.accounts_shown import edition

KEPT_S = 24 * 3600
MOST_PARCELS = 100_000  # of one county; above it its towns are listed, and drawn as their parcels
TOLERANCE_DEG = 0.0004  # about 40 m, half a pixel where towns give way to parcels
COUNTY_DIGITS = 6


def of_parts(account: AccountView, *, within: str) -> dict[str, BaseGeometry]:
    """Return the outline of each town of a county, or village of a town, by code; empty where there are too many."""
    key = f"web:area-outlines:{edition(account)}:{within}"
    if (known := cache.get(key)) is not None:
        return {code: shapely.from_wkb(wkb) for code, wkb in known.items()}
    if map_queries.parcel_count(account.code, area=within) > MOST_PARCELS:
        return {}
    found = _unions(account, within=within)
    cache.set(key, {code: shapely.to_wkb(shape) for code, shape in found.items()}, KEPT_S)
    return found


def geojson(account: AccountView, rows: list[AreaValue], *, within: str) -> dict[str, Any]:
    """Return the parts of an area with their names and values as GeoJSON."""
    shapes = of_parts(account, within=within)
    names = names_of(rows)
    features = [
        {
            "type": "Feature",
            "properties": told(row, names[row.code]),
            "geometry": json.loads(shapely.to_geojson(shapes[row.code])),
        }
        for row in rows
        if row.code in shapes
    ]
    return {"type": "FeatureCollection", "features": features}


def told(row: AreaValue, name: str) -> dict[str, Any]:
    """Return what a map knows of an area."""
    facts: dict[str, Any] = {"code": row.code, "name": name, "parcels": row.parcels, "area_m2": round(row.area_m2)}
    if row.value_fen is not None:
        facts |= {"value_fen": row.value_fen, "fen_per_m2": row.fen_per_m2}
    return facts


def names_of(rows: list[AreaValue]) -> dict[str, str]:
    """Return the name of each area by its code: what the parcels say, else the list of regions, else the code."""
    given = map_queries.area_names([row.code for row in rows])
    return {row.code: given.get(row.code) or regions_shown.name(row.code) for row in rows}


def _unions(account: AccountView, *, within: str) -> dict[str, BaseGeometry]:
    parts: dict[str, list[BaseGeometry]] = defaultdict(list)
    for town, village, shape in map_queries.outlines_of(account.code, area=within):
        code = town if len(within) == COUNTY_DIGITS else village
        if code:
            parts[code].append(shape)
    merged = {code: _merged(shapes) for code, shapes in parts.items()}
    return {code: shape for code, shape in merged.items() if not shape.is_empty}


def _merged(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Return the union of neighbours that share their edges, without vertices that no map can show.

    Fifteen times as fast as a union that looks for overlaps; where there are some, the outline is made valid again.
    """
    whole = shapely.simplify(shapely.coverage_union_all(shapes), TOLERANCE_DEG)
    return whole if shapely.is_valid(whole) else shapely.make_valid(whole)


def county_shapes() -> dict[str, BaseGeometry]:
    """Return the outlines of the counties by code."""
    return {
        str(row["properties"]["adcode"]): shapely.from_geojson(json.dumps(row["geometry"]))
        for row in outlines.county_features()
    }


def places_of(account: AccountView, code: str) -> dict[str, str]:
    """Return the codes and names of the town and village that a parcel lies in, as far as the account knows them."""
    parcel = map_queries.accounted_parcel(account.code, code)
    if parcel is None:
        return {}
    places = {parcel.town_code: parcel.town, parcel.village_code: parcel.village}
    return {place: name or regions_shown.name(place) for place, name in places.items() if place}
