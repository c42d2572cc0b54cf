"""The report: a paper of the account, with charts and a map, that reads well in print and aloud."""

import re
from xml.etree import ElementTree

import pytest

from core import fonts
from gep.method_profiles import indicator_list
from gep.outputs import charts, maps, report, report_data, svg, words, write_all
from gep.outputs.charts import Bar
from tests.unit.gep import statements


@pytest.fixture
def statement():
    return statements.statement()


def test_every_way_to_calculate_is_told_in_words():
    for name, listed in indicator_list().items():
        ways = indicator_list()[listed.follows].variants if listed.follows else listed.variants
        for variant, way in ways.items():
            if not way.formula_only:
                told = words.formula(name, "statistics" if name == "noise_abatement" else variant)
                assert re.search("[一-鿿]", told.zh) and not re.search("[一-鿿]", told.en)


def test_the_report_is_a_paper_whose_words_can_be_read(statement, tmp_path):
    from pypdf import PdfReader

    report.write(statement, tmp_path / "report.pdf")
    pages = PdfReader(tmp_path / "report.pdf").pages
    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in pages} == {(595, 842)}
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    for said in (
        "资溪县2024年生态产品总值核算",
        "模拟数据syntheticdata",
        "5,332.08元",
        "0.00–0.00亿元1,000次模拟",
        "水源涵养",
        "361028-3",
        "第2页共",
        "土壤保持待补数据高程（dem_m）、植被覆盖度（vegetation_cover）",
        "示意图",
        "盖章处",
        "ab" * 32,
    ):
        assert said in text, said
    embedded = {
        str(font.get_object()["/BaseFont"]): font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        for page in pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("CJK" in name or "Song" in name for name in embedded)
    assert all({"/FontFile2", "/FontFile3"} & set(descriptor) for descriptor in embedded.values())


def test_the_same_account_is_the_same_report(statement):
    assert report.compiled(statement) == report.compiled(statements.statement())


def test_without_a_chinese_font_the_report_is_refused_and_all_else_is_written(statement, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "families", lambda: frozenset({"DejaVu Sans Mono"}))
    written = write_all(statement, tmp_path, seconds=lambda: 1.0, peak_rss_mb=lambda: 1.0)
    assert "fonts-noto-cjk" in written.refusals[0]
    assert {"accounts.xlsx", "parcels.gpkg", "parcels.parquet", "summary.json", "totals.csv"} == set(written.paths)
    assert not (tmp_path / "report.pdf").exists()


def test_a_map_of_many_parcels_is_squares_that_keep_the_value(statement):
    few, many = maps.value_density(statement), maps.value_density(statement, most_parcels=3)
    assert "按图斑绘制，4 个" in few and "方格汇总 4 个图斑" in many
    for picture in (few, many):
        ElementTree.fromstring(picture)
        assert "模拟数据" in picture and "km" in picture or " m<" in picture
    (found,) = [maps._squares(statement)]
    # each parcel's middle lies in a square of its own: 706 yuan on 7,700 m² and so on
    assert sorted(found.density) == pytest.approx(
        sorted([706 / 7_700, 1_422 / 10_780, 203.53 / 10_300, 3_000 / 14_420])
    )


def test_bars_go_both_ways_from_zero():
    picture = ElementTree.fromstring(charts.bars([Bar("增", 3.0, "3"), Bar("减", -1.0, "-1")], title="t"))
    space = "{http://www.w3.org/2000/svg}"
    first, second = picture.iter(f"{space}rect")
    zero = float(next(picture.iter(f"{space}line")).get("x1"))
    assert float(first.get("x")) == zero
    assert float(second.get("x")) + float(second.get("width")) == pytest.approx(zero, abs=0.02)
    assert float(first.get("width")) == pytest.approx(3 * float(second.get("width")), abs=0.05)


def test_long_figures_are_told_in_wan_and_yi():
    told = [report_data.readable(figure) for figure in (12.345, -98_765.4, 1_005_302_303.7, 3.5e13)]
    assert told == ["12.35", "-9.877 万", "10.05 亿", "350,000 亿"]


def test_words_wrap_by_the_width_of_their_characters():
    assert svg.wrapped("模拟数据 synthetic data", width=60, size=10) == ["模拟数据", "synthetic", "data"]
