"""The closing report of the suite: what it ran against, what it did not cover, and when that is a failure."""

import pytest

from tooling import suite
from tooling.servers import Found

EVERYTHING = [Found("PostgreSQL + PostGIS", version="PostgreSQL 15"), Found("Redis", version="Redis 7")]
NO_REDIS = [Found("PostgreSQL + PostGIS", version="PostgreSQL 15"), Found("Redis", missing="start Redis")]
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.a" name="one"/>
<testcase classname="tests.a" name="two"><failure message="no"/></testcase>
<testcase classname="tests.a" name="three"><skipped message="PostgreSQL only"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def read(tmp_path):
    def of(text, outcome):
        path = tmp_path / "report.xml"
        path.write_text(text)
        suite._read(outcome, path)

    return of


def test_a_test_skipped_on_one_database_is_covered_by_the_other(read):
    outcome = suite.Outcome()
    read(JUNIT, outcome)
    assert outcome.never_run() == {"tests.a::three": "PostgreSQL only"}
    read('<testsuites><testsuite><testcase classname="tests.a" name="three"/></testsuite></testsuites>', outcome)
    assert outcome.never_run() == {}
    assert outcome.failed == {"tests.a::two"}


@pytest.mark.parametrize(
    ("ci", "found", "code"),
    [
        pytest.param("", EVERYTHING, 0, id="all there"),
        pytest.param("", NO_REDIS, 0, id="a laptop may lack a server, and is told"),
        pytest.param("true", NO_REDIS, 1, id="continuous integration may not"),
        pytest.param("true", EVERYTHING, 0, id="continuous integration with everything"),
    ],
)
def test_what_was_not_covered_fails_only_where_it_must(monkeypatch, capsys, ci, found, code):
    monkeypatch.setenv("CI", ci)
    outcome = suite.Outcome(passed={"tests.a::one"}, runs=1)
    assert suite._report(outcome, found) == code
    told = capsys.readouterr().out
    assert ("Not covered: nothing" in told) == (found is EVERYTHING)
    assert told.splitlines()[-1] == "1 passed, 0 failed, 0 skipped"


def test_a_failed_stage_fails_the_suite(monkeypatch, capsys):
    monkeypatch.setenv("CI", "")
    assert suite._report(suite.Outcome(failed_stages=["contracts"]), EVERYTHING) == 1
    assert "Failed stages: contracts" in capsys.readouterr().out


def test_a_skipped_test_fails_continuous_integration(monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    assert suite._report(suite.Outcome(skipped={"tests.a::three": "no font"}), EVERYTHING) == 1
    assert "tests.a::three: no font" in capsys.readouterr().out
