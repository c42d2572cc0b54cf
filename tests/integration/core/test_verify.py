"""``manage.py verify`` names every row that breaks an invariant, and ends with 1 where there is one."""

import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from core import invariants
from core.invariants import Broken, Checked
from core.models import IdempotencyKey, Job

T0 = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.fixture
def registry(monkeypatch):
    """Only the invariants that the test registers."""
    invariants.registered()
    monkeypatch.setattr(invariants, "_registered", {})


def verify(*arguments):
    out = io.StringIO()
    try:
        call_command("verify", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_a_whole_book_passes(registry):
    @invariants.invariant(code="I10", zh="十", en="ten")
    def ten():
        yield Checked(3)
        yield Checked(4)

    @invariants.invariant(code="I9", zh="九", en="nine")
    def nine():
        return ()

    code, told = verify("--json")
    assert code == 0
    assert [(one["code"], one["rows"], one["holds"]) for one in json.loads(told)] == [
        ("I9", None, True),
        ("I10", 7, True),
    ]


def test_every_broken_row_is_named_and_the_others_are_checked_too(registry):
    @invariants.invariant(code="I1", zh="一", en="one")
    def one():
        for number in range(30):
            yield Broken(row=f"posting {number}", what=f"off by {number} fen")

    @invariants.invariant(code="I2", zh="二", en="two")
    def two():
        yield Checked(1)

    code, told = verify()
    assert code == 1
    assert "I1: posting 29: off by 29 fen" in told
    assert told.count("off by") == 30
    assert "30 broken" in told and "holds" in told
    assert [len(verdict["broken"]) for verdict in json.loads(verify("--json")[1])] == [30, 0]


def test_a_code_has_one_check(registry):
    invariants.invariant(code="I1", zh="一", en="one")(lambda: ())

    def other():
        return ()

    with pytest.raises(ValueError, match="I1"):
        invariants.invariant(code="I1", zh="一", en="one")(other)


def broken(code):
    found = next(one for one in invariants.registered() if one.code == code)
    return invariants.examine(found)


@pytest.mark.django_db
def test_a_kept_answer_that_was_changed_is_found():
    IdempotencyKey.objects.create(
        caller="bank", key="k", fingerprint="f" * 64, status=200, headers={}, body=b"paid",
        body_digest="28b8cda6c25c7c1fb9b4b0a3c1d5c2c6d6f5c2c2c6b1a4b1c6f0f0a6d5f3e2c1",
    )  # fmt: skip
    assert [row.what for row in broken("I6").broken] == ["the kept answer is not the one that was sent"]


@pytest.mark.django_db
def test_a_kept_answer_that_stands_is_fine():
    kept = IdempotencyKey(caller="bank", key="k", fingerprint="f" * 64, status=200, headers={}, body=b"abc")
    kept.body_digest = (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # SHA-256 of "abc", FIPS 180-2
    )
    kept.save()
    assert (broken("I6").broken, broken("I6").rows) == ([], 1)


@pytest.mark.django_db
def test_a_forgotten_job_is_found():
    Job.objects.create(kind="old", cause_key="a", payload={}, due_at=datetime(2020, 1, 1, tzinfo=UTC))
    Job.objects.create(kind="new", cause_key="a", payload={}, due_at=datetime(2199, 1, 1, tzinfo=UTC))
    assert [row.what for row in broken("I16").broken] == ["old a is queued since 2020-01-01 00:00:00"]
    assert broken("I16").rows == 2
