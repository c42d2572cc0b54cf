"""The cover of the workbook: what account this is, its key figures, and the place for the seal."""

from core.units import M2_PER_KM2
from gep.outputs import money, sums, words
from gep.outputs.statement import ALLOCATED, Statement
from gep.outputs.workbook.sheet import Book, Cell, Column, Sheet

COLUMNS = (Column("项目", "item", width=30), Column("内容", "content", width=70))
SEAL = ("编制单位（盖章）：", "负责人：　　　　　　审核人：　　　　　　制表人：", "　　　　年　　月　　日")
SHEETS = (
    "各表：总表、分县、分生态系统类型、分乡镇、实物量分项、地块、价格与参数、待补与未列指标、方法、来源；"
    "SEEA 供给与使用、范围、状况、资产、变化分解、图斑沿革。"
)


def write(book: Book, statement: Statement) -> None:
    """Write the cover."""
    sheet = Sheet(
        book, "封面 Cover", title=statement.title, english=f"Gross ecosystem product of {statement.year}",
        note="", columns=COLUMNS, frozen=0,
    )  # fmt: skip
    for cells in _rows(statement):
        sheet.row(cells)
    sheet.remark(SHEETS)
    sheet.remark(ALLOCATED)
    sheet.remark("")
    for line in SEAL:
        sheet.remark(line)


def _rows(statement: Statement) -> list[tuple[Cell, ...]]:
    method, region = statement.account.method, sums.whole(statement.account)
    groups = words.indicators_by_group(frozenset(statement.account.results))
    rows: list[tuple[Cell, ...]] = [
        ("核算区域 region", f"{statement.place}（{statement.region}）"),
        ("核算年份 accounting year", str(statement.year)),
        ("价格年份 price year", str(statement.price_year)),
        ("方法 method", f"{method.profile.document} {method.profile.zh}（{method.profile.name}）"),
        ("生态产品总值 total", f"{money.yi(region.total_fen)} 亿元（{money.exact(region.total_fen)} 元）"),
    ]
    for group, names in groups:
        fen = sum(region.fen[name] for name in names)
        rows.append((f"其中：{words.GROUPS[group][0]} {words.GROUPS[group][1]}", f"{money.yi(fen)} 亿元"))
    return [
        *rows,
        ("图斑数 parcels", f"{region.parcels:,}"),
        ("面积 area", f"{region.area_m2 / M2_PER_KM2:,.2f} km²"),
        ("坐标系 CRS", statement.crs),
        ("标注 labels", statement.label or "无 none"),
        ("待补数据指标 pending", "、".join(words.name(name) for name in statement.account.pending) or "无 none"),
        ("程序版本 code version", statement.code_version),
    ]
