"""The worked example of docs/methods/vep.md as a file: two years at 5 %, tea and stays, and three like units."""

import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from core import fonts
from gep import unit_files
from gep.unit_files import UnitFileRefused
from gep.uses.vep import NobodyPays

UNIT = """[unit]
name = "竹海民宿群"
place = "乐安县"
first_year = 2025
discount_rate = "0.05"
stated_by = "项目公司"
synthetic = true
size = "120"
size_unit = "亩"
[[products]]
name = "tea"
group = "provisioning"
net_income_fen = [1000000, 1000000]
source = "books of 2024"
[[products]]
name = "stays"
group = "cultural"
net_income_fen = [-500000, 2000000]
source = "business plan"
"""
LIKE_UNITS = "".join(
    f'[[comparables]]\nname = "{name}"\nyuan_per_unit = "{price}"\nsource = "contract"\n{more}'
    for name, price, more in (("a", "250", 'factors = {place = "1.1"}\n'), ("b", "260", ""), ("c", "265", ""))
)


@pytest.fixture
def unit(tmp_path):
    path = tmp_path / "UNIT.toml"
    path.write_text(UNIT + LIKE_UNITS, encoding="utf-8")
    return path


def test_the_worked_example_by_both_approaches(unit):
    found = unit_files.value(unit_files.describe(unit))
    assert found.income.fen == 3_197_279
    assert found.income.by_product_fen == {"tea": 1_859_410, "stays": 1_337_869}
    # 9,523.81 and 9,070.29 yuan; −4,761.90 and 18,140.59; the years of a product add up to it.
    assert found.present_fen == {"tea": (952_381, 907_029), "stays": (-476_190, 1_814_059)}
    # (250 × 1.1 + 260 + 265) / 3 × 120 mu.
    assert found.comparables.fen == 3_200_000


def test_the_command_writes_a_workbook_a_paper_and_a_summary(unit, tmp_path, capsys):
    call_command("gep", "vep", str(unit), "--out", str(tmp_path / "out"))
    told = capsys.readouterr().out
    assert "31,972.79 元" in told and "32,000.00 元" in told and "不与 GEP 相加" in told
    summary = json.loads((tmp_path / "out" / "vep.json").read_text(encoding="utf-8"))
    assert (summary["income_fen"], summary["comparables_fen"]) == (3_197_279, 3_200_000)
    assert "total_fen" not in summary and summary["labels"][0].startswith("模拟数据")
    book = openpyxl.load_workbook(tmp_path / "out" / "vep.xlsx")
    assert [name.split()[-1] for name in book.sheetnames] == ["Value", "Years", "Comparables", "Sources"]
    years = [list(row) for row in book["2 逐年 Years"].iter_rows(values_only=True)]
    assert next(row for row in years if row[0] == "合计")[-1] == 3_197_279
    assert all(sheet.page_setup.paperSize == 9 and "模拟数据" in sheet["A3"].value for sheet in book)
    assert (tmp_path / "out" / "vep.pdf").read_bytes().startswith(b"%PDF")


def test_without_a_chinese_font_the_paper_alone_is_refused(unit, tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "families", frozenset)
    with pytest.raises(CommandError, match="fonts-noto-cjk") as refused:
        call_command("gep", "vep", str(unit), "--out", str(tmp_path / "out"))
    assert refused.value.returncode == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"vep.json", "vep.xlsx"}


@pytest.mark.parametrize(
    ("old", "new", "refusal", "sentence"),
    [
        ('group = "cultural"', 'group = "regulating"', NobodyPays, "nobody pays for stays"),
        ('discount_rate = "0.05"', "discount_rate = 0.05", UnitFileRefused, "unit.discount_rate is missing or no"),
        ('discount_rate = "0.05"', 'discount_rate = "nan"', UnitFileRefused, "unit.discount_rate is missing or no"),
        ("[-500000, 2000000]", "[-500000, 2.5]", UnitFileRefused, r"products\[1\].net_income_fen is a list of whole"),
        ("[-500000, 2000000]", "[]", UnitFileRefused, r"products\[1\].net_income_fen is a list of whole fen"),
        ('source = "business plan"', "", UnitFileRefused, r"products\[1\].source is missing"),
        ('place = "乐安县"', 'place = "乐安县"\ngep_fen = 3', UnitFileRefused, "keys that are not known: unit.gep_fen"),
        ('name = "b"', 'name = "b"\nfactors = 3', UnitFileRefused, r"comparables\[1\].factors must be a table"),
        ("[unit]", "[unit", UnitFileRefused, "UNIT.toml: "),
    ],
)
def test_what_does_not_hold_is_named(unit, old, new, refusal, sentence):
    unit.write_text(unit.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(refusal, match=sentence):
        unit_files.value(unit_files.describe(unit))


def test_a_unit_that_states_nothing_has_no_value(unit):
    unit.write_text(UNIT.partition("[[products]]")[0], encoding="utf-8")
    with pytest.raises(UnitFileRefused, match=r"neither \[\[products\]\] nor \[\[comparables\]\]"):
        unit_files.value(unit_files.describe(unit))
