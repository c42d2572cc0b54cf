"""``manage.py verify``: check every invariant of the book, and name each row that breaks one."""

import json
import sys
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import get_language
from rich.console import Console
from rich.table import Table

from core import invariants


class Command(BaseCommand):
    """Check the invariants; exit code 1 where one does not hold."""

    help = "Check every invariant of the book and name each row that breaks one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--json`` for machines; every broken row is named either way."""
        parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a verdict per invariant; end with code 1 where one is broken."""
        verdicts = list(invariants.verify())
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(verdict) for verdict in verdicts], ensure_ascii=False, indent=1))
        else:
            self._print_table(verdicts)
        if not all(verdict.holds for verdict in verdicts):
            sys.exit(1)

    def _print_table(self, verdicts: list[invariants.Verdict]) -> None:
        console = Console(file=cast("IO[str]", self.stdout), highlight=False, markup=False)
        table = Table(title="verify")
        for column in ("code", "what", "rows", "verdict"):
            table.add_column(column, justify="right" if column == "rows" else "left")
        for verdict in verdicts:
            rows = "-" if verdict.rows is None else f"{verdict.rows:,}"
            told = "holds" if verdict.holds else f"{len(verdict.broken)} broken"
            table.add_row(verdict.invariant.code, _label(verdict.invariant), rows, told)
        console.print(table)
        for verdict in verdicts:
            for broken in verdict.broken:
                console.print(f"{verdict.invariant.code}: {broken.row}: {broken.what}", soft_wrap=True)


def _label(one: invariants.Invariant) -> str:
    return one.en if (get_language() or "zh").startswith("en") else one.zh


def _as_json(verdict: invariants.Verdict) -> dict[str, Any]:
    one = verdict.invariant
    return {
        "code": one.code,
        "zh": one.zh,
        "en": one.en,
        "rows": verdict.rows,
        "holds": verdict.holds,
        "broken": [{"row": broken.row, "what": broken.what} for broken in verdict.broken],
    }
