"""What must hold in the whole book at any time; ``manage.py verify`` asks every app."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules

from core.models import IdempotencyKey, Job, JobState

LONGEST_WAIT = timedelta(days=1)


class Broken(NamedTuple):
    """A row for which an invariant does not hold: which row, and what is wrong with it."""

    row: str
    what: str


class Checked(NamedTuple):
    """A number of rows that a check looked at; a check may yield it as often as it likes."""

    rows: int


Check = Callable[[], Iterable[Broken | Checked]]


@dataclass(frozen=True)
class Invariant:
    """A registered invariant: its code, what it says, and how it is checked."""

    code: str
    zh: str
    en: str
    check: Check


class Verdict(NamedTuple):
    """What a check found; ``rows`` is None where it did not count."""

    invariant: Invariant
    rows: int | None
    broken: list[Broken]

    @property
    def holds(self) -> bool:
        """Whether no row is broken."""
        return not self.broken


_registered: dict[str, Invariant] = {}


def invariant(*, code: str, zh: str, en: str) -> Callable[[Check], Check]:
    """Register a check under ``code``. It yields ``Broken(row, what)``, and ``Checked(rows)`` where it counts."""

    def register(check: Check) -> Check:
        known = _registered.get(code)
        if known is not None and known.check.__qualname__ + known.check.__module__ != (
            check.__qualname__ + check.__module__
        ):
            raise ValueError(f"the invariant {code} is registered twice")
        _registered[code] = Invariant(code=code, zh=zh, en=en, check=check)
        return check

    return register


@cache
def _discover() -> None:
    autodiscover_modules("invariants")


def registered() -> list[Invariant]:
    """Return the invariants of every app, I2 before I10."""
    _discover()
    return [_registered[code] for code in sorted(_registered, key=_in_order)]


def verify() -> Iterator[Verdict]:
    """Check every invariant, one after the other; yield what each found."""
    for one in registered():
        yield examine(one)


def examine(one: Invariant) -> Verdict:
    """Check one invariant."""
    broken: list[Broken] = []
    rows: int | None = None
    for found in one.check():
        if isinstance(found, Checked):
            rows = (rows or 0) + found.rows
        else:
            broken.append(found)
    return Verdict(invariant=one, rows=rows, broken=broken)


def _in_order(code: str) -> tuple[str, int, str]:
    letters = code.rstrip("0123456789abcdefghijklmnopqrstuvwxyz")
    digits = "".join(character for character in code if character.isdigit())
    return letters, int(digits or 0), code


@invariant(
    code="I6",
    zh="一个幂等键只有一个结果，重放逐字节相同",
    en="One idempotency key, one outcome; a replay is byte-identical",
)
def each_key_has_one_outcome() -> Iterator[Broken | Checked]:
    """Check that no key has two rows, and that each kept body is still the one that was sent."""
    twice = IdempotencyKey.objects.values("caller", "key").annotate(rows=Count("pk")).filter(rows__gt=1)
    for row in twice:
        yield Broken(row=f"{row['caller']} {row['key']}", what=f"{row['rows']} outcomes")
    rows = 0
    for kept in IdempotencyKey.objects.order_by("pk").iterator(chunk_size=500):
        rows += 1
        if hashlib.sha256(bytes(kept.body)).hexdigest() != kept.body_digest:
            yield Broken(row=f"core.IdempotencyKey {kept.pk}", what="the kept answer is not the one that was sent")
    yield Checked(rows)


@invariant(code="I16", zh="没有被遗忘的后台任务", en="No job waits for more than a day unnoticed")
def no_job_is_forgotten() -> Iterator[Broken | Checked]:
    """Check that no job is due, or held by a worker that died, for more than a day."""
    yield Checked(Job.objects.count())
    due = Q(state=JobState.QUEUED, due_at__lt=Now() - LONGEST_WAIT)
    held = Q(state=JobState.RUNNING, lease_until__lt=Now() - LONGEST_WAIT)
    for job in Job.objects.filter(due | held).order_by("pk").iterator():
        yield Broken(
            row=f"core.Job {job.pk}", what=f"{job.kind} {job.cause_key} is {job.state} since {job.due_at:%F %T}"
        )
