"""report.pdf: the account as a printed paper, A4, in Chinese, with charts, a map, sources and an explained parcel."""

from pathlib import Path
from typing import Any

from core.typesetting import Kind, typeset
from gep.outputs import charts, maps, report_data, words
from gep.outputs.charts import Bar
from gep.outputs.statement import Statement

TEMPLATE = Path(__file__).with_name("report.typ")


def write(statement: Statement, path: Path) -> None:
    """Write the report. Raises NoChineseFont where the machine has no font to set it in; nothing is written then."""
    path.write_bytes(compiled(statement, kind="pdf")[0])


def compiled(statement: Statement, *, kind: Kind = "pdf", dots_per_inch: float = 100.0) -> list[bytes]:
    """Return the report as one PDF, or each of its pages as a PNG."""
    told = report_data.data(statement)
    return typeset(TEMPLATE, told, pictures=pictures(statement, told), kind=kind, dots_per_inch=dots_per_inch)


def pictures(statement: Statement, told: dict[str, Any]) -> dict[str, str]:
    """Return the charts and the map by name, as SVG."""
    indicators = [Bar(row["zh"], row["yi"], f"{row['yi_text']} 亿元", row["group"]) for row in told["indicators"]]
    level = "counties" if len(told["counties"]) > 1 else "towns"
    areas = [Bar(row["name"], row["yi"], f"{row['yi_text']} 亿元") for row in told[level]]
    groups = words.indicators_by_group(frozenset(statement.account.results))
    return {
        "indicators": charts.bars(indicators, title="各指标价值量 value by indicator"),
        "groups": charts.legend([(group, words.GROUPS[group][0]) for group, _ in groups]),
        "areas": charts.bars(areas, title="各地价值量 value by area"),
        "map": maps.value_density(statement),
    }
