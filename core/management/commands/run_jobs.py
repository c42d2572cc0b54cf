"""``manage.py run_jobs``: do the work that is due, with no broker at all."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from core import jobs

SECONDS_BETWEEN_LOOKS = 1.0
MOST_AT_ONCE = 100


class Command(BaseCommand):
    """Drain the saved jobs; may run beside workers and schedulers without harm."""

    help = "Run the jobs that are due; with --watch go on until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--watch`` to keep going."""
        parser.add_argument("--watch", action="store_true", help="keep looking for due jobs until Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until nothing is due, or with ``--watch`` until Ctrl-C; a job that Ctrl-C meets goes back undone."""
        done = 0
        try:
            while (ran := jobs.run_due(as_of=timezone.now(), limit=MOST_AT_ONCE)) or options["watch"]:
                done += ran
                if not ran:
                    time.sleep(SECONDS_BETWEEN_LOOKS)
        except KeyboardInterrupt:
            self.stderr.write("stopped")
        self.stdout.write(f"{done} jobs run")
