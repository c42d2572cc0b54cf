"""``manage.py jobs``: list the jobs that were given up, queue one anew, or put one away for good."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core import jobs


class Command(BaseCommand):
    """Look after dead jobs; every step by hand is an event that names who took it."""

    help = "List dead jobs (--dead), retry one (--retry ID) or discard one (--discard ID --reason TEXT)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take exactly one of the three steps."""
        step = parser.add_mutually_exclusive_group(required=True)
        step.add_argument("--dead", action="store_true", help="list the jobs that were given up")
        step.add_argument("--retry", type=int, metavar="ID", help="queue this job anew, with all its attempts")
        step.add_argument("--discard", type=int, metavar="ID", help="put this job away for good; needs --reason")
        parser.add_argument("--reason", default="", help="why it is discarded, kept in the journal")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the step; a job that was not given up, or a missing reason, is an error of the command."""
        by, now = getpass.getuser(), timezone.now()
        try:
            if options["retry"] is not None:
                jobs.retry(options["retry"], by=by, as_of=now)
            elif options["discard"] is not None:
                if not options["reason"].strip():
                    raise CommandError("--discard needs --reason")
                jobs.discard(options["discard"], by=by, reason=options["reason"].strip(), as_of=now)
            else:
                self._list()
        except jobs.NotDead as refusal:
            raise CommandError(str(refusal.message)) from None

    def _list(self) -> None:
        found = jobs.dead()
        for job in found:
            self.stdout.write(
                f"{job.pk}\t{job.kind}\t{job.cause_key}\t{job.finished_at:%Y-%m-%d %H:%M}\t{job.last_error}"
            )
        self.stdout.write(f"{len(found)} dead jobs")
