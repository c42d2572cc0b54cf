"""The accounts of stocks after SEEA EA, and what changed since the opening year: extent, condition, assets, values."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from core.coefficients import CoefficientMissing
from gep.accounting.land_changes import OUTSIDE
from gep.accounting.value_changes import ValueChange
from gep.change import extent as extents
from gep.change.areas import MM2_PER_HA
from gep.change.extent import ExtentAccount
from gep.change.lineage import Lineage
from gep.outputs import ecosystem_accounts, lineage_table, words
from gep.outputs.money import FEN_PER_WAN
from gep.outputs.statement import Statement
from gep.outputs.workbook.sheet import Book, Cell, Column, Kind, Sheet
from gep.seea import condition, names
from gep.seea.assets import AssetAccount, Terms
from gep.seea.condition import ConditionAccount

NO_OPENING = (
    "没有期初账户，只列期末：在 ACCOUNT.toml 中以 [opening] account = \"…\" 指定往年账户后可比较。"
    " No opening account: name one under [opening] to compare."
)  # fmt: skip
MOST_EDGES = 2_000
TYPE_COLUMNS = (Column("代码", "code", width=10), Column("生态系统类型", "ecosystem type", width=20))


def write(book: Book, statement: Statement) -> None:
    """Write the sheets; what an account lacks for one of them is said in it."""
    _extent(book, statement)
    _matrix(book, statement)
    _condition(book, statement)
    _assets(book, statement)
    _effects(book, statement)
    _lineage(book, statement)


def _years(statement: Statement) -> str:
    return f"{statement.opening.described.year}—{statement.year}年" if statement.opening else f"{statement.year}年"


def _type_cells(code: str) -> list[Cell]:
    return [code, words.class_name(code)]


def _hectares(mm2: int | None) -> float | None:
    return None if mm2 is None else mm2 / MM2_PER_HA


def _extent(book: Book, statement: Statement) -> None:
    heads = (("期初", "opening"), ("增加", "additions"), ("减少", "reductions"), ("重测差异", "reappraisal"),
             ("期末", "closing"))  # fmt: skip
    rates: tuple[Column, ...] = ()
    if statement.opening:
        rates = (
            Column("年变化率 K_T", "rate a year", "share", 13),
            Column("转出强度 R_T", "outflow intensity", "yi", 13),
        )
    sheet = Sheet(
        book, "16 范围 Extent", title=f"{_years(statement)}生态系统范围账户", english="Ecosystem extent account",
        columns=(*TYPE_COLUMNS, *(Column(zh, en, "yi", 17, "公顷 hectares") for zh, en in heads), *rates), frozen=2,
        note="期初＋增加－减少＋重测差异＝期末，以平方毫米计精确相等。 Opening + additions − reductions + reappraisal"
        " = closing, exact to the mm².",
    )  # fmt: skip
    rows = ecosystem_accounts.extent(statement)
    shares = _rates(statement.opening.extent, _span(statement)) if statement.opening else {}
    for row in rows:
        amounts = (row.opening_mm2, row.additions_mm2, row.reductions_mm2, row.reappraisal_mm2, row.closing_mm2)
        cells = [_hectares(amount) for amount in amounts]
        sheet.row([*_type_cells(row.type), *cells, *(shares.get(row.type, (None, None)) if rates else ())])
    sides = [[getattr(row, name) for row in rows] for name in
             ("opening_mm2", "additions_mm2", "reductions_mm2", "reappraisal_mm2", "closing_mm2")]  # fmt: skip
    totals = [None if None in side else _hectares(sum(side)) for side in sides]
    sheet.row(["", "合计", *totals, *((None, None) if rates else ())], total=True)
    if not statement.opening:
        sheet.remark(NO_OPENING)
        return
    sheet.remark("类型以图斑调查地类为准，未注明处按土地覆被。 The survey says the type, else the land cover.")
    sheet.remark("重测差异：两次调查对同一块地的面积差。 Reappraisal: what the surveys measure otherwise.")
    for region, found in sorted(statement.opening.regions.items()):
        moved = int(found.transfers_in_mm2.sum()) - int(found.transfers_out_mm2.sum())
        if moved and region != OUTSIDE:
            name = statement.area_name(region) or region
            sheet.remark(f"{name}因界线调整净划入 {moved / MM2_PER_HA:,.4f} 公顷，不计为类型变化。 Moved borders.")


def _span(statement: Statement) -> int:
    return statement.year - statement.opening.described.year if statement.opening else 0


def _rates(account: ExtentAccount, years: int) -> dict[str, tuple[Cell, Cell]]:
    """K_T and R_T of HJ 1175-2021 by type."""
    intensity = extents.outflow_intensity(account).tolist()
    return {
        code: (
            extents.single_type_rate(int(account.opening_mm2[i]), int(account.closing_mm2[i]), years=years)
            if account.opening_mm2[i] else None,
            intensity[i],
        )
        for i, code in enumerate(account.types)
    }  # fmt: skip


def _matrix(book: Book, statement: Statement) -> None:
    account = statement.opening.extent if statement.opening else None
    types = account.types if account else ()
    sheet = Sheet(
        book, "17 转移矩阵 Matrix", title=f"{_years(statement)}生态系统类型转移矩阵",
        english="Ecosystem type change matrix",
        columns=(*TYPE_COLUMNS, *(Column(words.class_name(code), code, "yi", 14, "期末类型（公顷） closing, ha")
                                  for code in types), Column("期初合计", "opening", "yi", 16)),
        frozen=2,
        note="行为期初类型，列为期末类型，单位公顷；行合计等于期初，列合计等于期末。 Rows are opening types.",
    )  # fmt: skip
    if account is None or account.matrix_mm2 is None:
        sheet.remark(NO_OPENING)
        return
    for code, row in zip(types, account.matrix_mm2.tolist(), strict=True):
        sheet.row([*_type_cells(code), *map(_hectares, row), _hectares(sum(row))])
    closing = account.closing_mm2.tolist()
    sheet.row(["", "期末合计 closing", *map(_hectares, closing), _hectares(sum(closing))], total=True)


def _condition(book: Book, statement: Statement) -> None:
    sides = (("期初", "opening"), ("期末", "closing"))
    columns = [
        *TYPE_COLUMNS,
        *(Column(f"{zh} EQI", f"{en} index", "quantity", 12, "生态系统质量指数 index") for zh, en in sides),
        Column("变化", "change", "quantity", 12, "生态系统质量指数 index"),
        *(Column(f"{zh}等级", f"{en} grade", "text", 10, "等级 grade") for zh, en in sides),
        *(Column(f"{zh}覆盖", f"{en} known", "share", 10, "有数据面积 known share") for zh, en in sides),
    ]
    sheet = Sheet(
        book, "18 状况 Condition", title=f"{_years(statement)}生态系统状况账户", english="Ecosystem condition account",
        columns=columns, frozen=2,
        note="EQI＝（叶面积指数、植被覆盖度、总初级生产力相对密度之和）÷3×100（HJ 1172-2021）；"
        "优≥75，良≥55，中≥35，低≥20。",
    )  # fmt: skip
    account = ecosystem_accounts.condition_account(statement)
    if account is None:
        lacking = words.needed(ecosystem_accounts.condition_lacks(statement))
        sheet.remark(f"待补数据，未编制：缺图层 {lacking}。 Not compiled: these layers are missing.")
        return
    for cells in _condition_rows(statement, account):
        sheet.row(cells)
    sheet.remark(
        "相对密度以两年内该类型图斑的最高值为参照。 The best parcel of each type in both years is the reference."
    )
    if not statement.opening:
        sheet.remark(NO_OPENING)
    elif statement.opening.recalculated.condition.lacking:
        sheet.remark("期初账户缺图层，期初状况空缺。 The opening account lacks layers.")


def _grades(index: NDArray[np.float64], *, year: int) -> list[str]:
    """The grades by the norm of the closing year; none for a year before there was one."""
    try:
        return [str(grade) for grade in condition.grades(index, year=year)]
    except CoefficientMissing:
        return [condition.UNGRADED] * len(index)


def _condition_rows(statement: Statement, account: ConditionAccount) -> Iterator[list[Cell]]:
    graded = [_grades(index, year=statement.year) for index in (account.opening, account.closing)]
    for i, code in enumerate(account.types):
        marks: list[Cell] = [names.name(side[i]) if side[i] else None for side in graded]
        known: list[Cell] = [float(account.opening_known_share[i]), float(account.closing_known_share[i])]
        index: list[Cell] = [float(column[i]) for column in (account.opening, account.closing, account.change)]
        yield [*_type_cells(code), *index, *marks, *known]


ASSETS_LEAVE_OUT = (
    "不含未分摊到图斑的统计产值，也不含替代成本法等非交换价值。"
    " Without what is unallocated and what is no exchange value."
)
ASSET_COLUMNS = (
    ("opening_fen", "期初", "opening"), ("additions_by_conversion_fen", "类型转入", "conversions in"),
    ("reductions_by_conversion_fen", "类型转出", "conversions out"), ("enhancement_fen", "质量提升", "enhancement"),
    ("degradation_fen", "质量下降", "degradation"), ("revaluation_fen", "重估价", "revaluation"),
    ("closing_fen", "期末", "closing"),
)  # fmt: skip


def _assets(book: Book, statement: Statement) -> None:
    shown = ASSET_COLUMNS if statement.opening else ASSET_COLUMNS[-1:]
    account = ecosystem_accounts.asset_account(statement)
    sheet = Sheet(
        book, "19 资产 Assets", title=f"{_years(statement)}生态系统资产货币账户",
        english="Monetary asset account by NPV",
        columns=(*TYPE_COLUMNS, *(Column(zh, en, "wan", 18, "万元 10⁴ yuan") for _, zh, en in shown),
                 Column("期末（分）", "closing, fen", "fen", 24)), frozen=2,
        note="交换价值类服务年流量的净现值，首年不贴现；流量设为不变。"
        " Net present value of exchange values, constant flow.",
    )  # fmt: skip
    if account is None:
        sheet.remark(f"未编制：没有 {statement.year} 年可用的贴现率与年限。 No discount rate for the year.")
        return
    for i, code in enumerate(account.types):
        if any(getattr(account, name)[i] for name, _, _ in shown):
            sheet.row([*_type_cells(code), *_asset_cells(account, i, [name for name, _, _ in shown])])
    totals = [int(getattr(account, name).sum()) for name, _, _ in shown]
    sheet.row(["", "合计", *(fen / FEN_PER_WAN for fen in totals), totals[-1]], total=True)
    terms = Terms.of(region=statement.region, year=statement.year)
    sheet.remark(f"贴现率 {terms.rate:.2%}，{terms.years} 年（assets.csv）。 Discount rate and years of life.")
    sheet.remark(ASSETS_LEAVE_OUT)
    if not statement.opening:
        sheet.remark(NO_OPENING)


def _asset_cells(account: AssetAccount, place: int, fields: list[str]) -> list[Cell]:
    amounts = [int(getattr(account, name)[place]) for name in fields]
    return [*(fen / FEN_PER_WAN for fen in amounts), amounts[-1]]


EFFECT_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("opening_fen", "期初公布值", "opening as stated"), ("method_fen", "方法影响", "method"),
    ("quantity_fen", "数量影响", "quantity"), ("price_fen", "价格影响", "price"),
    ("unsplit_fen", "未能分解", "not split"), ("closing_fen", "期末值", "closing"),
)  # fmt: skip


def _effects(book: Book, statement: Statement) -> None:
    wan: Kind = "wan"
    sheet = Sheet(
        book, "20 变化分解 Effects", title=f"{_years(statement)}价值量变化分解", english="Change split by LMDI",
        columns=(Column("指标", "indicator", width=18),
                 *(Column(zh, en, wan, 17, "万元 10⁴ yuan") for _, zh, en in EFFECT_COLUMNS),
                 Column("期初不变价", "opening, closing prices", wan, 17, "不变价（万元） constant prices"),
                 Column("不变价变化", "change", wan, 17, "不变价（万元） constant prices"),
                 Column("期末值（分）", "closing, fen", "fen", 20)),
        note="期初＋方法＋数量＋价格＋未能分解＝期末，以分计精确相等（LMDI）。"
        " The effects add up to the change, to the fen.",
    )  # fmt: skip
    if statement.opening is None:
        sheet.remark(NO_OPENING)
        return
    changes = statement.opening.changes
    for name in words.in_order(changes):
        sheet.row(_effect_cells(words.name(name), changes[name]))
    totals = [sum(getattr(change, name) for change in changes.values()) for name, _, _ in EFFECT_COLUMNS]
    sheet.row(["合计", *(fen / FEN_PER_WAN for fen in totals), None, None, totals[-1]], total=True)
    sheet.remark("方法影响：期初年按期末的方法、开关与参数重算后的差。 Method: the opening year recalculated.")
    sheet.remark(
        f"不变价：期初实物量按期末账户（{statement.price_year} 年价格）单价计；缺单价的为空。 Blank: no price."
    )
    for name, change in changes.items():
        if change.unsplit:
            told = "、".join(words.part(f"{part}_")[0] for part in change.unsplit)
            sheet.remark(
                f"{words.name(name)}未能分解的部分：{told}（仅一年有数据或只有产值）。 One year alone, or no quantity."
            )


def _effect_cells(name: str, change: ValueChange) -> list[Cell]:
    amounts = [getattr(change, field) for field, _, _ in EFFECT_COLUMNS]
    constant = change.constant_price_fen
    both = [None, None] if constant is None else [constant / FEN_PER_WAN, (change.closing_fen - constant) / FEN_PER_WAN]
    return [name, *(fen / FEN_PER_WAN for fen in amounts), *both, amounts[-1]]


def _lineage(book: Book, statement: Statement) -> None:
    sheet = Sheet(
        book, "21 图斑沿革 Lineage", title=f"{_years(statement)}图斑沿革",
        english="Parcels split, merged, new and gone",
        columns=(Column("期初图斑", "opening parcel", width=26), Column("期末图斑", "closing parcel", width=26),
                 Column("共有面积（m²）", "shared area, m²", "quantity", 17),
                 Column("占期初图斑", "of opening parcel", "share", 12),
                 Column("变化", "kind", width=16)),
        note=f"只列变化的图斑，至多 {MOST_EDGES:,} 行；全部见 lineage.csv。 Changes alone; all are in lineage.csv.",
    )  # fmt: skip
    if statement.opening is None:
        sheet.remark(NO_OPENING)
        return
    lineage = statement.opening.land.lineage
    kinds = lineage_table.kinds(lineage)
    for cells in _edges(lineage, kinds):
        sheet.row(cells)
    for kind, count in lineage_table.counts(kinds).items():
        sheet.remark(f"{lineage_table.KINDS[kind]}（{kind}）：{count:,} 条")


def _edges(lineage: Lineage, kinds: np.ndarray) -> Iterator[list[Cell]]:
    shares = lineage.shares()
    for i in np.flatnonzero(kinds != lineage_table.UNCHANGED)[:MOST_EDGES].tolist():
        area_m2 = int(lineage.area_mm2[i]) / 1e6
        yield [str(lineage.parent[i]), str(lineage.child[i]), area_m2, float(shares[i]),
               lineage_table.KINDS[str(kinds[i])]]  # fmt: skip
