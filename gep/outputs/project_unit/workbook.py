"""vep.xlsx: the value of a project unit, its products year by year, like units, and where each figure comes from."""

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from gep.outputs.money import FEN_PER_WAN
from gep.outputs.words import GROUPS
from gep.outputs.workbook.sheet import Book, Cell, Column, Kind, Sheet
from gep.unit_files import UnitValue

OPTIONS = {
    "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
}  # fmt: skip
SEAL = ("编制单位（盖章）：", "负责人：　　　　　　审核人：　　　　　　制表人：", "　　　　年　　月　　日")


def write(found: UnitValue, path: Path, *, labels: Sequence[str]) -> None:
    """Write every sheet; ``labels`` stand at the head of each."""
    with xlsxwriter.Workbook(str(path), OPTIONS) as file:
        book = Book(file, "; ".join(labels))
        _value(book, found)
        if found.income:
            _years(book, found)
        if found.comparables:
            _comparables(book, found)
        _sources(book, found)


def _value(book: Book, found: UnitValue) -> None:
    unit = found.unit
    sheet = Sheet(
        book, "1 价值 Value", title=f"{unit.name}特定地域单元生态产品价值", english="Value of a project unit (VEP)",
        note=f"{unit.place}；数据提供：{unit.stated_by}。收益法：逐年净收益年末贴现；单列，不与 GEP 相加。",
        columns=(Column("方法或产品", "approach or product", width=30), Column("类别", "group", width=12),
                 Column("付费方", "payer", width=24), Column("万元", "10⁴ yuan", "wan", 18, "价值 value"),
                 Column("分（精确）", "fen, exact", "fen", 22, "价值 value")), frozen=1,
    )  # fmt: skip
    if found.income:
        for product in unit.products:
            fen = found.income.by_product_fen[product.name]
            group = GROUPS[product.group][0]
            sheet.row([product.name, group, product.payer or "市场出售", fen / FEN_PER_WAN, fen])
        sheet.row(_total("收益法 income", found.income.fen), total=True)
        sheet.remark(f"贴现率 {float(unit.discount_rate):.2%}，{unit.first_year} 年起 {unit.years} 年。 Discounted from"
                     " the end of each year.")  # fmt: skip
    if found.comparables:
        sheet.row(_total("市场比较法 comparables", found.comparables.fen), total=True)
        sheet.remark("两种方法互为校验，不相加。 The two approaches check each other and are not added.")
    sheet.remark("")
    for line in SEAL:
        sheet.remark(line)


def _total(name: str, fen: int) -> list[Cell]:
    return [name, None, None, fen / FEN_PER_WAN, fen]


def _years(book: Book, found: UnitValue) -> None:
    unit = found.unit
    wan: Kind = "wan"
    heads = [column for product in unit.products for column in (
        Column("净收益", "net income", wan, 15, f"{product.name}（万元）"),
        Column("现值", "present value", wan, 15, f"{product.name}（万元）"))]  # fmt: skip
    sheet = Sheet(
        book, "2 逐年 Years", title=f"{unit.name}逐年净收益与现值", english="Net income and present value by year",
        note="各年现值之和等于产品价值，分毫不差；亏损为负。 Years add up to the product's value, to the fen.",
        columns=(Column("年份", "year", width=10), *heads, Column("现值合计（分）", "present, fen", "fen", 20)),
    )  # fmt: skip
    for year in range(unit.years):
        cells: list[Cell] = [str(unit.first_year + year)]
        total = 0
        for product in unit.products:
            there = year < len(product.net_income_fen)
            present = found.present_fen[product.name][year] if there else 0
            income: Cell = product.net_income_fen[year] / FEN_PER_WAN if there else None
            cells += [income, present / FEN_PER_WAN if there else None]
            total += present
        sheet.row([*cells, total])
    sums: list[Cell] = ["合计"]
    for product in unit.products:
        present_fen = sum(found.present_fen[product.name])
        sums += [sum(product.net_income_fen) / FEN_PER_WAN, present_fen / FEN_PER_WAN]
    sheet.row([*sums, sum(map(sum, found.present_fen.values()))], total=True)


def _comparables(book: Book, found: UnitValue) -> None:
    unit = found.unit
    sheet = Sheet(
        book, "3 可比案例 Comparables", title=f"{unit.name}可比案例", english="Like units",
        note=f"价值＝修正单价的平均×规模（{unit.size} {unit.size_unit}）。 Mean adjusted price times size.",
        columns=(Column("案例", "like unit", width=28), Column(f"单价（元/{unit.size_unit}）", "price", "yuan", 18),
                 Column("修正系数", "factors", width=40), Column("修正单价", "adjusted", "yuan", 18)),
    )  # fmt: skip
    for like in unit.comparables:
        factors = "、".join(f"{name} {factor}" for name, factor in like.factors.items())
        sheet.row([like.name, float(like.yuan_per_unit), factors or None, float(like.adjusted())])


def _sources(book: Book, found: UnitValue) -> None:
    unit = found.unit
    sheet = Sheet(
        book, "4 来源 Sources", title="数据来源", english="Where each figure comes from", note="",
        columns=(Column("产品或案例", "of", width=30), Column("来源", "source", width=90)),
    )  # fmt: skip
    for name, source in unit.sources.items():
        sheet.row([name, source])
    sheet.remark(f"输入文件 SHA-256：{unit.sha256}")
