"""Supply and use after SEEA EA beside the norm's tables: who supplies, who uses, and what is an exchange value."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gep.outputs import ecosystem_accounts, summary, sums, words
from gep.outputs.money import FEN_PER_WAN
from gep.outputs.statement import Statement
from gep.outputs.workbook.sheet import Book, Cell, Column, Sheet
from gep.seea import names, supply_use
from gep.seea.supply_use import PER_UNIT, SupplyUse

NOTE = "供给等于使用，逐项以分计精确相等；单位：万元，末列为分。 Supply equals use for each service, to the fen."
PHYSICAL_NOTE = (
    "供给等于使用，以单位的千分之一计精确相等；各服务单位不同，不可相加。"
    " Equal to a thousandth of the unit; never add services."
)
TOTALS_NOTE = "GEP 总值按核算方法合计；SEEA 口径只计交换价值，替代成本法等指标另列。"


def write(book: Book, statement: Statement) -> None:
    """Write the monetary and the physical tables of supply and use, and both totals."""
    tables = monetary(statement)
    types = [f"{code} {words.class_name(code)}" for code in tables.types]
    users = [names.name(user) for user in tables.users]
    supply, use = "货币型生态系统服务供给表", "货币型生态系统服务使用表"
    _table(book, "11 供给 SEEA supply", supply, "Monetary supply by ecosystem type", tables.services,
           types, tables.supply)  # fmt: skip
    _table(book, "12 使用 SEEA use", use, "Monetary use by economic user", tables.services,
           users, tables.use)  # fmt: skip
    _physical(book, statement)
    _totals(book, statement)


def monetary(statement: Statement) -> SupplyUse:
    """Return the monetary tables in fen, without imports and exports; what no class got stands under its own type."""
    by_class = summary.by_ecosystem(statement)
    supply = {
        name: [told["indicators"].get(name, {"value_fen": 0})["value_fen"] for told in by_class.values()]
        for name in words.in_order(statement.account.results)
    }
    return supply_use.tabulate(supply, types=list(by_class))


def _table(
    book: Book, name: str, title: str, english: str, services: Sequence[str], heads: Sequence[str],
    amounts: NDArray[np.int64],
) -> None:  # fmt: skip
    columns = [
        Column("服务", "service", width=18),
        *(Column(head, "", "wan", 15) for head in heads),
        Column("合计（万元）", "total, 10⁴ yuan", "wan", 17),
        Column("合计（分）", "total, fen", "fen", 20),
    ]
    sheet = Sheet(book, name, title=title, english=english, note=NOTE, columns=columns)
    for service, row in zip(services, amounts, strict=True):
        sheet.row(_cells(words.name(service), row))
    sheet.row(_cells("合计", amounts.sum(axis=0)), total=True)


def _cells(head: str, amounts: NDArray[np.int64]) -> list[Cell]:
    total = int(amounts.sum())
    return [head, *(int(fen) / FEN_PER_WAN for fen in amounts), total / FEN_PER_WAN, total]


def _physical(book: Book, statement: Statement) -> None:
    tables = ecosystem_accounts.physical(statement)
    types = [f"{code} {words.class_name(code)}" for code in tables.types]
    users = [names.name(user) for user in tables.users]
    for name, title, english, heads, amounts in (
        ("13 实物供给 Supply", "实物型生态系统服务供给表", "Physical supply by ecosystem type", types, tables.supply),
        ("14 实物使用 Use", "实物型生态系统服务使用表", "Physical use by economic user", users, tables.use),
    ):
        columns = [
            Column("服务", "service", width=22),
            Column("单位", "unit", width=9),
            *(Column(head, "", "quantity", 17) for head in heads),
            Column("合计", "total", "quantity", 20),
        ]
        sheet = Sheet(book, name, title=title, english=english, note=PHYSICAL_NOTE, columns=columns, frozen=2)
        for service, row in zip(tables.services, amounts, strict=True):
            unit = words.UNITS.get(ecosystem_accounts.service_unit(statement.account, service), "")
            quantities = [int(amount) / PER_UNIT for amount in row]
            sheet.row([words.service(service), unit, *quantities, int(row.sum()) / PER_UNIT])
        sheet.remark("以元计的服务和只有产值的产品没有实物量，不在表中。 Services told in yuan alone have no row.")


def _totals(book: Book, statement: Statement) -> None:
    found = supply_use.totals(sums.whole(statement.account).fen)
    sheet = Sheet(
        book, "15 两种口径 Two totals", title="GEP 总值与 SEEA 交换价值总值", note=TOTALS_NOTE,
        english="GEP total and total of exchange values",
        columns=(Column("项目", "item", width=44), Column("万元", "10⁴ yuan", "wan", 20),
                 Column("分", "fen", "fen", 24)),
    )  # fmt: skip
    rows = [("GEP 总值 gep_profile_total", found.gep_profile_total_fen)]
    rows += [(f"减：{words.name(name)}（非交换价值）", -fen) for name, fen in found.left_out_fen.items()]
    for head, fen in rows:
        sheet.row([head, fen / FEN_PER_WAN, fen])
    exchange = found.seea_exchange_total_fen
    sheet.row(["SEEA 交换价值总值 seea_exchange_total", exchange / FEN_PER_WAN, exchange], total=True)
