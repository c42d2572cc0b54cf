"""Statistics sheets come as rows of texts that know where they stand."""

import openpyxl
import pytest

from gep.files import FileRefused, sheets

TABLE = "县区;产品;产量\n资溪县;水稻（早）;１２，３４５．６\n\n南丰县;蜜桔; 7 \n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("gb18030", "GB18030"), ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8-SIG"), ("utf-16", "UTF-16")],
)
def test_encodings_and_delimiters_are_found_out(tmp_path, encoding, told):
    path = tmp_path / "statistics.csv"
    path.write_bytes(TABLE.encode(encoding))
    found = sheets.read(path)
    assert (found.facts["encoding"], found.facts["delimiter"]) == (told, ";")
    assert [(row.number, row.cells) for row in found.rows()] == [
        (1, ("县区", "产品", "产量")), (2, ("资溪县", "水稻（早）", "12,345.6")), (4, ("南丰县", "蜜桔", "7")),
    ]  # fmt: skip
    assert next(found.rows()).place(2) == "C1"


def write_workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "2023"
    for row in (["农业统计", None, None], ["县区", "产品", "产量"], ["资溪县", "稻", 12.5], [None, "桔", 3],
                ["合计", None, "=SUM(C3:C4)"], ["编号", "00123", True]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A3:A4")
    book.create_sheet("说明").append(["来源：年鉴"])
    book.save(path)
    return path


def test_a_workbook_says_what_is_merged_and_which_formulas_have_no_value(tmp_path):
    found = sheets.read(write_workbook(tmp_path / "statistics.xlsx"))
    assert [sheet.name for sheet in found.sheets] == ["2023", "说明"]
    assert found.sheets[0].merged == ("A1:C1", "A3:A4")
    assert [row.cells for row in found.sheets[0].rows][2:4] == [("资溪县", "稻", "12.5"), ("", "桔", "3")]
    assert found.sheets[0].rows[5].cells == ("编号", "00123", "TRUE")
    assert found.sheets[0].rows[2].place(2) == "2023!C3"
    assert [(f.reason, f.row, f.column, f.told) for f in found.findings] == [
        ("merged_cells", 1, "A", "A1:C1"), ("merged_cells", 3, "A", "A3:A4"),
        ("formula_without_value", 0, "", "1 cells"),
    ]  # fmt: skip


def test_merged_cells_are_filled_when_that_is_declared(tmp_path):
    found = sheets.read(write_workbook(tmp_path / "statistics.xlsx"), merged="fill", sheet="2023")
    assert [row.cells[0] for row in found.rows()] == ["农业统计", "县区", "资溪县", "资溪县", "合计", "编号"]


def test_the_value_that_a_formula_was_saved_with_is_read(tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "statistics.xlsx"))
    book.add_worksheet("a").write_formula("B2", "=1+1", None, 2)
    book.close()
    found = sheets.read(tmp_path / "statistics.xlsx")
    assert [row.cells for row in found.rows()] == [("", "2")]
    assert len(found.findings) == 0


def test_a_sheet_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileRefused, match="sheet_missing.*2022.*there are 2023, 说明"):
        sheets.read(write_workbook(tmp_path / "statistics.xlsx"), sheet="2022")


def test_columns_are_lettered():
    assert [sheets.column_letter(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
