"""The map's ways down, its tables and tiles, and the files that say the same."""

import csv
import io

import pytest
import shapely

from gep import map_queries, queries
from tests.integration.web import small_county
from tests.integration.web.small_county import COUNTY, TOWN

pytestmark = pytest.mark.django_db
TOTAL_FEN = "total_fen"


@pytest.fixture
def account(tmp_path):
    return small_county.compile_account(tmp_path)


def test_each_level_adds_up_to_the_one_above(account):
    total_fen = queries.account(account).total_fen
    (county,) = map_queries.areas(account)
    (town,) = map_queries.areas(account, within=COUNTY)
    villages = map_queries.areas(account, within=TOWN)
    parcels = map_queries.parcels_of(account, area=TOWN)
    assert (county.code, town.code) == (COUNTY, TOWN)
    assert county.value_fen == town.value_fen == sum(row.value_fen for row in villages) == total_fen
    assert sum(row.value_fen for row in parcels) == total_fen
    assert sorted(row.parcels for row in villages) == [2, 2]
    assert map_queries.areas(account, within=villages[0].code) == []
    assert county.area_m2 == pytest.approx(43_200)  # 6 x 8 cells of 900 m2


def test_one_indicator_has_its_own_values_and_quantities(account):
    indicators = queries.indicator_totals(account).set_index("indicator")
    for name, row in indicators.iterrows():
        parcels = map_queries.parcels_of(account, area=COUNTY, indicator=name)
        assert sum(parcel.value_fen or 0 for parcel in parcels) == row["value_fen"]
        (area,) = map_queries.areas(account, indicator=name)
        assert (area.value_fen, area.quantity, area.unit) == (row["value_fen"], row["quantity"], row["unit"])
        dearest = [parcel.value_fen for parcel in parcels if parcel.value_fen is not None]
        assert dearest == sorted(dearest, reverse=True)


def test_an_indicator_that_the_account_lacks_has_no_parcels(account):
    assert map_queries.parcels_of(account, indicator="tourism") == []


def test_from_the_city_to_the_parcels_by_links(client, account):
    city = client.get("/map/").content.decode()
    assert f"area={COUNTY}" in city
    assert "资溪县" in city
    county = client.get(f"/map/?account={account}&area={COUNTY}").content.decode()
    assert "鹤城镇" in county
    assert county.count("<path d=") > 0  # drawn on the server, for readers without scripts
    village = map_queries.areas(account, within=TOWN)[0].code
    parcels = client.get(f"/map/?account={account}&area={village}").content.decode()
    code = map_queries.parcels_of(account, area=village)[0].code
    assert f"/parcels/{code}/?account={account}" in parcels
    assert "试验性" in parcels


def test_an_indicator_of_the_whole_city_lists_no_parcels_until_a_county_is_chosen(client, account):
    assert "请先在上面选一个县区" in client.get("/map/?indicator=water_retention").content.decode()
    told = client.get(f"/map/?indicator=water_retention&area={COUNTY}").content.decode()
    assert "361028-0" in told


def test_what_is_no_area_or_indicator_is_left_aside(client, account):
    told = client.get("/map/?area=3610289&indicator=gold").content.decode()
    assert "全部指标" in told
    assert client.get("/map/?account=none").status_code == 404


def test_outlines_of_towns_are_the_union_of_their_parcels(client, account):
    (feature,) = client.get(f"/map/parts.geojson?account={account}&area={COUNTY}").json()["features"]
    assert feature["properties"]["code"] == TOWN
    assert feature["properties"]["name"] == "鹤城镇"
    assert feature["properties"]["value_fen"] == queries.account(account).total_fen
    assert feature["geometry"]["type"] == "Polygon"
    assert client.get("/map/parts.geojson").status_code == 404


def test_a_tile_of_one_indicator_differs_from_that_of_all(client, account):
    west, south, east, north = map_queries.parcels_of(account, geometry=True)[0].geometry.bounds
    x, y = tile_at((west + east) / 2, (south + north) / 2, zoom=15)
    whole = client.get(f"/tiles/parcels/15/{x}/{y}.mvt?account={account}")
    one = client.get(f"/tiles/parcels/15/{x}/{y}.mvt?account={account}&indicator=carbon_sequestration")
    assert whole.status_code == one.status_code == 200
    assert b"fen_per_m2" in whole.content
    assert b"fen_per_m2" in one.content
    assert whole.content != one.content
    assert whole.headers["ETag"] != one.headers["ETag"]


def tile_at(longitude, latitude, *, zoom):
    import math

    side = 2**zoom
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return int((longitude + 180) / 360 * side), int(row * side)


def test_the_csv_file_says_what_the_table_says(client, account):
    answer = client.get(f"/map/export.csv?account={account}&area={TOWN}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    head = rows.index(list(map(str, ("parcel_id", "county", "town", "village", "land_use", "ecosystem",
                                     "ecosystem_name", "area_m2", "coverage_share", "value_fen",
                                     "yuan_per_m2"))))  # fmt: skip
    parcels = rows[head + 1 :]
    assert [row[0] for row in parcels] == [f"361028-{n}" for n in range(4)]
    assert sum(int(row[9]) for row in parcels) == queries.account(account).total_fen


def test_the_workbook_opens_and_adds_up(client, account, tmp_path):
    import openpyxl

    path = tmp_path / "table.xlsx"
    path.write_bytes(b"".join(client.get(f"/map/export.xlsx?account={account}").streaming_content))
    book = openpyxl.load_workbook(path, read_only=True)
    assert book.sheetnames == ["区域 areas", "地块 parcels", "说明 notes"]
    rows = list(book["地块 parcels"].iter_rows(min_row=2, values_only=True))
    assert sum(row[9] for row in rows) == queries.account(account).total_fen


def test_the_geopackage_has_the_right_place_and_values(client, account, tmp_path):
    import pyogrio

    path = tmp_path / "table.gpkg"
    path.write_bytes(b"".join(client.get(f"/map/export.gpkg?account={account}").streaming_content))
    about, _ids, shapes, columns = pyogrio.raw.read(path)
    values = dict(zip(about["fields"], columns, strict=True))
    assert about["crs"] == "EPSG:4490"
    assert sorted(values["parcel_id"]) == [f"361028-{n}" for n in range(4)]
    assert values["value_fen"].sum() == queries.account(account).total_fen
    assert 116.9 < shapely.total_bounds(shapely.from_wkb(shapes))[0] < 117.1
    assert client.get("/map/export.docx").status_code == 404


@pytest.mark.parametrize(
    ("cell", "told"), [("=1+1", "'=1+1"), ("＝1", "'＝1"), ("-2", "'-2"), ("鹤城镇", "鹤城镇"), (-2, -2)]
)
def test_no_cell_of_a_csv_file_becomes_a_formula(cell, told):
    from web.exports import safe

    assert safe(cell) == told
