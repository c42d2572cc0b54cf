"""The tables of the norm: by indicator, by county, by ecosystem class, by township, and quantities by part."""

from collections.abc import Iterator, Mapping

from core.units import M2_PER_KM2
from gep.method_profiles import indicator_list
from gep.outputs import summary, sums, words
from gep.outputs.money import FEN_PER_WAN, FEN_PER_YI
from gep.outputs.statement import Statement
from gep.outputs.sums import UNALLOCATED, AreaSum
from gep.outputs.workbook.sheet import MISSING, Book, Cell, Column, Sheet
from gep.uncertainty import Interval

GRADES = "等级：A 统计或实测，B 模型，C 含未证实参数。 A counted, B modelled, C rests on an unconfirmed figure."
FEN_NOTE = "价值量以分为最小单位逐块取整，合计等于各行之和，分毫不差。 Values are whole fen; totals are exact sums."
TOTALS = (
    Column("类别", "group", width=12),
    Column("代号", "id", width=7),
    Column("指标", "indicator", width=16),
    Column("英文名", "in English", width=20),
    Column("数量", "quantity", "quantity", 20, "实物量 physical"),
    Column("单位", "unit", width=9, group="实物量 physical"),
    Column("单价（元/单位）", "yuan per unit", "price", 14),
    Column("万元", "10⁴ yuan", "wan", 17, "价值量 monetary"),
    Column("亿元", "10⁸ yuan", "yi", 14, "价值量 monetary"),
    Column("分（精确）", "fen, exact", "fen", 20, "价值量 monetary"),
    Column("占比", "share", "share", 9),
    Column("下限（万元）", "lower, 10⁴ yuan", "wan", 16, "95% 区间 interval"),
    Column("上限（万元）", "upper, 10⁴ yuan", "wan", 16, "95% 区间 interval"),
    Column("等级", "grade", width=7),
    Column("方法", "variant", width=14),
)
OFFICIAL = (
    Column("指标", "indicator", width=16),
    Column("县（区）", "county", width=14),
    Column("代码", "code", width=10),
    Column("模型值（分）", "model, fen", "fen", 20),
    Column("官方数（分）", "official, fen", "fen", 20),
    Column("校准系数", "official over model", "price", 16),
)


def write(book: Book, statement: Statement) -> None:
    """Write the sheets."""
    _totals(book, statement)
    _by_area(book, statement, level="county", name="2 分县 Counties", title="各县（区）生态产品总值")
    _by_ecosystem(book, statement)
    _by_area(book, statement, level="town", name="4 分乡镇 Towns", title="各乡镇生态产品总值")
    _parts(book, statement)
    _official(book, statement)


def _totals(book: Book, statement: Statement) -> None:
    account, region = statement.account, sums.whole(statement.account)
    sheet = Sheet(
        book, "1 总表 Totals", title=f"{statement.place}{statement.year}年生态产品总值",
        english="Gross ecosystem product by indicator", columns=TOTALS, frozen=3,
        note=f"单位见各列；价格年份 {statement.price_year}。{FEN_NOTE}",
    )  # fmt: skip
    for group, names in words.indicators_by_group(frozenset(account.results)):
        for name in names:
            sheet.row(_indicator(statement, group, name, region))
        fen = sum(region.fen[name] for name in names)
        sheet.row(_subtotal(f"{words.GROUPS[group][0]}小计", fen, region), total=True)
    interval, grade = statement.total_interval, summary.grade(account)
    sheet.row(_subtotal("生态产品总值", region.total_fen, region, interval=interval, grade=grade), total=True)
    sheet.remark(MISSING)
    sheet.remark(GRADES)
    sheet.remark("单价为空的指标由统计产值直接分摊。 No price where statistics state the value itself.")
    for name, lacking in account.pending.items():
        sheet.remark(f"待补数据，未计入合计：{words.name(name)}，缺 {words.needed(lacking)}。 Pending.")


def _indicator(statement: Statement, group: str, name: str, region: AreaSum) -> list[Cell]:
    listed, result = indicator_list()[name], statement.account.results[name]
    fen = region.fen[name]
    price = result.yuan_per_unit if result.prices else None
    return [
        words.GROUPS[group][0], listed.id, listed.zh, listed.en, region.quantity[name], words.UNITS[result.unit], price,
        fen / FEN_PER_WAN, fen / FEN_PER_YI, fen, _share(fen, region.total_fen),
        *_bounds(statement.value_interval(name)), result.grade,
        result.variant,
    ]  # fmt: skip


def _bounds(interval: Interval | None) -> list[Cell]:
    return [interval.low95 / FEN_PER_WAN, interval.high95 / FEN_PER_WAN] if interval else [None, None]


def _subtotal(
    name: str, fen: int, region: AreaSum, *, interval: Interval | None = None, grade: str | None = None
) -> list[Cell]:
    share = _share(fen, region.total_fen)
    amounts = [fen / FEN_PER_WAN, fen / FEN_PER_YI, fen]
    return [name, None, None, None, None, None, None, *amounts, share, *_bounds(interval), grade, None]


def _share(fen: int, of_fen: int) -> float | None:
    return fen / of_fen if of_fen else None


