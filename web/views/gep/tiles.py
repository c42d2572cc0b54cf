"""What the map script draws: parcels as vector tiles, counties and their parts as outlines, each made once and kept."""

import json
from collections.abc import Callable

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse

from core import vector_tiles
from core.vector_tiles import Tile
from gep import map_queries, queries
from gep.queries import ParcelView
from web import area_outlines, outlines, regions_shown
from web.accounts_shown import Shown

TILE_KIND = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"
TILE_S = 24 * 3600
LOWEST_PARCEL_ZOOM = 11  # a tile of zoom 10 holds a whole county of parcels smaller than a pixel each


def cached_answer(request: HttpRequest, *, key: str, kind: str, make: Callable[[], bytes]) -> HttpResponse:
    """Answer with the content that ``key`` names, made only once; 304 where the reader has it already."""
    etag = f'"{key}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    content = cache.get_or_set(f"web:{key}", make, TILE_S)
    return HttpResponse(content, content_type=kind, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def parcel_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    """Send the parcels of one tile with their value; empty below the zoom at which single parcels are drawn."""
    tile = Tile(z, x, y)
    if not tile.exists:
        raise Http404
    shown = Shown.asked(request)

    def encoded() -> bytes:
        return encoded_tile(tile, shown)

    if shown is None:  # parcels may be loaded before the first account names an edition of them
        return HttpResponse(encoded(), content_type=TILE_KIND, headers={"Cache-Control": "no-store"})
    key = f"parcels-{shown.key}-{z}-{x}-{y}"
    return cached_answer(request, key=key, kind=TILE_KIND, make=encoded)


def encoded_tile(tile: Tile, shown: Shown | None) -> bytes:
    """Return a tile of parcels; each carries the value of what is shown, where it has one."""
    if tile.z < LOWEST_PARCEL_ZOOM:
        return b""
    code = shown.account.code if shown else None
    parcels = queries.parcels_in(tile.bounds(), account=code)
    values = {row.code: row.value_fen for row in parcels}
    if shown is not None and shown.indicator:
        found = map_queries.parcels_in_box(shown.account.code, tile.bounds(), indicator=shown.indicator)
        values = {row.code: row.value_fen for row in found}
    shapes = outlines.generalised([row.geometry for row in parcels], zoom=tile.z)
    facts = [tile_facts(row, values.get(row.code)) for row in parcels]
    return vector_tiles.encode("parcels", tile=tile, geometries=shapes, properties=facts)


def tile_facts(parcel: ParcelView, value_fen: int | None) -> dict[str, vector_tiles.Value]:
    """Return what the map knows of a parcel."""
    facts: dict[str, vector_tiles.Value] = {"code": parcel.code, "area_m2": round(parcel.area_m2)}
    if value_fen is not None:
        facts |= {"value_fen": value_fen, "fen_per_m2": value_fen / parcel.area_m2}
    return facts


def counties_geojson(request: HttpRequest) -> HttpResponse:
    """Send the counties with what their parcels are worth, for the map below the parcels' zoom."""
    shown = Shown.asked(request)
    language = regions_shown.language()
    edition = shown.key if shown else "none"

    def encoded() -> bytes:
        found = map_queries.areas(shown.account.code, indicator=shown.indicator) if shown else []
        return json.dumps(outlines.counties(areas={row.code: row for row in found}), ensure_ascii=False).encode()

    key = f"counties-{edition}-{outlines.digest()}-{language}"
    return cached_answer(request, key=key, kind=GEOJSON, make=encoded)


def parts_geojson(request: HttpRequest) -> HttpResponse:
    """Send the towns of a county, or the villages of a town, as the union of their parcels."""
    shown = Shown.asked(request)
    if shown is None or len(shown.area) not in (6, 9):
        raise Http404

    def encoded() -> bytes:
        rows = map_queries.areas(shown.account.code, within=shown.area, indicator=shown.indicator)
        return json.dumps(area_outlines.geojson(shown.account, rows, within=shown.area), ensure_ascii=False).encode()

    return cached_answer(request, key=f"parts-{shown.key}-{regions_shown.language()}", kind=GEOJSON, make=encoded)
