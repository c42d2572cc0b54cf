"""Keep the English catalogue complete: check it, bring it up to date, compile it."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from web import catalogue


class Command(BaseCommand):
    """``messages --check | --update [--from FILE] | --compile``."""

    help = "Check, update or compile the translations (Chinese source, complete English)."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one of the three things to do."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--check", action="store_true", help="name every message without an English text; exit 1 if any"
        )
        what.add_argument("--update", action="store_true", help="write the messages of the source into the catalogue")
        what.add_argument("--compile", action="store_true", help="write the .mo files that the site reads")
        parser.add_argument("--from", dest="given", help="JSON file: Chinese text to English, used by --update")

    def handle(self, *args: object, **options: object) -> None:
        """Do what was asked for."""
        if options["check"]:
            self.check_catalogue()
        elif options["update"]:
            given = options["given"]
            translations = json.loads(Path(str(given)).read_text(encoding="utf-8")) if given else {}
            missing = catalogue.update(translations=translations)
            self.stdout.write(f"{catalogue.po_path('en').relative_to(catalogue.ROOT)}: {missing} without English")
        else:
            for path in catalogue.compile_all():
                self.stdout.write(str(path.relative_to(catalogue.ROOT)))

    def check_catalogue(self) -> None:
        """Print what is wrong and fail where anything is."""
        found = catalogue.problems()
        for line in found:
            self.stderr.write(line)
        if found:
            raise CommandError(f"{len(found)} messages are not in good English yet")
        self.stdout.write("every message has its English text")
