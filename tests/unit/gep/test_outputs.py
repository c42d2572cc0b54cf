"""What an account says in files: every file adds up to the same total, to the fen, and opens where it should."""

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pyproj
import pytest
import shapely
from pyarrow import parquet as arrow_parquet

from gep.allocation import Calibrated
from gep.files.findings import Finding, of, write_rejections
from gep.outputs import (
    densities,
    geopackage,
    money,
    parcel_rows,
    parquet,
    qgis_style,
    summary,
    totals,
    workbook,
    write_all,
)
from tests.unit.gep import landscapes, statements


@pytest.fixture
def statement():
    return statements.statement()


@pytest.fixture
def written(statement, tmp_path):
    parquet.write(statement, tmp_path / "parcels.parquet")
    return tmp_path / "parcels.parquet"


def test_geoparquet_has_a_row_for_each_parcel_and_one_for_what_is_unallocated(written):
    table = arrow_parquet.read_table(written).to_pydict()
    assert table["parcel_id"] == ["361028-0", "361028-1", "361028-2", "361028-3", "unallocated-361028"]
    assert table["water_retention_m3"] == [100.0, 200.0, 0.5, None, None]
    assert table["water_retention_fen"] == [70_600, 141_200, 353, 0, 0]
    assert table["water_retention_coverage_share"] == [1.0, 1.0, 0.5, 0.0, None]
    assert table["crops_yuan"] == [0.0, 10.0, 200.0, 3_000.0, 0.55]
    assert table["crops_rice_t"] == [0.0, 1.0, 2.0, 3.5, None]
    assert table["total_fen"] == [70_600, 142_200, 20_353, 300_000, 55]
    assert sum(table["total_fen"]) == statements.TOTAL_FEN
    assert table["grade"] == ["B", "B", "A", "A", ""]
    assert table["geometry"][4] is None and table["bbox"][4] is None
    assert set(table["label"]) == {"模拟数据 synthetic data"}


def test_geoparquet_tells_where_it_lies(written):
    geo = json.loads(arrow_parquet.read_schema(written).metadata[b"geo"])
    about = geo["columns"][geo["primary_column"]]
    assert (geo["version"], about["encoding"], about["geometry_types"]) == ("1.1.0", "WKB", ["Polygon"])
    assert pyproj.CRS.from_json_dict(about["crs"]) == pyproj.CRS.from_epsg(4548)
    outlines = shapely.from_wkb(arrow_parquet.read_table(written)["geometry"].to_pylist())
    assert shapely.equals(outlines[:4], landscapes.quarters()).all()
    assert about["bbox"] == [500_010.0, 3_059_820.0, 500_250.0, 3_060_000.0]
    box = arrow_parquet.read_table(written)["bbox"][0].as_py()
    assert box == {"xmin": 500_010.0, "ymin": 3_059_923.0, "xmax": 500_110.0, "ymax": 3_060_000.0}


def test_rows_come_a_block_at_a_time(statement):
    assert [len(rows.outlines) for rows in parcel_rows.batches(statement, at_once=1)] == [3, 1, 1]
    assert [len(rows.outlines) for rows in parcel_rows.batches(statement)] == [4, 1]


def test_the_geopackage_opens_with_its_style(statement, tmp_path):
    import pyogrio

    geopackage.write(statement, tmp_path / "parcels.gpkg")
    info = pyogrio.read_info(tmp_path / "parcels.gpkg", layer="parcels")
    assert (info["features"], info["crs"], info["geometry_type"]) == (5, "EPSG:4548", "MultiPolygon")
    with closing(sqlite3.connect(tmp_path / "parcels.gpkg")) as database:
        (total,) = database.execute("SELECT sum(total_fen) FROM parcels").fetchone()
        assert total == statements.TOTAL_FEN
        assert database.execute("SELECT count(*) FROM rtree_parcels_geom").fetchone() == (4,)
        assert database.execute("SELECT count(*) FROM parcels WHERE water_retention_m3 IS NULL").fetchone() == (2,)
        ((style, default, told),) = database.execute("SELECT styleQML, useAsDefault, f_table_name FROM layer_styles")
        assert (default, told) == (1, "parcels")
        (described,) = database.execute("SELECT description FROM gpkg_contents WHERE table_name = 'parcels'").fetchone()
        assert described == "模拟数据 synthetic data"
    assert (tmp_path / "parcels.qml").read_text(encoding="utf-8") == style
    everything = pyogrio.raw.read(tmp_path / "parcels.gpkg", layer="parcels")
    areas = shapely.area(shapely.from_wkb(everything[2]))
    assert areas[:4] == pytest.approx([7_700, 10_780, 10_300, 14_420])


