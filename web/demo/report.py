"""What a run of the demo leaves: a table at the terminal, ``summary.json`` and ``report.html``."""

import json
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from rich.console import Console
from rich.table import Table

from core.units import FEN_PER_YUAN, M2_PER_KM2
from greenpoints import reasons

Summary = dict[str, Any]


def write(summary: Summary, figures: dict[str, Any], *, folder: Path) -> tuple[Path, Path]:
    """Write ``summary.json`` and ``report.html`` into ``folder``; return both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "summary.json", folder / "report.html"
    data.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    page.write_text(render_to_string("demo/report.html", {"summary": summary, **figures}), encoding="utf-8")
    return data, page


def yuan(fen: int) -> str:
    """Return ``fen`` as yuan with separators and two decimals; exact at any size."""
    whole, part = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}{whole:,}.{part:02d}"


def tell(summary: Summary, *, console: Console) -> None:
    """Print the table that a person reads at the end of a run."""
    table = Table(
        title="抚州 · one county, one day, one book", title_style="bold green", show_lines=False, pad_edge=False
    )
    table.add_column("", style="green", no_wrap=True)
    table.add_column("")
    table.add_column("", justify="right")
    for flow, name, figure in rows(summary):
        table.add_row(flow, name, figure)
    console.print()
    console.print(table)


def rows(summary: Summary) -> list[tuple[str, str, str]]:
    """Return the lines of the table: the flow they belong to, what they say, the figure with its unit."""
    gep, points, market = summary["gep"], summary["greenpoints"], summary["marketplace"]
    policy, book = summary["policy"], summary["bookkeeping"]
    refused = [("", f"  {reasons.REASONS[code].zh}", f"{count:,}") for code, count in points["refused"].items()]
    return [
        ("资源 GEP", f"parcels of {gep['county']} (模拟数据)", f"{gep['parcels']:,}"),
        ("", "area", f"{gep['area_m2'] / M2_PER_KM2:,.2f} km²"),
        ("", f"account {gep['year']}", f"{yuan(gep['total_fen'])} yuan"),
        ("", "sum of the parcels", f"{yuan(gep['parcels_sum_fen'])} yuan"),
        ("绿宝 points", f"behaviours {points['business_on']} (模拟)", f"{points['rows']:,}"),
        ("", "credited", f"{points['credited']:,}"),
        *refused,
        ("", "mitigation recorded", f"{points['posted_kg']:,.1f} kg CO2e"),
        ("", "points issued", f"{points['points_issued']:,} coins"),
        ("", "redeemed at a merchant", f"{points['points_redeemed']:,} coins"),
        ("资本 market", "bids", f"{market['bids']}"),
        ("", "second listing, overlapping", market["second_listing"]),
        ("", "settled", f"{yuan(market['settled_fen'])} yuan"),
        ("资金 policy", f"{policy['programme']} (演示政策)", policy["status"]),
        ("", "paid", f"{yuan(policy['paid_fen'])} yuan"),
        ("", "reconciled with the bank", f"{yuan(policy['reconciled_fen'])} yuan"),
        ("账簿 book", "postings, of which unbalanced", f"{book['postings']:,}, {book['unbalanced']}"),
        ("", "leaves in the public log", f"{book['tree_size']:,}"),
        ("", "root of the log", f"{book['root'][:16]}…"),
        (
            "",
            f"{book['invariants']} invariants verified",
            "all hold" if not book["broken"] else f"{book['broken']} BROKEN",
        ),
    ]
