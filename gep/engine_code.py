"""Which code makes the figures: one digest over every module that a value of an account depends on."""

import hashlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
# Everything between an input and a figure. Queries, pages and writers of files change no figure.
MODULES = (
    "accounting", "allocation", "annuities.py", "coverage", "ecosystems.py", "file_sources.py", "files/projections.py",
    "files/raster_stacks.py", "files/rasters", "guards.py", "indicators", "method_profiles.py", "methods.py",
    "run_engine.py", "snapshots.py", "statistics", "uncertainty", "valuation.py",
)  # fmt: skip


@cache
def digest() -> str:
    """Return the SHA-256 of the engine's modules, by path: another line of code is another digest."""
    found = hashlib.sha256()
    for path in modules():
        found.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def modules() -> list[Path]:
    """Return the files of the engine in a fixed order."""
    roots = [HERE / name for name in MODULES]
    return sorted(path for root in roots for path in (root.rglob("*.py") if root.is_dir() else [root]))