def test_the_style_shades_the_value_of_a_square_metre(statement):
    style = ElementTree.fromstring(qgis_style.qml(statement).split(">", 1)[1])
    renderer = style.find("renderer-v2")
    assert renderer.get("attr") == "total_fen / 100.0 / nullif(area_m2, 0)"
    ranges = [(float(r.get("lower")), float(r.get("upper"))) for r in renderer.iter("range")]
    # 706 yuan on 7,700 m²; 1,422 on 10,780; 203.53 on 10,300; 3,000 on 14,420
    assert ranges[0][0] <= 203.53 / 10_300 and ranges[-1][1] >= 3_000 / 14_420
    assert [low for low, _ in ranges[1:]] == [high for _, high in ranges[:-1]]
    assert len(renderer.find("symbols")) == len(ranges)


def test_bounds_hold_every_value():
    assert densities.bounds(np.array([0.0, 0.0, 0.0])) == [0.0]
    assert densities.bounds(np.array([np.nan])) == []
    assert densities.bounds(np.array([-0.123, 0.456, 9.87]), classes=2) == [-0.123, 0.456, 9.87]


def test_the_summary_adds_up(statement):
    told = summary.summary(statement)
    assert (told["parcels"], told["area_m2"], told["total_fen"]) == (4, 43_200.0, statements.TOTAL_FEN)
    assert told["indicators"]["crops"]["physical"] == 3_210.55
    assert told["indicators"]["water_retention"]["value_fen"] == statements.WATER_TOTAL_FEN
    assert (told["low95"], told["high95"], told["grade"]) == (510_000, 560_001, "A")
    crops, water = told["indicators"]["crops"], told["indicators"]["water_retention"]
    assert (crops["low95"], crops["high95"], crops["physical_low95"], crops["grade"]) == (300_000, 340_001, None, "A")
    assert (water["physical_low95"], water["physical_high95"], water["grade"]) == (280.25, 321.5, "B")
    assert (told["provenance"]["draws"], told["provenance"]["seed"]) == (1_000, 7)
    statuses = {name: found["status"] for name, found in told["indicators"].items()}
    assert statuses["crops"] == "accounted"
    assert (statuses["soil_retention"], statuses["coastal_protection"]) == ("pending_data", "off")
    assert told["pending_data"] == {"soil_retention": ["dem_m", "vegetation_cover"]}
    for parts in (told["by_county"], told["by_ecosystem"]):
        assert sum(found["total_fen"] for found in parts.values()) == statements.TOTAL_FEN
    assert told["by_county"]["361028"]["unallocated_fen"] == 55
    assert told["provenance"]["inputs"]["parcels"] == {"sha256": "ab" * 32, "label": "模拟数据"}
    (reservoir,) = told["provenance"]["figures"]
    assert (reservoir["value"], reservoir["source"], reservoir["tag"]) == ("7.06", "garze-gep-2017", "V")


