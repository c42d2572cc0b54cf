"""Run lint, contracts and the whole suite; say at the end what it ran against and what it did not cover."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from tooling import servers
from tooling.environment import ROOT, python, say

CHECKS = (
    ("lint", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("contracts", ["-c", "from importlinter.cli import lint_imports_command as run; run()"]),
    ("types", ["-m", "mypy", "."]),
    ("migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
    ("site", ["manage.py", "check"]),
)
# Workers share nothing: each has a database of its own, and tests keep their files, ports and queues to themselves.
WORKERS = min(4, os.cpu_count() or 1)


@dataclass
class Outcome:
    """What the stages of the suite came to."""

    failed_stages: list[str] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    seconds: float = 0.0

    def never_run(self) -> dict[str, str]:
        """Return the tests that every stage skipped, with the last reason given."""
        return {name: why for name, why in self.skipped.items() if name not in self.passed | self.failed}


def check() -> int:
    """Run what takes seconds: lint, format, contracts, types, migrations, system check."""
    outcome = Outcome()
    for name, command in CHECKS:
        _stage(outcome, name, [str(python()), *command], {})
    return _verdict(outcome)


def everyday() -> int:
    """Run the checks, then the suite on SQLite, on PostgreSQL with brokers, and in the browser."""
    started = time.monotonic()
    outcome = Outcome()
    for name, command in CHECKS:
        _stage(outcome, name, [str(python()), *command], {})
    found = servers.find_all()
    _suite(outcome, found, everyday=True)
    outcome.seconds = time.monotonic() - started
    return _report(outcome, found)


def long() -> int:
    """Run the long tests (soak, kills, fuzz) on both databases."""
    started = time.monotonic()
    outcome, found = Outcome(), servers.find_all()
    _suite(outcome, found, everyday=False)
    outcome.seconds = time.monotonic() - started
    return _report(outcome, found)


def _suite(outcome: Outcome, found: list[servers.Found], *, everyday: bool) -> None:
    shared: dict[str, str] = {}
    for thing in found[1:]:
        shared.update(thing.environment)
    sqlite = {**shared, "DATABASE_URL": "sqlite:///var/test.sqlite3"}
    marks = "not browser and not long" if everyday else "long"
    workers = WORKERS if everyday else 1  # a soak has the machine to itself
    _pytest(outcome, "suite on SQLite", f"{marks} and not broker", sqlite, workers=workers)
    if found[0].version:
        server = {**shared, **found[0].environment}
        _pytest(outcome, f"suite on {found[0].version}", marks, server, workers=workers)
    if everyday and found[3].version:
        _pytest(outcome, f"journeys in {found[3].version}", "browser", sqlite, workers=workers)


def _pytest(outcome: Outcome, name: str, marks: str, variables: dict[str, str], *, workers: int) -> None:
    """Run the tests that ``marks`` choose; the workers must hash alike, or they would collect in different orders."""
    variables = {"PYTHONHASHSEED": str(secrets.randbelow(2**32)), **variables}
    say(f"hash seed {variables['PYTHONHASHSEED']}, {workers} at once")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [str(python()), "-m", "pytest", "-m", marks, f"--junit-xml={report}", "--durations=8"]
        command += ["-n", str(workers), "--dist", "worksteal"] if workers > 1 else []
        _stage(outcome, name, command, variables)
        if report.exists():
            _read(outcome, report)


def _read(outcome: Outcome, report: Path) -> None:
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by our own run
        name = f"{case.get('classname')}::{case.get('name')}"
        outcome.runs += 1
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.add(name)
        elif skipped is not None:
            outcome.skipped[name] = skipped.get("message", "")
        else:
            outcome.passed.add(name)


def _stage(outcome: Outcome, name: str, command: list[str], variables: dict[str, str]) -> None:
    started = time.monotonic()
    print(f"\n── {name} " + "─" * max(4, 70 - len(name)), flush=True)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONUNBUFFERED": "1", **variables}
    code = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL).returncode
    if code:
        outcome.failed_stages.append(name)
    say(f"{name}: {'failed' if code else 'ok'}, {time.monotonic() - started:.0f} s")


def _verdict(outcome: Outcome) -> int:
    if outcome.failed_stages:
        print(f"\nFailed: {', '.join(outcome.failed_stages)}", file=sys.stderr)
        return 1
    return 0


def _report(outcome: Outcome, found: list[servers.Found]) -> int:
    """Print the closing lines; with ``CI=true`` anything that was not covered is a failure."""
    uncovered = [f"{thing.name}: {thing.missing}" for thing in found if thing.missing]
    uncovered += [f"{name}: {why}" for name, why in sorted(outcome.never_run().items())]
    strict = os.environ.get("CI", "").lower() == "true"
    print("\n" + "═" * 78)
    print(
        "Ran against: SQLite, "
        + ", ".join(thing.version for thing in found if thing.version)
        + f" (Python {_python_version()})"
    )
    print("Not covered: " + ("nothing" if not uncovered else ""))
    for line in uncovered:
        print(f"  · {line}")
    if outcome.failed_stages:
        print("Failed stages: " + ", ".join(outcome.failed_stages))
    print(f"{outcome.runs} test runs in {outcome.seconds / 60:.1f} minutes")
    only_skipped = len(outcome.never_run())
    print(
        f"{len(outcome.passed - outcome.failed)} passed, {len(outcome.failed)} failed, {only_skipped} skipped",
        flush=True,
    )
    return 1 if outcome.failed_stages or outcome.failed or (strict and uncovered) else 0


def _python_version() -> str:
    answer = subprocess.run(
        [python(), "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True
    )
    return answer.stdout.strip()
