"""Each hostile or broken file gets a named refusal or a list of findings, in bounded memory, and the caller lives."""

import dataclasses
import os
import resource
import warnings
from collections import Counter
from pathlib import Path

import pytest

from gep.files import FileRefused, parcels, rasters, sandbox, sheets
from gep.files.limits import UPLOAD
from gep.files.refusals import reasons
from tests.unit.gep.files import hostile_files
from tests.unit.gep.files.hostile_files import PARCELS, SHEET, Hostile

LIMITS = dataclasses.replace(UPLOAD, wall_seconds=60)
LAND_USE = frozenset({"0301"})


def corpus(folder: Path, *, large: bool) -> list[Hostile]:
    """The files; their makers warn of what is on purpose."""
    honest = folder / "honest"
    honest.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(hostile_files.hostile(honest, large=large))


def outcome(case: Hostile, folder: Path) -> set[str]:
    """Read the file; return the reasons told, none where it was read without a word."""
    path = folder / case.name
    path.write_bytes(case.raw)
    told: set[str] = set()
    try:
        if case.kind == PARCELS:
            found = parcels.check(path, folder / "out.arrow", limits=LIMITS, land_use_codes=LAND_USE).findings
        elif case.kind == SHEET:
            found = sheets.read(path, limits=LIMITS).findings
        else:
            facts = rasters.check(path, layer=case.kind, limits=LIMITS)
            return set(facts.hints) | ({"implausible_values"} if facts.implausible else set())
    except FileRefused as refused:
        assert refused.name == case.name
        told, found = {refused.reason}, refused.findings or ()
    for one in found:
        assert one.row >= 0
        assert one.reason in reasons()
    path.unlink()
    return told | {one.reason for one in found}


def check(case: Hostile, folder: Path) -> set[str]:
    told = outcome(case, folder)
    assert told <= set(reasons()), case.name
    assert told or case.may_pass, f"{case.name} was read without a word"
    if case.reasons:
        assert told & set(case.reasons), f"{case.name}: {told}"
    return told


def test_the_daily_hostile_files_are_refused_by_name(tmp_path):
    """Traps T12 to T15."""
    daily = [case for case in corpus(tmp_path, large=False) if case.daily]
    assert len(daily) >= 60
    wrong = []
    for case in daily:
        try:
            check(case, tmp_path)
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
    assert wrong == []


@pytest.mark.long
def test_five_hundred_hostile_files_are_refused_by_name_in_bounded_memory(tmp_path):
    cases = corpus(tmp_path, large=True)
    assert len({case.name for case in cases}) == len(cases)
    before_kib, alive = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, os.getpid()
    counted: Counter[str] = Counter()
    wrong, silent = [], 0
    for case in cases:
        try:
            told = check(case, tmp_path)
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
            continue
        silent += not told
        counted.update(told)
    sandbox.SANDBOX.close()
    assert wrong == []
    assert len(cases) - silent >= 500
    assert counted["unsafe_file"] <= 3  # a refusal that names the fault is worth more than one that names a death
    assert os.getpid() == alive
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 300 * 1024
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= LIMITS.memory_bytes
    print(f"{len(cases)} files, {silent} read whole, {dict(counted)}")
