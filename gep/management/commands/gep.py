"""``manage.py gep run ACCOUNT.toml --out DIR``: an account from files to files, without a database."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gep import account_files, methods, reports
from gep.account_files import CompiledFile


class Command(BaseCommand):
    """Run the GEP engine on files; list the profiles."""

    help = "GEP accounts from files: gep run ACCOUNT.toml --out DIR; gep profiles"
    requires_system_checks: list[str] = []  # the engine needs no site

    def add_arguments(self, parser: CommandParser) -> None:
        """Two subcommands: run and profiles."""
        commands = parser.add_subparsers(dest="command", required=True)
        run = commands.add_parser("run")
        run.add_argument("account", type=Path)
        run.add_argument("--out", type=Path, required=True)
        run.add_argument("--quiet", action="store_true")
        commands.add_parser("profiles")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer one subcommand; what is wrong with an input is one sentence and exit code 1."""
        if options["command"] == "profiles":
            self._profiles()
            return
        try:
            described = account_files.describe(options["account"])
            compiled = account_files.compile_described(described, progress=None if options["quiet"] else self._tell)
        except (ValueError, LookupError) as error:
            raise CommandError(str(error)) from error
        paths = self._written(compiled, options["out"])
        if not options["quiet"]:
            self._summary(reports.report(compiled), paths)

    def _written(self, compiled: CompiledFile, folder: Path) -> dict[str, Path]:
        try:
            return reports.write(compiled, folder)
        except OSError as error:
            raise CommandError(f"the results cannot be written to {folder.name}: {error.strerror}") from error

    def _tell(self, stage: str, share: float) -> None:
        self.stderr.write(f"{share:5.0%} {stage}")

    def _summary(self, report: dict[str, Any], paths: dict[str, Path]) -> None:
        for label in report["labels"]:
            self.stdout.write(label)
        for name, indicator in report["indicators"].items():
            yuan = indicator["value_fen"] / 100
            self.stdout.write(f"{name:<24}{indicator['physical']:>20,.1f} {indicator['unit']:<4}{yuan:>22,.2f} 元")
        self.stdout.write(f"{'total':<24}{'':>25}{report['total_fen'] / 100:>22,.2f} 元")
        self.stdout.write("\n".join(str(path) for path in paths.values()))

    def _profiles(self) -> None:
        for name in methods.profile_names():
            profile = methods.profile(name)
            switches = json.dumps(dict(profile.switches), ensure_ascii=False)
            self.stdout.write(f"{profile.name}\t{profile.document} {profile.zh}\t{switches}")
