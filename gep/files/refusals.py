"""How a refused file and a refused row name themselves; the sentences stand in reasons.csv, in Chinese and English."""

import csv
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gep.files.findings import Findings

REASONS = (  # of a sheet of statistics, and of every other file, whose sentence goes first where both have one
    Path(__file__).parents[1] / "statistics" / "reasons.csv",
    Path(__file__).with_name("reasons.csv"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A stable code with the sentence that tells it to people."""

    code: str
    zh: str
    en: str


class FileRefused(ValueError):
    """A file that is not read; ``reason`` is stable, ``told`` says more and where.

    The name is ours or escaped by the page. ``findings`` lists the rows where rows were the reason.
    """

    def __init__(self, path: Path | str, reason: str, told: str = "", *, findings: "Findings | None" = None) -> None:
        super().__init__(f"{Path(path).name}: {reason}" + (f" ({told})" if told else ""))
        self.name, self.reason, self.told, self.findings = Path(path).name, reason, told, findings

    @property
    def sentence(self) -> Reason:
        """The reason in Chinese and English."""
        return reason(self.reason)


class Refused(Exception):
    """What the child raises for a file that is not read: a reason, and what more there is to say."""

    def __init__(self, reason: str, told: str = "", **more: Any) -> None:
        super().__init__(reason, told)
        self.reason, self.told, self.more = reason, told, more


@functools.cache
def reasons() -> dict[str, Reason]:
    """Return every reason by its code."""
    found: dict[str, Reason] = {}
    for path in REASONS:
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["code"]: Reason(**row) for row in csv.DictReader(file)}
    return found


def reason(code: str) -> Reason:
    """Return the reason of a code. Raises KeyError for one that reasons.csv does not tell."""
    return reasons()[code]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal; the file is streamed."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
