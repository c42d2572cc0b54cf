"""``manage.py policy assess CODE --facts FACTS.json``: what a programme says about a case, as JSON."""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import RuleViolation
from core.json import InvalidJson, loads_strict
from policy import programmes


class Command(BaseCommand):
    """Ask a programme about a case."""

    help = "Ask a subsidy programme about a case; prints the decision with every condition as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare ``assess CODE --facts FILE [--on DAY]``."""
        actions = parser.add_subparsers(dest="action", required=True)
        assess = actions.add_parser("assess", help="decide one case")
        assess.add_argument("code", help="the code of the programme, for example CERT-GREEN-2022")
        assess.add_argument("--facts", required=True, type=Path, help="a JSON file with the facts")
        assess.add_argument("--on", type=date.fromisoformat, help="the day of the event; today if left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the decision; a refusal is one sentence and exit code 1."""
        try:
            facts = loads_strict(options["facts"].read_bytes())
        except (OSError, InvalidJson) as error:
            raise CommandError(f"{options['facts']}: {error}") from error
        if not isinstance(facts, dict):
            raise CommandError(f"{options['facts']}: must hold one object")
        on = options["on"] or timezone.localdate()
        try:
            decision = programmes.assess(facts, programme=options["code"], on=on)
        except RuleViolation as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(decision.as_dict(), ensure_ascii=False, indent=2))
