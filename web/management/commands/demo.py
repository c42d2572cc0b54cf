"""The main job on real input, from parcels and behaviours to a paid subsidy, proved at the end."""

import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from core import jobs, regions
from web.demo import account, behaviours, book, cast, figures, report, sale, subsidy

LOCAL = timezone(timedelta(hours=8))
# The story has its own clock, so that a second run tells the same one.
DAY = date(2026, 10, 20)
BEGAN_AT = datetime(2026, 10, 15, 9, tzinfo=LOCAL)
RECEIVED_AT = datetime(2026, 10, 21, 2, tzinfo=LOCAL)
SALE_OPENS_AT = datetime(2026, 10, 22, 10, tzinfo=LOCAL)
ENDED_AT = datetime(2026, 11, 10, 18, tzinfo=LOCAL)
STAGES = (
    "people, organisations, keys",
    "资源: layers, parcels, account",
    "绿宝: a signed day of behaviours",
    "资本: listing, auction, settlement",
    "资金: claim, approvals, payment",
    "账簿: sealing and proving the book",
)


class Command(BaseCommand):
    """``manage.py demo``"""

    help = (
        "Run the four flows on real input; write var/demo/summary.json and report.html. A second run changes no figure."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        folder = Path(settings.VAR_DIR) / "demo"
        console = Console()
        jobs.discover()
        told = self._run(console, folder)
        summary = figures.summary(told, day=DAY, seconds=round(time.monotonic() - started, 1))
        data, page = report.write(summary, figures.page(told), folder=folder)
        report.tell(summary, console=console)
        console.print(f"\n{data}\n{page}")
        if summary["bookkeeping"]["broken"]:
            raise SystemExit(1)
        accounts = folder / "accounts.json"
        console.print(
            "\nNext: [bold]make serve[/bold] opens the site with this data. "
            f"Users resident, merchant, analyst, policy1, finance1, auditor …; their password is in {accounts}."
        )

    def _run(self, console: Console, folder: Path) -> figures.Told:
        columns = (TextColumn("{task.description:<38}"), BarColumn(), TextColumn("{task.fields[step]:<24}"))
        with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
            bars = [progress.add_task(stage, total=1.0, start=False, step="") for stage in STAGES]

            def step(stage: int, name: str = "", share: float = 0.0) -> None:
                progress.start_task(bars[stage])
                progress.update(bars[stage], completed=share, step=name)

            step(0)
            members = cast.assemble(at=BEGAN_AT, folder=folder)
            subsidy.prepare(members, at=BEGAN_AT)
            step(0, "", 1.0)
            compiled = account.compile_county(
                at=BEGAN_AT, folder=folder / "layers", progress=lambda name, share: step(1, name, share)
            )
            step(1, "", 1.0)
            step(2, "making, signing, crediting")
            day = behaviours.credit(members, on=DAY, received_at=RECEIVED_AT, folder=folder / "day")
            step(2, "", 1.0)
            step(3)
            sold = sale.hold(parcel=account.forest_parcel(compiled.account.code), opens_at=SALE_OPENS_AT)
            step(3, "", 1.0)
            step(4)
            paid = subsidy.pay(members, settled_at=sold.settlement.settled_at)
            step(4, "", 1.0)
            step(5)
            proof = book.prove(at=ENDED_AT)
            step(5, "", 1.0)
        return figures.Told(regions.region(cast.COUNTY), compiled, day, sold, paid, proof)
