"""``manage.py reseal``: seal personal fields anew under the current key."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from identity import resealing


class Command(BaseCommand):
    """After FIELD_ENCRYPTION_KEY was changed and the former key moved to FIELD_ENCRYPTION_OLD_KEYS."""

    help = "Seal personal fields anew under the current key; may be broken off and run again. Exit code 1: rows remain."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--batch`` rows a transaction, and ``--check`` to count only."""
        parser.add_argument("--batch", type=_positive, default=500, help="rows a transaction (500)")
        parser.add_argument("--check", action="store_true", help="only count what a former key has sealed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say each step, then what a former key still seals; end with code 1 where anything is left."""
        if not options["check"]:
            for step in resealing.reseal(batch=options["batch"]):
                self.stdout.write(f"{step.column}: {step.resealed:,} sealed anew, {step.left:,} to go")
                for told in step.unreadable:
                    self.stderr.write(told)
        left = resealing.left()
        for column, count in left.items():
            self.stdout.write(f"{column}: {count:,} rows need a former key")
        if left:
            sys.exit(1)
        self.stdout.write(
            "Every personal field is sealed with the current key; FIELD_ENCRYPTION_OLD_KEYS can be emptied."
        )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
