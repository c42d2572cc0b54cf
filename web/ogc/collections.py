"""The layers: the parcels of each account with figures, and the counties with the values of the latest one."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.core.cache import cache
from django.http import Http404, HttpRequest

from gep import map_queries, queries
from gep.map_queries import ParcelValue
from gep.queries import AccountView
from gep.readers import Reader
from web import accounts_shown, charts, outlines, regions_shown
from web.ogc.parameters import Box, ItemsWanted
from web.ogc.reference_systems import CGCS2000, CRS84, SYSTEMS, placed

PARCELS = "parcels-"
COUNTED_S = 24 * 3600
EXPERIMENTAL = "allocated/experimental; the official unit is the county"


@dataclass(frozen=True)
class Layer:
    """A collection of parcels: its id and its account."""

    id: str
    account: AccountView

    @property
    def title(self) -> str:
        """The name of the layer in the page's language."""
        return accounts_shown.account_label(self.account)


def layers(reader: Reader) -> list[Layer]:
    """Return the layers of all accounts whose figures stand and that a reader may see; the newest year first."""
    seen = queries.accounts(reader=reader, limit=200)
    known = [row for row in seen if row.status in accounts_shown.WITH_FIGURES - {"withdrawn"}]
    return [Layer(f"{PARCELS}{row.code}", row) for row in known]


def layer(request: HttpRequest, name: str) -> Layer:
    """Return the layer with that id; 404 where there is none that the reader may see."""
    if not name.startswith(PARCELS):
        raise Http404
    account = accounts_shown.account_named(request, name.removeprefix(PARCELS))
    if account.status == "withdrawn":
        raise Http404
    return Layer(name, account)


def described(found: Layer, *, base: str) -> dict[str, Any]:
    """Return what the standard has a collection say of itself."""
    address = f"{base}/collections/{found.id}"
    return {
        "id": found.id,
        "title": found.title,
        "description": f"GEP {found.account.code}; {EXPERIMENTAL}",
        "extent": {"spatial": {"bbox": [outlines.bounds()], "crs": CRS84}},
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": CGCS2000,
        "links": [
            {"href": address, "rel": "self", "type": "application/json", "title": found.title},
            {"href": f"{address}/items", "rel": "items", "type": "application/geo+json", "title": found.title},
            {"href": f"{address}/tiles", "rel": "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
             "type": "application/json", "title": "vector tiles"},
            {"href": f"{address}/tilejson.json", "rel": "describedby", "type": "application/json",
             "title": "TileJSON"},
        ],
    }  # fmt: skip


def page_of(found: Layer, wanted: ItemsWanted) -> list[ParcelValue]:
    """Return the parcels of a page and one more, which says that there is a next page."""
    code, ask = found.account.code, wanted.limit + 1
    if not wanted.boxes:
        return map_queries.parcels_after(code, after=wanted.after, limit=ask)
    rows = [row for box in wanted.boxes for row in in_box(code, box, after=wanted.after, limit=ask)]
    return sorted(rows, key=lambda row: row.code)[:ask]


def in_box(code: str, box: Box, *, after: str, limit: int) -> list[ParcelValue]:
    """Return the parcels whose boxes meet a box."""
    return map_queries.parcels_in_box(code, box, after=after, limit=limit)


def count(found: Layer) -> int:
    """Return how many parcels a layer has; counted once for an edition of its account."""
    key = f"web:ogc-count:{accounts_shown.edition(found.account)}"
    if (known := cache.get(key)) is None:
        known = map_queries.parcel_count(found.account.code)
        cache.set(key, known, COUNTED_S)
    return known


def features(rows: list[ParcelValue], found: Layer, *, crs: str) -> list[dict[str, Any]]:
    """Return parcels as GeoJSON features in a reference system."""
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row.geometry for row in rows]
    told = shapely.to_geojson(placed(shapes, crs=crs)) if rows else []
    return [
        {"type": "Feature", "id": row.code, "geometry": json.loads(shape), "properties": properties(row, found)}
        for row, shape in zip(rows, told, strict=True)
    ]


def properties(row: ParcelValue, found: Layer) -> dict[str, Any]:
    """Return what a parcel says of itself beside its geometry."""
    return {
        "parcel_id": row.code,
        "county": row.county,
        "county_name": regions_shown.name(row.county),
        "town": row.town,
        "village": row.village,
        "land_use": row.land_use,
        "ecosystem": row.ecosystem,
        "ecosystem_name": charts.ecosystem_label(row.ecosystem),
        "area_m2": round(row.area_m2, 2),
        "coverage_share": row.coverage_share,
        "value_fen": row.value_fen,
        "yuan_per_m2": None if row.fen_per_m2 is None else round(row.fen_per_m2 / 100, 6),
        "account": found.account.code,
        "year": found.account.year,
        "note": EXPERIMENTAL,
    }
