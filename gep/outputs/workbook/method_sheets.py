"""How the figures came about: prices and coefficients with sources, what is left out, formulas in words, inputs."""

import json

from core.coefficients import source_title
from gep import methods
from gep.method_profiles import indicator_list, switches
from gep.outputs import summary, words
from gep.outputs.statement import Statement
from gep.outputs.workbook.sheet import Book, Cell, Column, Sheet

FIGURES = (
    Column("表", "table", width=20),
    Column("参数", "key", width=26),
    Column("取值", "value", "price", 14),
    Column("单位", "unit", width=10),
    Column("每", "per", width=10),
    Column("区域", "region", width=9),
    Column("来源", "source", width=46),
    Column("出处", "locator", width=40),
    Column("证据", "evidence", width=13),
)
NOTES = (
    "地块取值：每个像元按被图斑覆盖的精确面积比例计权，不以像元中心判断。 Cells weigh by the share covered.",
    "缺测像元不作零处理，覆盖率列出图斑中有数据的面积比例。 Missing cells are never zero.",
    "价值量逐图斑四舍五入到分一次，村、乡镇、县、市均为图斑之和。 Rounded once; areas are sums of parcels.",
)
STATUS = {summary.PENDING: "待补数据 pending", summary.OFF: "本方法不计 off"}


def write(book: Book, statement: Statement) -> None:
    """Write the sheets."""
    _figures(book, statement)
    _left_out(book, statement)
    _formulas(book, statement)
    _provenance(book, statement)


def _figures(book: Book, statement: Statement) -> None:
    method = statement.account.method
    sheet = Sheet(
        book, "7 价格与参数 Figures", title="本次核算采用的价格与参数", english="Prices and coefficients taken",
        columns=FIGURES, frozen=2,
        note="着色行为未证实参数，含此类参数的结果不得作为正式结果。 Shaded rows are unconfirmed.",
    )  # fmt: skip
    for row in method.figures():
        evidence = f"{row['tag']} {words.TAGS[row['tag']]}"
        cells: list[Cell] = [row["table"], row["key"], float(row["value"]), row["unit"], row["per"], row["region"]]
        sheet.row([*cells, source_title(row["source"]), row["locator"], evidence], warning=row["tag"] == "U")
    for cell in method.unconfirmed_cells():
        sheet.remark(f"核算方案未证实：{cell}。 A cell of the profile that no text at hand confirms.")
    for price in method.unindexed_prices():
        sheet.remark(f"价格未折算到价格年份：{price}。 Price not indexed to the price year.")


def _left_out(book: Book, statement: Statement) -> None:
    sheet = Sheet(
        book, "8 待补与未列 Left out", title="未计入合计的指标", english="Indicators that are in no total",
        columns=(Column("代号", "id", width=8), Column("指标", "indicator", width=22),
                 Column("状态", "status", width=24), Column("缺少的输入", "inputs lacking", width=70)),
        note="缺数据的指标不计入合计，也不以零代替。 What lacks data is left out, never counted as zero.",
    )  # fmt: skip
    for name, told in summary.indicators(statement).items():
        if told["status"] != summary.ACCOUNTED:
            cells = [
                indicator_list()[name].id,
                words.name(name),
                STATUS[told["status"]],
                words.needed(told["lacking"]),
            ]
            sheet.row(cells)


def _formulas(book: Book, statement: Statement) -> None:
    sheet = Sheet(
        book, "9 方法 Method", title="核算方法说明", english="Formulas in words", note="", frozen=1,
        columns=(Column("指标", "indicator", width=20), Column("方法", "variant", width=16),
                 Column("公式（文字）", "formula in Chinese", width=62), Column("英文", "in English", width=52)),
    )  # fmt: skip
    for name, result in statement.account.results.items():
        told = words.formula(name, result.variant)
        sheet.row([words.name(name), result.variant, told.zh, told.en])
    for line in NOTES:
        sheet.remark(line)


def _provenance(book: Book, statement: Statement) -> None:
    told = summary.provenance(statement)
    sheet = Sheet(
        book, "10 来源 Provenance", title="输入与版本", english="Inputs, switches and versions", note="", frozen=1,
        columns=(Column("项目", "item", width=34), Column("内容", "content", width=72),
                 Column("说明", "note", width=40)),
    )  # fmt: skip
    sheet.row(["程序版本 code version", statement.code_version, ""])
    sheet.row(["参数表 SHA-256 coefficient tables", methods.tables_digest(), ""])
    for given in statement.inputs:
        sheet.row([f"输入 {given.name} SHA-256", given.sha256, given.label])
    for name, setting in told["switches"].items():
        known = switches().get(name)
        label = known.labels.get(json.dumps(setting).strip('"'), "") if known else ""
        sheet.row([f"开关 {name}", json.dumps(setting, ensure_ascii=False), f"{known.zh}：{label}" if known else ""])
    for found in statement.findings:
        for reason, count in found.counts:
            sheet.row([f"检查发现 {found.file}", reason, f"{count:,}"])