def test_totals_are_a_table_that_a_spreadsheet_reads(statement, tmp_path):
    totals.write(statement, tmp_path / "totals.csv")
    assert (tmp_path / "totals.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "totals.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sums = {}
    for row in rows:
        sums[row["level"]] = sums.get(row["level"], 0) + int(row["value_fen"])
    assert sums == {"village": 533_153, "town": 533_153, "county": 533_208, "region": 533_208}


def test_a_folder_holds_every_file_and_what_was_found(tmp_path):
    finding = Finding(row=7, id="=cmd", column="code", reason="duplicate_parcel", done="noted")
    heard = []
    written = write_all(
        statements.statement(findings=(of("p.gpkg", [finding]),)), tmp_path / "out", seconds=lambda: 1.5,
        peak_rss_mb=lambda: 300.0, progress=lambda stage, share: heard.append((stage, share)),
    )  # fmt: skip
    paths = written.paths
    assert written.refusals == ()
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(paths) | {"parcels.qml"}
    assert heard[-1] == ("summary.json", pytest.approx(1.0))
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    told = json.loads(paths["summary.json"].read_text(encoding="utf-8"))
    assert (told["seconds"], told["findings"]) == (1.5, {"p.gpkg": {"duplicate_parcel": 1}})
    assert "'=cmd" in paths["findings.csv"].read_text(encoding="utf-8-sig")


@pytest.fixture
def book(tmp_path):
    import openpyxl

    named = statements.statement(area_names={"361028100": "=HYPERLINK(1)", "361028100001": "村"})
    workbook.write(named, tmp_path / "accounts.xlsx")
    return openpyxl.load_workbook(tmp_path / "accounts.xlsx")


def rows_of(sheet):
    return [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]


def test_every_sheet_of_the_workbook_is_headed_frozen_and_labelled(book):
    assert [name.split()[-1] for name in book.sheetnames] == [
        "Cover", "Totals", "Counties", "Ecosystems", "Towns", "Physical", "Parcels", "Figures", "out", "Method",
        "Provenance", "supply", "use", "Supply", "Use", "totals", "Extent", "Matrix", "Condition", "Assets", "Effects",
        "Lineage",
    ]  # fmt: skip
    for sheet in book:
        assert sheet["A3"].value == "模拟数据 synthetic data"
        assert sheet.freeze_panes and sheet.print_title_rows and sheet.page_setup.paperSize == 9
        assert {str(merged) for merged in sheet.merged_cells.ranges} >= {f"A1:{sheet.dimensions.split(':')[1][0]}1"}
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}  # no formula, no error


def test_the_tables_of_the_workbook_add_up_to_the_fen(book):
    totals_sheet = rows_of(book["1 总表 Totals"])
    whole = next(row for row in totals_sheet if row[0] == "生态产品总值")
    assert whole[1:5] == [0.533208, 0.0000533208, statements.TOTAL_FEN, 1]
    assert whole[5:7] == pytest.approx([0.5100002, 0.5600007])
    assert whole[7] == "A"
    assert next(r for r in totals_sheet if "供给小计" in r[0])[:4] == ["物质供给小计", 0.321055, 0.0000321055, 321_055]
    water = next(row for row in totals_sheet if "水源涵养" in row)
    assert water[:7] == ["调节服务", "R1", "水源涵养", "water retention", 300.5, "立方米", 7.06]
    for name in ("2 分县 Counties", "3 分生态系统 Ecosystems", "4 分乡镇 Towns"):
        rows = rows_of(book[name])
        assert next(row for row in rows if "合计" in row)[-1] == statements.TOTAL_FEN
        body = [row for row in rows if isinstance(row[-1], int) and "合计" not in row]
        assert sum(row[-1] for row in body) == statements.TOTAL_FEN
    assert ["unallocated-361028", "资溪县未分摊", 0.000055, 0.000055, 5.5e-9, 55] in rows_of(book["4 分乡镇 Towns"])


def test_supply_and_use_are_equal_to_the_fen(book):
    supply, use = rows_of(book["11 供给 SEEA supply"]), rows_of(book["12 使用 SEEA use"])
    assert [row[-1] for row in supply if row[0] in ("农产品", "水源涵养", "合计")] == [321_055, 212_153, 533_208]
    assert [row[-1] for row in use if row[0] in ("农产品", "水源涵养", "合计")] == [321_055, 212_153, 533_208]
    both = rows_of(book["15 两种口径 Two totals"])
    # crops are sold; a reservoir that nobody builds is no exchange
    assert [row[-1] for row in both[-3:]] == [533_208, -212_153, 321_055]


