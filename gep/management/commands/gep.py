"""``manage.py gep run ACCOUNT.toml --out DIR``: an account from files to files, without a database.

``gep check ACCOUNT.toml`` tells before a run what is to be known of its files, and what may be chosen about it.
``gep vep UNIT.toml --out DIR`` values a project unit, an account of its own.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Literal, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from gep import account_files, method_catalogue, opening_accounts, outputs, unit_files
from gep.files import FileRefused, findings
from gep.management import profile_listing, run_summary
from gep.management.progress import RunProgress
from gep.outputs import Statement, Written, project_unit
from gep.outputs.money import exact

NOT_ALL_WRITTEN = 2  # the exit code where a file could not be written and the others were
COMPILING = 0.6  # of the time of a run; the rest writes files


class Command(BaseCommand):
    """Run the GEP engine on files; check the files before; list the profiles."""

    help = "GEP accounts from files: gep check ACCOUNT.toml; gep run ACCOUNT.toml --out DIR; "
    help += "gep vep UNIT.toml --out DIR; gep profiles"
    requires_system_checks: list[str] = []  # the engine needs no site

    def add_arguments(self, parser: CommandParser) -> None:
        """Four subcommands: check, run, vep and profiles."""
        commands = parser.add_subparsers(dest="command", required=True)
        run = commands.add_parser("run")
        run.add_argument("account", type=Path)
        run.add_argument("--out", type=Path, required=True)
        run.add_argument("--workers", type=int, default=1, help="processes that weigh blocks of parcels")
        run.add_argument("--draws", type=int, default=0, help="draws of the Monte Carlo intervals, 0 for none")
        run.add_argument("--quiet", action="store_true")
        check = commands.add_parser("check")
        check.add_argument("account", type=Path)
        check.add_argument("--json", action="store_true", help="the report as JSON")
        check.add_argument("--language", choices=("zh", "en"), default="zh")
        unit = commands.add_parser("vep")
        unit.add_argument("unit", type=Path)
        unit.add_argument("--out", type=Path, required=True)
        profiles = commands.add_parser("profiles")
        profiles.add_argument("--json", action="store_true", help="the whole catalogue as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer one subcommand; what is wrong with an input is one sentence and exit code 1."""
        if options["command"] == "profiles":
            self._profiles(as_json=options["json"])
            return
        if options["command"] == "check":
            self._check(options["account"], as_json=options["json"], language=options["language"])
            return
        if options["command"] == "vep":
            self._value_unit(options["unit"], options["out"])
            return
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder, RunProgress(quiet=options["quiet"]) as progress:
            try:
                described = account_files.describe(options["account"])
                compiling = COMPILING / 2 if described.opening else COMPILING
                compiled = account_files.compile_described(
                    described,
                    folder=Path(folder),
                    workers=options["workers"],
                    draws=options["draws"],
                    progress=lambda stage, share: progress.tell(stage, share, weight=compiling),
                )
                opening = opening_accounts.compile_opening(
                    compiled,
                    folder=Path(folder) / "opening",
                    workers=options["workers"],
                    progress=lambda stage, share: progress.tell(stage, share, first=compiling, weight=compiling),
                )
            except (ValueError, LookupError) as error:
                raise CommandError(f"{_sentence(error)}{self._listed(error, options['out'])}") from error
            written = self._written(outputs.of_file(compiled, opening), options["out"], progress, began=began)
        if not options["quiet"]:
            told = json.loads(written.paths["summary.json"].read_text(encoding="utf-8"))
            run_summary.show(told, written.paths, cast(IO[str], self.stdout))
        if written.refusals:
            raise CommandError("; ".join(written.refusals), returncode=NOT_ALL_WRITTEN)

    def _check(self, account: Path, *, as_json: bool, language: Literal["zh", "en"]) -> None:
        """Print the report on the files of an account; the exit code is 1 where no run is possible."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                report = account_files.check_described(account_files.describe(account), folder=Path(folder))
            except (ValueError, LookupError) as error:
                raise CommandError(_sentence(error)) from error
        told = report.as_json() if as_json else report.as_text(language=language)
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) if as_json else str(told))
        if not report.may_run:
            raise CommandError("no run is possible with these files")

    def _value_unit(self, unit: Path, folder: Path) -> None:
        """Value a project unit and write its files."""
        try:
            found = unit_files.value(unit_files.describe(unit))
            written = project_unit.write_all(found, folder)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the results cannot be written to {folder.name}: {error.strerror}") from error
        for name, worth in (("收益法 income", found.income), ("市场比较法 comparables", found.comparables)):
            if worth:
                self.stdout.write(f"{worth.name} VEP {name}: {exact(worth.fen)} 元")
        self.stdout.write(project_unit.APART)
        for path in written.paths.values():
            self.stdout.write(str(path))
        if written.refusals:
            raise CommandError("; ".join(written.refusals), returncode=NOT_ALL_WRITTEN)

    def _listed(self, error: Exception, folder: Path) -> str:
        """Where rows are the reason of a refusal, list them in a file, each with what is wrong; say so."""
        found = error.findings if isinstance(error, FileRefused) else None
        if found is None or not found.rows:
            return ""
        folder.mkdir(parents=True, exist_ok=True)
        findings.write_rejections(folder / outputs.FINDINGS, [found])
        return f"; the rows are listed in {outputs.FINDINGS}"

    def _written(self, statement: Statement, folder: Path, progress: RunProgress, *, began: float) -> Written:
        try:
            return outputs.write_all(
                statement,
                folder,
                seconds=lambda: time.perf_counter() - began,
                peak_rss_mb=_peak_rss_mb,
                progress=lambda stage, share: progress.tell(stage, share, first=COMPILING, weight=1 - COMPILING),
            )
        except OSError as error:
            raise CommandError(f"the results cannot be written to {folder.name}: {error.strerror}") from error

    def _profiles(self, *, as_json: bool) -> None:
        catalogue = method_catalogue.gather()
        told = [json.dumps(catalogue, ensure_ascii=False, indent=2)] if as_json else profile_listing.lines(catalogue)
        for line in told:
            self.stdout.write(line)


def _sentence(error: Exception) -> str:
    """What is wrong; of a file, its reason in Chinese and English too."""
    if not isinstance(error, FileRefused):
        return str(error)
    return f"{error}: {error.sentence.zh} {error.sentence.en}"


def _peak_rss_mb() -> float:
    """The most memory that this process, or the largest of its workers, has held."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # bytes on a Mac, kB on Linux
