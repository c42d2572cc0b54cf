"""Do the waiting work here, with no broker at all."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from core import jobs

PAUSE_S = 1.0


class Command(BaseCommand):
    """``manage.py run_jobs [--watch]``"""

    help = "Run the jobs that are due; with --watch keep doing so until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="keep looking for due jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        jobs.load_handlers()
        done = 0
        try:
            while True:
                ran = jobs.run_due(as_of=timezone.now())
                done += ran
                if not ran:
                    if not options["watch"]:
                        break
                    time.sleep(PAUSE_S)
        except KeyboardInterrupt:
            self.stderr.write("stopped")
        self.stdout.write(f"{done} jobs run")
