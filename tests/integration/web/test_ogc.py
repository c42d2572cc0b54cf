"""OGC API Features: literal requests and answers, and GDAL's own client against a live server."""

import json
import subprocess
import sys

import pytest

from gep import map_queries
from tests.integration.web import small_county

pytestmark = pytest.mark.django_db
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CGCS2000 = "http://www.opengis.net/def/crs/EPSG/0/4490"
METRIC = "http://www.opengis.net/def/crs/EPSG/0/4548"


@pytest.fixture
def layer(tmp_path):
    return f"/ogc/collections/parcels-{small_county.compile_account(tmp_path)}"


def test_the_landing_page_leads_to_everything(client):
    answer = client.get("/ogc/")
    links = {link["rel"]: link["href"] for link in answer.json()["links"]}
    assert links["service-desc"] == "http://testserver/ogc/openapi"
    assert links["conformance"] == "http://testserver/ogc/conformance"
    assert links["data"] == "http://testserver/ogc/collections"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_reads_how_to_open_the_layers(client):
    page = client.get("/ogc/", headers={"Accept": "text/html"}).content.decode()
    assert "http://testserver/ogc/" in page
    assert "QGIS" in page


def test_the_classes_of_the_standard(client):
    assert client.get("/ogc/conformance").json() == {
        "conformsTo": [
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
            "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
        ]
    }


def test_the_openapi_document_names_every_path(client):
    answer = client.get("/ogc/openapi")
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert sorted(answer.json()["paths"]) == [
        "/", "/collections", "/collections/{collectionId}", "/collections/{collectionId}/items",
        "/collections/{collectionId}/items/{featureId}", "/conformance",
    ]  # fmt: skip


def test_a_collection_says_its_place_and_systems(client, layer):
    (listed,) = client.get("/ogc/collections").json()["collections"]
    assert listed == client.get(layer).json()
    assert listed["storageCrs"] == CGCS2000
    assert listed["crs"][:2] == [CRS84, CGCS2000]
    assert [round(edge) for edge in listed["extent"]["spatial"]["bbox"][0]] == [116, 27, 117, 29]


def test_all_features_come_page_by_page_each_once(client, layer):
    found, address = [], f"{layer}/items?limit=3"
    while address:
        page = client.get(address).json()
        assert page["numberReturned"] == len(page["features"])
        found += [feature["id"] for feature in page["features"]]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert found == ["361028-0", "361028-1", "361028-2", "361028-3"]
    assert page["numberMatched"] == 4


def test_a_feature_has_its_values_and_says_that_they_are_experimental(client, layer):
    answer = client.get(f"{layer}/items/361028-0")
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert answer.headers["Content-Crs"] == f"<{CRS84}>"
    said = answer.json()["properties"]
    row = map_queries.accounted_parcel(layer.removeprefix("/ogc/collections/parcels-"), "361028-0")
    assert (said["value_fen"], said["county_name"], said["town"]) == (row.value_fen, "资溪县", "鹤城镇")
    assert said["note"].startswith("allocated/experimental")
    assert client.get(f"{layer}/items/nowhere").status_code == 404


def corner(answer):
    return answer.json()["geometry"]["coordinates"][0][0][0]


