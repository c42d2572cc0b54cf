"""The resources of the OGC API, as JSON; the landing page also as HTML for people."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import gate, problems
from gep import map_queries, readers
from web.ogc import collections, documents, parameters
from web.ogc.collections import Layer
from web.ogc.reference_systems import SYSTEMS

GEOJSON = "application/geo+json"
View = Callable[..., HttpResponse]


def resource(view: View) -> View:
    """Have a view answer GET and HEAD only, tell refusals as problems, and be read by pages of other hosts."""

    @require_safe
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except gate.Refused as refusal:
            response = problems.of_refusal(refusal)
        except Http404:
            code, title = problems.TITLES[404]
            response = problems.of_refusal(gate.Refused(404, code, title))
        response.headers["Access-Control-Allow-Origin"] = "*"  # open data, read without cookies
        return response

    return answered


def base_of(request: HttpRequest) -> str:
    """Return the address of the service without its last slash."""
    return request.build_absolute_uri(reverse("ogc_landing")).rstrip("/")


def told(content: Any, *, kind: str = "application/json", **headers: str) -> HttpResponse:
    """Return JSON of a kind."""
    return JsonResponse(
        content, safe=False, content_type=kind, headers=headers, json_dumps_params={"ensure_ascii": False}
    )


@resource
def landing(request: HttpRequest) -> HttpResponse:
    """Say what the service is; to a browser as a page that tells how to open the layers in QGIS."""
    parameters.refuse_unknown(request, ("f",))
    base = base_of(request)
    asks_html = request.GET.get("f") == "html" or ("f" not in request.GET and request.accepts("text/html")
                                                   and "text/html" in request.headers.get("Accept", ""))  # fmt: skip
    if asks_html:
        return render(request, "gep/ogc.html", {"base": base, "layers": collections.layers(readers.of(request.user))})
    return told(documents.landing(base))


@resource
def conformance(request: HttpRequest) -> HttpResponse:
    """Name the classes of the standard that are kept."""
    parameters.refuse_unknown(request, ("f",))
    return told({"conformsTo": documents.CONFORMANCE})


@resource
def openapi(request: HttpRequest) -> HttpResponse:
    """Describe the service as OpenAPI 3.0."""
    parameters.refuse_unknown(request, ("f",))
    return told(documents.openapi(base_of(request)), kind=documents.OPENAPI_KIND)


@resource
def list_collections(request: HttpRequest) -> HttpResponse:
    """List the layers."""
    parameters.refuse_unknown(request, ("f",))
    base = base_of(request)
    self_link = {"href": f"{base}/collections", "rel": "self", "type": "application/json"}
    found = [collections.described(layer, base=base) for layer in collections.layers(readers.of(request.user))]
    return told({"links": [self_link], "crs": list(SYSTEMS), "collections": found})


@resource
def collection(request: HttpRequest, name: str) -> HttpResponse:
    """Describe one layer."""
    parameters.refuse_unknown(request, ("f",))
    return told(collections.described(collections.layer(request, name), base=base_of(request)))


@resource
def items(request: HttpRequest, name: str) -> HttpResponse:
    """Send a page of a layer's features, with the address of the next one."""
    layer = collections.layer(request, name)
    wanted = parameters.items_wanted(request)
    rows = collections.page_of(layer, wanted)
    page, more = rows[: wanted.limit], len(rows) > wanted.limit
    content: dict[str, Any] = {
        "type": "FeatureCollection",
        "timeStamp": timezone.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "numberReturned": len(page),
        "links": item_links(request, layer, after=page[-1].code if more else ""),
        "features": collections.features(page, layer, crs=wanted.crs),
    }
    if not wanted.boxes:
        content["numberMatched"] = collections.count(layer)
    return told(content, kind=GEOJSON, **{"Content-Crs": f"<{wanted.crs}>"})


def item_links(request: HttpRequest, layer: Layer, *, after: str) -> list[dict[str, str]]:
    """Return the links of a page of features: itself, the next one where there is one, the layer."""
    base = f"{base_of(request)}/collections/{layer.id}"
    query = request.GET.dict()
    address = f"{base}/items" + (f"?{urlencode(query)}" if query else "")
    links = [
        {"href": address, "rel": "self", "type": GEOJSON},
        {"href": base, "rel": "collection", "type": "application/json"},
    ]
    if after:
        query["cursor"] = parameters.cursor_of(after)
        links.append({"href": f"{base}/items?{urlencode(query)}", "rel": "next", "type": GEOJSON})
    return links


@resource
def item(request: HttpRequest, name: str, feature: str) -> HttpResponse:
    """Send one feature."""
    parameters.refuse_unknown(request, ("crs", "f"))
    layer, crs = collections.layer(request, name), parameters.system(request, "crs")
    row = map_queries.accounted_parcel(layer.account.code, feature)
    if row is None:
        raise Http404
    (content,) = collections.features([row], layer, crs=crs)
    base = f"{base_of(request)}/collections/{layer.id}"
    content["links"] = [
        {"href": f"{base}/items/{feature}", "rel": "self", "type": GEOJSON},
        {"href": base, "rel": "collection", "type": "application/json"},
    ]
    return told(content, kind=GEOJSON, **{"Content-Crs": f"<{crs}>"})


def tiles_of(request: HttpRequest, layer: Layer) -> str:
    """Return the address of a layer's vector tiles, with places for z, x and y."""
    path = reverse("parcel_tile", args=[0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}")
    whole = request.build_absolute_uri("/").rstrip("/") + path
    return f"{whole}?account={layer.account.code}"


@resource
def tilejson(request: HttpRequest, name: str) -> HttpResponse:
    """Describe a layer's vector tiles as TileJSON."""
    layer = collections.layer(request, name)
    return told(documents.tilejson(layer, tiles=tiles_of(request, layer)))


@resource
def tilesets(request: HttpRequest, name: str) -> HttpResponse:
    """List the sets of a layer's vector tiles: there is one, of the Web Mercator pyramid."""
    layer, base = collections.layer(request, name), base_of(request)
    found = documents.tileset(layer, base=base, tiles=tiles_of(request, layer))
    links = [{"href": f"{base}/collections/{name}/tiles", "rel": "self", "type": "application/json"}]
    return told({"links": links, "tilesets": [found]})


@resource
def tileset(request: HttpRequest, name: str) -> HttpResponse:
    """Describe a layer's vector tiles as OGC API Tiles has them."""
    layer = collections.layer(request, name)
    return told(documents.tileset(layer, base=base_of(request), tiles=tiles_of(request, layer)))