def test_rows_are_as_high_as_their_texts(book):
    sheet = book["9 方法 Method"]
    (water,) = [row[0].row for row in sheet.iter_rows() if row[0].value == "水源涵养"]
    assert sheet.row_dimensions[water].height >= 28


def test_codes_and_names_of_the_workbook_are_text(book):
    (town,) = [row for row in book["4 分乡镇 Towns"].iter_rows() if row[0].value == "361028100"]
    assert (town[0].data_type, town[0].number_format) == ("s", "@")
    assert (town[1].value, town[1].data_type) == ("=HYPERLINK(1)", "s")


def test_parcels_beyond_the_limit_are_one_row_and_still_add_up(tmp_path):
    import openpyxl
    import xlsxwriter

    from gep.outputs.workbook import OPTIONS, parcel_sheet
    from gep.outputs.workbook.sheet import Book

    told = statements.statement()
    with xlsxwriter.Workbook(str(tmp_path / "p.xlsx"), OPTIONS) as file:
        parcel_sheet.write(Book(file, told.label), told, most_rows=1)
    rows = rows_of(openpyxl.load_workbook(tmp_path / "p.xlsx").active)
    assert "共 4 个图斑，按编号列出前 1 个" in rows[3][0]
    by_name = {row[0]: row[-2] for row in rows if len(row) > 1}
    assert by_name["361028-0"] == 70_600
    assert by_name["其余图斑 others"] == 142_200 + 20_353 + 300_000
    assert (by_name["unallocated-361028"], by_name["合计 total"]) == (55, statements.TOTAL_FEN)


def test_money_is_exact_and_readable():
    assert money.exact(-123_456_789_012_345_678) == "-1,234,567,890,123,456.78"
    assert money.exact(5) == "0.05"
    assert (money.wan(123_456_789), money.yi(123_456_789)) == ("123.46", "0.0123")


def test_sheets_say_what_they_lack(book):
    told = {name: str(rows_of(book[name])) for name in book.sheetnames}
    for name in ("16 范围 Extent", "17 转移矩阵 Matrix", "19 资产 Assets", "20 变化分解 Effects"):
        assert "没有期初账户" in told[name], name
    assert "没有期初账户" in told["21 图斑沿革 Lineage"]
    assert (
        "缺图层 叶面积指数（leaf_area_index）、植被覆盖度（vegetation_cover）、总初级生产力（gpp_gc_m2）"
        in (told["18 状况 Condition"])
    )


def test_a_product_that_is_not_known_is_listed_in_the_rejections(tmp_path):
    found = of("s.csv", [Finding(row=2, id="", column="product", reason="product_unknown", told="x")])
    assert write_rejections(tmp_path / "findings.csv", [found]) == 1
    assert "不认识的产品（x）" in (tmp_path / "findings.csv").read_text(encoding="utf-8-sig")


def test_official_values_are_told_beside_the_models_and_change_no_total(tmp_path):
    import openpyxl

    official = Calibrated(np.array([70_000, 140_000, 350, 0]), {statements.COUNTY: 0.99})
    account = replace(statements.account(), calibrated={"water_retention": official})
    told = statements.statement(account=account)
    found = summary.summary(told)
    water, crops = found["indicators"]["water_retention"], found["indicators"]["crops"]
    assert (water["calibrated_fen"], water["calibration_factor"]) == (210_350, {"361028": 0.99})
    assert (crops["calibrated_fen"], crops["calibration_factor"]) == (None, {})
    assert (water["value_fen"], found["total_fen"]) == (statements.WATER_TOTAL_FEN, statements.TOTAL_FEN)
    columns = parcel_rows.columns(account, slice(None))
    assert columns["water_retention_calibrated_fen"].tolist() == [70_000, 140_000, 350, 0]
    workbook.write(told, tmp_path / "accounts.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "accounts.xlsx")["5b 官方数对照 Official"]
    assert ["水源涵养", "资溪县", "361028", 212_153, 210_350, 0.99] in rows_of(sheet)