def test_axes_stand_as_each_system_defines_them(client, layer):
    longitude, latitude = corner(client.get(f"{layer}/items/361028-0"))
    assert 116.9 < longitude < 117.1
    assert 27.6 < latitude < 27.7
    turned = client.get(f"{layer}/items/361028-0?crs={CGCS2000}")
    assert turned.headers["Content-Crs"] == f"<{CGCS2000}>"
    assert corner(turned) == [latitude, longitude]
    northing, easting = corner(client.get(f"{layer}/items/361028-0?crs={METRIC}"))
    assert 3_059_800 < northing < 3_060_001
    assert 500_009 < easting < 500_111


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("bbox=117.0001,27.0,117.0009,28.0", ["361028-0", "361028-2"], id="the west"),
        pytest.param("bbox=117.0001,27.0,0,117.0009,28.0,100", ["361028-0", "361028-2"], id="with heights"),
        pytest.param(f"bbox=27.0,117.0001,28.0,117.0009&bbox-crs={CGCS2000}", ["361028-0", "361028-2"], id="lat, lon"),
        pytest.param("bbox=170,-10,-170,10", [], id="across 180 degrees"),
        pytest.param("bbox=0,0,1,1", [], id="elsewhere"),
        pytest.param("datetime=2024-12-31T00:00:00Z", [f"361028-{n}" for n in range(4)], id="no time to filter by"),
        pytest.param("limit=99999", [f"361028-{n}" for n in range(4)], id="more than the largest page"),
    ],
)
def test_boxes(client, layer, query, found):
    page = client.get(f"{layer}/items?{query}").json()
    assert [feature["id"] for feature in page["features"]] == found


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3", "bbox=a,b,c,d", "bbox=0,10,1,5", "bbox=nan,0,1,1", "bbox=0,0,999,1", "limit=0", "limit=x",
        "crs=EPSG:4490", "bbox-crs=here", "colour=red", "cursor=forged", "f=xml",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(client, layer, query):
    answer = client.get(f"{layer}/items?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "ogc_parameter_refused"
    assert query.split("=")[0] in answer.json()["detail"] + answer.json()["title"]


def test_only_reading(client, layer):
    assert client.post(f"{layer}/items").status_code in (403, 405)
    assert client.get("/ogc/collections/nothing").status_code == 404
    assert client.head("/ogc/").status_code == 200


def test_vector_tiles_are_described_twice(client, layer):
    told = client.get(f"{layer}/tilejson.json").json()
    account = layer.removeprefix("/ogc/collections/parcels-")
    assert told["tiles"] == [f"http://testserver/tiles/parcels/{{z}}/{{x}}/{{y}}.mvt?account={account}"]
    assert (told["minzoom"], told["vector_layers"][0]["id"]) == (11, "parcels")
    (tileset,) = client.get(f"{layer}/tiles").json()["tilesets"]
    template = next(link["href"] for link in tileset["links"] if link["rel"] == "item")
    assert template.endswith(f"/tiles/parcels/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.mvt?account={account}")
    assert client.get(f"{layer}/tiles/WebMercatorQuad").json() == tileset


READ_BY_GDAL = """
import json, pyogrio, shapely, sys
source = sys.argv[1]
((name, _kind),) = pyogrio.list_layers(source)
about, _ids, shapes, columns = pyogrio.raw.read(source, layer=name)
near = pyogrio.raw.read(source, layer=name, bbox=(117.0001, 27.0, 117.0009, 28.0), columns=["parcel_id"])
table = {field: column.tolist() for field, column in zip(about["fields"], columns, strict=True)}
box = shapely.total_bounds(shapely.from_wkb(shapes)).tolist()
print(json.dumps({"name": name, "table": table, "box": box, "near": near[3][0].tolist()}))
"""


@pytest.mark.django_db(transaction=True)
def test_gdal_opens_the_layer_with_its_place_and_attributes(live_server, tmp_path):
    """The client that QGIS is built on, in a process of its own: it waits for the server without letting it work."""
    import pyogrio

    assert "OAPIF" in pyogrio.list_drivers()
    account = small_county.compile_account(tmp_path)
    command = [sys.executable, "-c", READ_BY_GDAL, f"OAPIF:{live_server.url}/ogc"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)
    assert told["name"] == f"parcels-{account}"
    assert sorted(told["table"]["parcel_id"]) == [f"361028-{n}" for n in range(4)]
    assert sum(told["table"]["value_fen"]) == map_queries.areas(account)[0].value_fen
    west, south, east, north = told["box"]
    assert 116.9 < west < east < 117.1
    assert 27.6 < south < north < 27.7
    assert sorted(told["near"]) == ["361028-0", "361028-2"]