def _value_columns(names: list[str]) -> list[Column]:
    """A column in 万元 for each indicator, under the head of its group; then the total, readable and exact."""
    listed = indicator_list()
    columns = [
        Column(listed[name].zh, listed[name].en, "wan", 15, f"{words.GROUPS[listed[name].group][0]}（万元）")
        for name in names
    ]
    total = "合计 total"
    return [
        *columns,
        Column("万元", "10⁴ yuan", "wan", 17, total),
        Column("亿元", "10⁸ yuan", "yi", 14, total),
        Column("分（精确）", "fen, exact", "fen", 20, total),
    ]


def _values(names: list[str], fen: Mapping[str, int]) -> list[Cell]:
    total = sum(fen.values())
    each = [fen[name] / FEN_PER_WAN if name in fen else None for name in names]
    return [*each, total / FEN_PER_WAN, total / FEN_PER_YI, total]


def _by_area(book: Book, statement: Statement, *, level: str, name: str, title: str) -> None:
    account = statement.account
    names = words.in_order(statement.account.results)
    columns = [
        Column("代码", "code", width=15),
        Column("名称", "name", width=14),
        Column("图斑数", "parcels", "count", 10),
        Column("面积（km²）", "area, km²", "quantity", 13),
        *_value_columns(names),
    ]
    sheet = Sheet(
        book, name, title=f"{statement.year}年{title}", english=f"By {level}", columns=columns, frozen=2, note=FEN_NOTE
    )
    for code, found in sums.by_area(account, level=level).items():
        named = statement.area_name(code) or ("（未注明）" if not code else "")
        sheet.row([code, named, found.parcels, found.area_m2 / M2_PER_KM2, *_values(names, found.fen)])
    if level == "town":
        for county, fen in sorted(account.unallocated.items()):
            if any(fen.values()):
                label = f"{statement.area_name(county)}未分摊"
                sheet.row([f"{UNALLOCATED}-{county}", label, None, None, *_values(names, fen)])
    region = sums.whole(account)
    area = region.area_m2 / M2_PER_KM2
    sheet.row([statement.region, "合计", region.parcels, area, *_values(names, region.fen)], total=True)
    sheet.remark(MISSING)


def _by_ecosystem(book: Book, statement: Statement) -> None:
    names = words.in_order(statement.account.results)
    columns = [
        Column("代码", "code", width=12),
        Column("生态系统类型", "ecosystem class", width=18),
        Column("面积（km²）", "area, km²", "quantity", 13),
        *_value_columns(names),
    ]
    sheet = Sheet(
        book, "3 分生态系统 Ecosystems", title=f"{statement.year}年各生态系统类型生态产品总值", frozen=2,
        english="By ecosystem class of HJ 1166-2021", columns=columns,
        note="面积为图斑内各类型的覆盖面积（按像元覆盖比例精确计量）。",
    )  # fmt: skip
    total_m2, total = 0.0, dict.fromkeys(names, 0)
    for code, found in summary.by_ecosystem(statement).items():
        fen = {name: told["value_fen"] for name, told in found["indicators"].items()}
        sheet.row([code, found["name"], found["area_m2"] / M2_PER_KM2, *_values(names, fen)])
        total_m2 += found["area_m2"]
        total = {name: value + fen.get(name, 0) for name, value in total.items()}
    sheet.row(["", "合计", total_m2 / M2_PER_KM2, *_values(names, total)], total=True)
    sheet.remark(MISSING)


def _parts(book: Book, statement: Statement) -> None:
    counties = sums.by_area(statement.account, level="county")
    columns = [
        Column("指标", "indicator", width=16),
        Column("分项", "part", width=16),
        Column("单位", "unit", width=9),
        Column("合计", "total", "quantity", 20),
        *(Column(statement.area_name(code) or code, code, "quantity", 18, "各县（区） by county") for code in counties),
    ]
    sheet = Sheet(
        book, "5 实物量 Physical", title=f"{statement.year}年实物量", english="Physical account by indicator and part",
        columns=columns, frozen=2,
        note="分项为指标的组成或中间量，不与指标相加。 Parts explain an indicator; never add both.",
    )  # fmt: skip
    for cells in _part_rows(statement, counties):
        sheet.row(cells)
    sheet.remark(MISSING)


def _part_rows(statement: Statement, counties: Mapping[str, AreaSum]) -> Iterator[list[Cell]]:
    account, region = statement.account, sums.whole(statement.account)
    for name in words.in_order(statement.account.results):
        result = account.results[name]
        each = [found.quantity[name] for found in counties.values()]
        yield [words.name(name), "", words.UNITS[result.unit], region.quantity[name], *each]
        for column, quantity in result.parts.items():
            zh, unit = words.part(column)
            by_county = sums.quantity_by_area(account, quantity, level="county")
            yield ["", zh, words.UNITS.get(unit, unit), sum(by_county.values()), *by_county.values()]


def _official(book: Book, statement: Statement) -> None:
    """The official values of counties beside the model's, where any is stated."""
    account = statement.account
    if not account.calibrated:
        return
    sheet = Sheet(
        book, "5b 官方数对照 Official", title="模型值与官方数对照", english="Official values beside the model's",
        columns=OFFICIAL, frozen=3, note="模型值不改动；校准列只供对照。 The model's values are kept; they count.",
    )  # fmt: skip
    county = account.parcels.areas["county"]
    for name, calibrated in account.calibrated.items():
        for code, factor in sorted(calibrated.factor.items()):
            own = county == code
            modelled = int(account.results[name].value_fen[own].sum())
            official = int(calibrated.parcels_fen[own].sum())
            sheet.row([words.name(name), statement.area_name(code), code, modelled, official, factor])
