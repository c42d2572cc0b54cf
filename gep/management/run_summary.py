"""What a run says at its end: the account in one table that a person reads with pleasure."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.units import FEN_PER_YUAN, M2_PER_KM2
from gep.outputs import words
from gep.outputs.sums import area_name

FEN_PER_WAN_YUAN = FEN_PER_YUAN * 10_000
FEN_PER_YI_YUAN = FEN_PER_WAN_YUAN * 10_000
WIDTH = 110  # of a log, which has no width of its own
BAR = 18


def show(told: Mapping[str, Any], paths: Mapping[str, Path], stream: IO[str]) -> None:
    """Print the summary of a run, as summary.json holds it, and where its files are."""
    console = Console(file=stream, highlight=False)
    if not console.is_terminal:
        console = Console(file=stream, highlight=False, width=WIDTH)
    place = told["name"] or area_name(told["region"]) or told["region"]
    console.print()
    console.print(Text(f"{place} {told['year']} 年生态产品总值 GEP", style="bold"))
    size = f"{told['parcels']:,} 个图斑，{told['area_m2'] / M2_PER_KM2:,.2f} km²"
    console.print(f"{told['provenance']['document']}，{told['price_year']} 年价格，{size}")
    for label in told["labels"]:
        console.print(Text(f"! {label}", style="yellow"))
    console.print(_table(told))
    if told["low95"] is not None:
        low, high = told["low95"] / FEN_PER_YI_YUAN, told["high95"] / FEN_PER_YI_YUAN
        console.print(f"合计 95% 区间 {low:,.4f} – {high:,.4f} 亿元（{told['provenance']['draws']:,} 次模拟）")
    for name, lacking in told["pending_data"].items():
        console.print(
            Text(
                f"待补数据 {told['indicators'][name]['zh']}：缺 {words.needed(lacking)}",
                style="dim",
            )
        )
    for file, counts in told["findings"].items():
        console.print(Text(f"检查发现 {file}：{', '.join(f'{k} {n:,}' for k, n in counts.items())}", style="dim"))
    for name, path in paths.items():
        console.print(f"{name:<18}{_size(path):>10}  {path}", soft_wrap=True)
    console.print(f"用时 {told['seconds']:,.1f} s，内存峰值 {told['peak_rss_mb']:,.0f} MB")


def _table(told: Mapping[str, Any]) -> Table:
    table = Table(show_footer=True, box=None, padding=(0, 2, 0, 0))
    table.add_column("指标 indicator", footer="合计 total")
    table.add_column("实物量 physical", justify="right")
    table.add_column("单位")
    table.add_column("价值量（万元）", justify="right", footer=f"{told['total_fen'] / FEN_PER_WAN_YUAN:,.2f}")
    table.add_column("等级", footer=told["grade"] or "")
    table.add_column("占比", footer=f"{told['total_fen'] / FEN_PER_YI_YUAN:,.4f} 亿元")
    most = max((found["value_fen"] or 0 for found in told["indicators"].values()), default=0)
    for name, found in told["indicators"].items():
        if found["value_fen"] is None:
            continue
        share = found["value_fen"] / told["total_fen"] if told["total_fen"] else 0.0
        length = round(BAR * max(found["value_fen"], 0) / most) if most else 0
        table.add_row(
            f"{found['zh']} {name}", f"{found['physical']:,.1f}", found["unit"],
            f"{found['value_fen'] / FEN_PER_WAN_YUAN:,.2f}", found["grade"],
            Text("█" * length, style="green") + f" {share:.1%}",
        )  # fmt: skip
    return table


def _size(path: Path) -> str:
    size = float(path.stat().st_size)
    for unit in ("B", "kB", "MB"):
        if size < 1_000:
            return f"{size:,.0f} {unit}"
        size /= 1_000
    return f"{size:,.1f} GB"
