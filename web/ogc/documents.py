"""The documents that a client reads first: landing page, conformance, OpenAPI, and the metadata of vector tiles."""

from typing import Any

from django.utils.translation import gettext as _

from web import outlines
from web.ogc.collections import Layer
from web.ogc.parameters import LARGEST_LIMIT, USUAL_LIMIT
from web.ogc.reference_systems import CRS84, SYSTEMS
from web.views.gep.tiles import LOWEST_PARCEL_ZOOM, TILE_KIND

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
OPENAPI_KIND = "application/vnd.oai.openapi+json;version=3.0"
HIGHEST_ZOOM = 15
WEB_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
WEB_MERCATOR_QUAD = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


def landing(base: str) -> dict[str, Any]:
    """Return the landing page."""
    links = (
        ("", "self", "application/json"), ("/openapi", "service-desc", OPENAPI_KIND),
        ("/conformance", "conformance", "application/json"), ("/collections", "data", "application/json"),
    )  # fmt: skip
    return {
        "title": _("抚州市生态产品总值图层"),
        "description": _("各核算账户的地块，附每块的年生态价值；地块数字由县级账户分摊，属试验性结果。"),
        "links": [{"href": f"{base}{path}" or "/", "rel": rel, "type": kind} for path, rel, kind in links],
    }


def tilejson(layer: Layer, *, tiles: str) -> dict[str, Any]:
    """Return the metadata of a layer's vector tiles as TileJSON 3.0."""
    fields = {"code": "parcel id", "area_m2": "m²", "value_fen": "fen a year", "fen_per_m2": "fen a year and m²"}
    return {
        "tilejson": "3.0.0",
        "name": layer.title,
        "scheme": "xyz",
        "tiles": [tiles],
        "minzoom": LOWEST_PARCEL_ZOOM,
        "maxzoom": HIGHEST_ZOOM,
        "bounds": outlines.bounds(),
        "vector_layers": [{"id": "parcels", "fields": fields, "minzoom": LOWEST_PARCEL_ZOOM, "maxzoom": HIGHEST_ZOOM}],
    }


def tileset(layer: Layer, *, base: str, tiles: str) -> dict[str, Any]:
    """Return the metadata of a layer's vector tiles as OGC API Tiles has them."""
    west, south, east, north = outlines.bounds()
    address = f"{base}/collections/{layer.id}/tiles/WebMercatorQuad"
    template = tiles.replace("{z}", "{tileMatrix}").replace("{y}", "{tileRow}").replace("{x}", "{tileCol}")
    return {
        "title": layer.title,
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": WEB_MERCATOR_QUAD,
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "tileMatrixSetLimits": [],
        "layers": [{"id": "parcels", "dataType": "vector", "geometryDimension": 2}],
        "links": [
            {"href": address, "rel": "self", "type": "application/json"},
            {"href": WEB_MERCATOR_QUAD, "rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"},
            {"href": template, "rel": "item", "type": TILE_KIND, "templated": True},
        ],
    }


def openapi(base: str) -> dict[str, Any]:
    """Return the description of the service as OpenAPI 3.0."""
    name = parameter("collectionId", "path", {"type": "string"})
    feature = parameter("featureId", "path", {"type": "string"})
    crs = parameter("crs", "query", {"type": "string", "format": "uri", "enum": list(SYSTEMS), "default": CRS84})
    items = [
        name, parameter("bbox", "query", {"type": "array", "minItems": 4, "maxItems": 6,
                                          "items": {"type": "number"}}, style="form", explode=False),
        crs | {"name": "bbox-crs"}, crs,
        parameter("datetime", "query", {"type": "string"}), parameter("cursor", "query", {"type": "string"}),
        parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT,
                                     "default": USUAL_LIMIT}, style="form", explode=False),
    ]  # fmt: skip
    paths = {
        "/": ("landing page", []), "/conformance": ("conformance classes", []), "/collections": ("layers", []),
        "/collections/{collectionId}": ("one layer", [name]),
        "/collections/{collectionId}/items": ("features of a layer", items),
        "/collections/{collectionId}/items/{featureId}": ("one feature", [name, feature, crs]),
    }  # fmt: skip
    return {
        "openapi": "3.0.3",
        "info": {"title": landing(base)["title"], "version": "1.0.0", "description": landing(base)["description"]},
        "servers": [{"url": base}],
        "paths": {path: {"get": operation(path, told, given)} for path, (told, given) in paths.items()},
    }


def parameter(name: str, place: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a parameter of an OpenAPI operation."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **more}


def operation(path: str, told: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an OpenAPI operation that answers with JSON, GeoJSON where it is about items."""
    kind = "application/geo+json" if "items" in path else "application/json"
    ok = {"description": told, "content": {kind: {"schema": {"type": "object"}}}}
    problem = {"description": "refused", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    return {
        "summary": told, "operationId": "get" + "".join(part.strip("{}").title() for part in path.split("/")),
        "parameters": parameters, "responses": {"200": ok, "400": problem, "404": problem},
    }  # fmt: skip
