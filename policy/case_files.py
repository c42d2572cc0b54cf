"""Worked cases of the programmes, as YAML: facts and the answer written out; run as tests and before an activation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from policy import assessment
from policy.programme_files import CASES_FOLDER, Programme, ProgrammeInvalid, load_strict

CASE_KEYS = frozenset({"id", "day", "facts", "expect"})
EXPECT_KEYS = frozenset({"status", "amount_fen", "failed", "unknown"})


@dataclass(frozen=True)
class Case:
    """One worked case: the facts of a day and what the programme must say."""

    programme: str
    id: str
    day: date
    facts: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """A case that came out otherwise than written."""

    case: str
    expected: Mapping[str, Any]
    found: Mapping[str, Any]


@lru_cache(maxsize=4)
def load_folder(folder: Path = CASES_FOLDER) -> tuple[Case, ...]:
    """Return every case of ``folder``; ProgrammeInvalid names the file with an unknown key."""
    return tuple(case for path in sorted(folder.glob("*.yaml")) for case in _read(path))


def of(programme: Programme) -> tuple[Case, ...]:
    """Return the cases that are worked for a day on which this version is in force."""
    return tuple(case for case in load_folder() if case.programme == programme.code and programme.in_force(case.day))


def run(programme: Programme, cases: tuple[Case, ...]) -> list[Difference]:
    """Return the cases that ``programme`` answers otherwise than written."""
    found = []
    for case in cases:
        answer = assessment.assess(programme, case.facts)
        told: dict[str, Any] = {"status": str(answer.status)}
        told |= {} if answer.amount_fen is None else {"amount_fen": answer.amount_fen}
        told |= {"failed": list(answer.failed)} if answer.failed else {}
        told |= {"unknown": list(answer.unknown)} if answer.unknown and answer.status == "UNKNOWN" else {}
        if told != dict(case.expect):
            found.append(Difference(case=case.id, expected=case.expect, found=told))
    return found


def _read(path: Path) -> list[Case]:
    written = load_strict(path.read_text(encoding="utf-8"))
    if set(written) != {"programme", "cases"}:
        raise ProgrammeInvalid(f"{path.name}: a case file has programme and cases")
    for case in written["cases"]:
        if set(case) != CASE_KEYS or not set(case["expect"]) <= EXPECT_KEYS or type(case["day"]) is not date:
            raise ProgrammeInvalid(f"{path.name}: case {case.get('id')!r} has wrong or missing keys")
    return [Case(programme=written["programme"], **case) for case in written["cases"]]
