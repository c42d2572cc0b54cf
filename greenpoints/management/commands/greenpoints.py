"""``manage.py greenpoints``: take a signed day in, approve a late one, say who operates an act, enrol a vehicle."""

import json
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from core.errors import RuleViolation
from greenpoints import queries
from greenpoints.intake import batches, enrolments
from greenpoints.reasons import REASONS
from identity import signatures


class Command(BaseCommand):
    """Take in a day file as the API would."""

    help = "Receive and credit a signed file of behaviours (NDJSON)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the four things that can be done, and what each needs."""
        actions = parser.add_subparsers(dest="action", required=True)
        ingest = actions.add_parser("ingest")
        ingest.add_argument("file", type=Path)
        ingest.add_argument("--partner", required=True)
        ingest.add_argument("--signature", type=Path, required=True)
        ingest.add_argument("--batch", help="the batch code; the name of the file where it is left out")
        ingest.add_argument("--on", type=date.fromisoformat, help="the civil day; today where it is left out")

        approve = actions.add_parser("approve", help="let a batch that came too late be credited")
        approve.add_argument("batch")
        approve.add_argument("--partner", required=True)
        approve.add_argument("--by", required=True, help="who approves")
        operator = actions.add_parser("operator", help="say that a partner operates an act itself")
        operator.add_argument("act")
        operator.add_argument("--partner", required=True)
        operator.add_argument("--by", required=True, help="who says so")
        vehicle = actions.add_parser("vehicle", help="enrol a vehicle for a month")
        vehicle.add_argument("asset_ref")
        vehicle.add_argument("--month", type=date.fromisoformat, required=True, help="any day of it")
        vehicle.add_argument("--channel", choices=sorted(enrolments.CHANNELS), required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; exit code 1 with the reason where a rule says no."""
        now = timezone.now()
        try:
            if options["action"] == "ingest":
                self._ingest(options, now=now)
            elif options["action"] == "approve":
                kept = batches.approve(partner=options["partner"], batch=options["batch"], by=options["by"], at=now)
                batches.credit(kept.id, as_of=now)
            elif options["action"] == "operator":
                enrolments.declare_operator(partner=options["partner"], act=options["act"], by=options["by"], at=now)
            else:
                month, channel = options["month"], options["channel"]
                enrolments.enrol_vehicle(options["asset_ref"], month=month, channel=channel, at=now)
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from None

    def _ingest(self, options: dict[str, Any], *, now: datetime) -> None:
        """Verify, receive, credit, and show what became of the rows."""
        file, console = options["file"], Console(file=cast("IO[str]", self.stdout), soft_wrap=True)
        content = self._verified(file, options["signature"], partner=options["partner"])
        with console.status(f"{file.name}: {len(content):,} bytes"):
            kept = batches.receive(
                partner=options["partner"],
                batch=options["batch"] or file.stem,
                business_on=options["on"] or timezone.localdate(now),
                content=content,
                received_at=now,
            )
            batches.credit(kept.id, as_of=now)
        console.print(_table(queries.batch(kept.code, partner=kept.partner)))

    def _verified(self, file: Path, signature: Path, *, partner: str) -> bytes:
        """Return the bytes that the partner signed; nothing larger than a batch is read."""
        try:
            if file.stat().st_size > batches.MAX_CONTENT_BYTES:
                raise batches.BatchTooLarge(bytes=file.stat().st_size, most=batches.MAX_CONTENT_BYTES)
            content, document = file.read_bytes(), json.loads(signature.read_bytes())
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from None
        except ValueError:
            raise CommandError(f"{signature}: not a detached signature") from None
        if not isinstance(document, dict):
            raise CommandError(f"{signature}: not a detached signature")
        signer = signatures.verify_file(content, document, at=timezone.now())
        if signer != partner:
            raise CommandError(f"{file.name} was signed by {signer}, not by {partner}")
        return content


def _table(report: queries.BatchReport) -> Table:
    table = Table(title=f"{report.partner} / {report.code} / {report.business_on}: {report.status}")
    for heading in ("reason", "说明", "rows"):
        table.add_column(heading, justify="right" if heading == "rows" else "left")
    for status, rows in report.by_status.items():
        table.add_row(status, "", f"{rows:,}", style="bold")
        for reason, count in report.by_reason.items():
            if REASONS[reason].status == status:
                table.add_row(f"  {reason}", REASONS[reason].zh, f"{count:,}")
    table.add_row("all", f"{report.posted_mg / 1_000_000:,.3f} kg CO2e", f"{report.rows:,}", style="bold")
    return table
