"""Every worked case has a test of its name, and the page that lists them names it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[3] / "docs" / "methods" / "worked-cases.md"
CASES = {*(f"T{number}" for number in range(1, 41)), *(f"N{number}" for number in range(1, 7))}
OF_FILES = "test_input_files.py"  # its T numbers are those of hostile files


def named() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        if path.name != OF_FILES:
            for name, case in re.findall(r"^def (test_([tn]\d+)_\w+)", path.read_text(encoding="utf-8"), re.M):
                found.setdefault(case.upper(), set()).add(f"`{name}` in `{path.name}`")
    return found


def test_every_case_is_proved_by_a_test_of_its_name():
    assert set(named()) == CASES


def test_the_page_lists_the_tests_that_there_are():
    rows = re.findall(r"^\| ([TN]\d+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert {case: set(tests.split("; ")) for case, tests in rows} == named()
