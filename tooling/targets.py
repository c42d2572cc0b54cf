"""What each make target does once the set-up stands."""

import os
import subprocess
from collections.abc import Callable

from tooling import serve, suite
from tooling.environment import ROOT, python


def run(target: str, arguments: list[str]) -> int:
    """Run ``target`` and return its exit code."""
    return ACTIONS[target](arguments)


def _manage(*arguments: str) -> int:
    return subprocess.run([str(python()), "manage.py", *arguments], cwd=ROOT).returncode


def _demo(arguments: list[str]) -> int:
    return _manage("migrate", "--verbosity", "0") or _manage("demo", *arguments)


def _bench(arguments: list[str]) -> int:
    """Run every benchmark, or those named; each prints its own ratio."""
    names = arguments or sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
    codes = []
    for name in names:
        print(f"\n── benchmarks/{name}.py " + "─" * max(4, 54 - len(name)), flush=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        codes.append(subprocess.run([str(python()), f"benchmarks/{name}.py"], cwd=ROOT, env=environment).returncode)
    return max(codes, default=0)


ACTIONS: dict[str, Callable[[list[str]], int]] = {
    "setup": lambda _: 0,
    "demo": _demo,
    "serve": serve.run,
    "check": lambda _: suite.check(),
    "test": lambda _: suite.everyday(),
    "test-long": lambda _: suite.long(),
    "bench": _bench,
}
