"""Work that is done once in effect. The saved row is the queue; a broker only wakes a worker.

A job is claimed by one conditional update that writes a lease. Its handler runs in one transaction with the mark
"done", so a worker that dies leaves no trace, and another takes the job when the lease is over.
"""

import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from core.models import Job, JobState

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
LONG_LEASE = timedelta(hours=1)
OFFER_LASTS = timedelta(seconds=60)
LONGEST_ERROR_TEXT = 2_000
PERIODS_BEGIN = datetime.fromisoformat("1970-01-01T00:00:00+08:00")  # so that days are those of Fuzhou


class Work(Protocol):
    """What a handler is: it does one job, and may be run again."""

    def __call__(self, payload: dict[str, Any], *, as_of: datetime) -> None: ...


@dataclass(frozen=True)
class Handler:
    """How a kind of job is run."""

    work: Work
    atomic: bool
    lease: timedelta | None


class LeaseLost(Exception):
    """The lease was over before the work was; whoever holds the job now does it."""


class NotDead(RuleViolation):
    """Only a job that was given up can be retried or discarded by hand."""

    code = "job_not_dead"
    message = _("只有已放弃的任务可以重试或作废。")


_handlers: dict[str, Handler] = {}
_recurring: dict[str, tuple[timedelta, timedelta]] = {}


def enqueue(kind: str, *, cause_key: str, payload: dict[str, Any] | None = None, due_at: datetime) -> None:
    """Save a job in the caller's transaction; where ``kind`` has one with the same ``cause_key``, nothing happens."""
    _enqueue_all([Job(kind=kind, cause_key=cause_key, payload=payload or {}, due_at=due_at)])


def handler(kind: str, *, atomic: bool = True, lease: timedelta | None = None) -> Callable[[Work], Work]:
    """Register the function that does jobs of ``kind``; it stands in ``<app>/tasks.py``.

    With ``atomic`` the work and its mark "done" are one transaction. Long work whose steps are safe to repeat says
    ``atomic=False``. ``lease`` must exceed the longest run: JOB_LEASE_SECONDS where it is not given, an hour for long
    work.
    """

    def register(work: Work) -> Work:
        known = _handlers.get(kind)
        if known is not None and (known.work.__module__, known.work.__qualname__) != (  # type: ignore[attr-defined]
            work.__module__,
            work.__qualname__,  # type: ignore[attr-defined]
        ):
            raise ValueError(f"two handlers for jobs of the kind {kind!r}")
        _handlers[kind] = Handler(work=work, atomic=atomic, lease=lease or (None if atomic else LONG_LEASE))
        return work

    return register


def recurring(kind: str, every: timedelta, *, after: timedelta = timedelta(0)) -> None:
    """Have a job of ``kind`` done once per period, whoever schedules; its payload holds ``period_start`` (ISO 8601).

    It is due ``after`` the start of the period.
    """
    _recurring[kind] = every, after


@cache
def discover() -> None:
    """Import ``tasks`` of every app, where handlers and recurring jobs register."""
    autodiscover_modules("tasks")


def enqueue_recurring(*, as_of: datetime) -> None:
    """Save the job of the period that ``as_of`` lies in, for every recurring kind that has none yet."""
    discover()
    jobs = [_of_period(kind, every, after, as_of) for kind, (every, after) in _recurring.items()]
    # The kinds are named too, for the index begins with them: this is asked every second.
    kinds, causes = {job.kind for job in jobs}, {job.cause_key for job in jobs}
    known = set(Job.objects.filter(kind__in=kinds, cause_key__in=causes).values_list("kind", "cause_key"))
    _enqueue_all([job for job in jobs if (job.kind, job.cause_key) not in known])


def run_due(*, as_of: datetime, limit: int = 100) -> int:
    """Run at most ``limit`` jobs that are due, oldest first; return how many were run, failed ones among them."""
    enqueue_recurring(as_of=as_of)
    bury_abandoned(as_of=as_of)
    done = 0
    while done < limit and (job := _claim(_claimable(as_of))) is not None:
        _run(job, as_of=as_of)
        done += 1
    return done


def run_one(job_id: int, *, as_of: datetime) -> bool:
    """Run one job where it is due and nobody holds it; return whether it was run."""
    discover()
    job = _claim(_claimable(as_of).filter(pk=job_id))
    if job is None:
        return False
    _run(job, as_of=as_of)
    return True


def offer_due(publish: Callable[[int], object], *, as_of: datetime, limit: int = 100) -> int:
    """Give the ids of due jobs to ``publish``, each at most once a minute; return how many.

    What ``publish`` raises ends the round; the jobs that it did not take are offered again in the next one.
    """
    enqueue_recurring(as_of=as_of)
    bury_abandoned(as_of=as_of)
    waiting = _claimable(as_of).filter(Q(offered_until=None) | Q(offered_until__lt=Now()))
    job_ids = list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])
    for job_id in job_ids:
        publish(job_id)
        Job.objects.filter(pk=job_id).update(offered_until=Now() + OFFER_LASTS)
    return len(job_ids)


def bury_abandoned(*, as_of: datetime) -> None:
    """Give up jobs whose every attempt took its worker down with it."""
    for job in Job.objects.filter(_lease_is_over(), attempts__gte=MOST_ATTEMPTS):
        with transaction.atomic():
            _bury(job, "the worker died in every attempt", as_of=as_of)


def dead(*, limit: int = 200) -> list[Job]:
    """Return the jobs that were given up, the oldest first."""
    return list(Job.objects.filter(state=JobState.DEAD).order_by("finished_at", "pk")[:limit])


def retry(job_id: int, *, by: str, as_of: datetime) -> None:
    """Queue a job that was given up anew, with all its attempts; NotDead where it was not given up."""
    _end_death(job_id, "job.retried", by=by, as_of=as_of, state=JobState.QUEUED, attempts=0, due_at=as_of)


def discard(job_id: int, *, by: str, reason: str, as_of: datetime) -> None:
    """Put a job that was given up away for good, and say why; NotDead where it was not given up."""
    _end_death(job_id, "job.discarded", by=by, as_of=as_of, reason=reason, state=JobState.DISCARDED)


def prune(*, before: datetime) -> int:
    """Delete the jobs that were done or discarded before that moment; return how many. Dead ones stay."""
    ended = Job.objects.filter(state__in=[JobState.DONE, JobState.DISCARDED], finished_at__lt=before)
    return ended.delete()[0]


def _end_death(job_id: int, event: str, *, by: str, as_of: datetime, reason: str = "", **changes: Any) -> None:
    if changes["state"] == JobState.QUEUED:
        changes |= {"finished_at": None, "offered_until": None}
    with transaction.atomic():
        if not Job.objects.filter(pk=job_id, state=JobState.DEAD).update(**changes):
            raise NotDead(job=job_id)
        job = Job.objects.get(pk=job_id)
        detail = {"kind": job.kind, "cause_key": job.cause_key, "by": by, **({"reason": reason} if reason else {})}
        events.record(event, subject=f"job/{job_id}", occurred_at=as_of, detail=detail)


def _enqueue_all(jobs: list[Job]) -> None:
    for job in jobs:
        if not job.kind or not job.cause_key or len(job.kind) > 80 or len(job.cause_key) > 200:
            raise ValueError(f"a job needs a kind (80) and a cause key (200): {job.kind!r}, {job.cause_key!r}")
    Job.objects.bulk_create(jobs, ignore_conflicts=True)


def _of_period(kind: str, every: timedelta, after: timedelta, as_of: datetime) -> Job:
    start = PERIODS_BEGIN + (as_of - PERIODS_BEGIN) // every * every
    key = f"every {int(every.total_seconds())} s from {start.isoformat()}"
    return Job(kind=kind, cause_key=key, payload={"period_start": start.isoformat()}, due_at=start + after)


def _lease_is_over() -> Q:
    # Leases go by the one clock that all workers share, the database's.
    return Q(state=JobState.RUNNING, lease_until__lt=Now())


def _claimable(as_of: datetime) -> QuerySet[Job]:
    due = Q(state=JobState.QUEUED, due_at__lte=as_of) | _lease_is_over() & Q(attempts__lt=MOST_ATTEMPTS)
    return Job.objects.filter(due, kind__in=list(_handlers))


def _claim(candidates: QuerySet[Job]) -> Job | None:
    """Take the oldest of ``candidates`` that nobody else is taking, in one statement."""
    token = uuid.uuid4().hex
    first = candidates.order_by("due_at", "pk").select_for_update(skip_locked=True).values("pk")[:1]
    with transaction.atomic():  # Django locks rows only inside a transaction
        taken = Job.objects.filter(pk__in=first).update(
            state=JobState.RUNNING,
            attempts=F("attempts") + 1,
            lease_token=token,
            lease_until=Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS),
        )
    return Job.objects.get(lease_token=token) if taken else None


def _run(job: Job, *, as_of: datetime) -> None:
    chosen = _handlers[job.kind]
    if chosen.lease is not None:
        _held(job).update(lease_until=Now() + chosen.lease)
    try:
        if chosen.atomic:
            with transaction.atomic():
                chosen.work(job.payload, as_of=as_of)
                _finish(job)
        else:
            chosen.work(job.payload, as_of=as_of)
            _finish(job)
    except LeaseLost:
        log.warning("job %s %s outlived its lease; its work is undone here", job.kind, job.cause_key)
    except Exception as error:
        log.exception("job %s %s failed in attempt %d", job.kind, job.cause_key, job.attempts)
        _fail(job, error, as_of=as_of)
    except BaseException:
        # Ctrl-C and the like: nobody's fault, so the attempt does not count.
        _held(job).update(state=JobState.QUEUED, attempts=job.attempts - 1, lease_until=None, offered_until=None)
        raise


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_token=job.lease_token)


def _finish(job: Job) -> None:
    if not _held(job).update(state=JobState.DONE, finished_at=Now(), lease_until=None, last_error=""):
        raise LeaseLost(job.pk)


def _fail(job: Job, error: Exception, *, as_of: datetime) -> None:
    told = f"{type(error).__name__}: {error}".replace("\x00", "")[:LONGEST_ERROR_TEXT]
    if job.attempts >= MOST_ATTEMPTS:
        with transaction.atomic():
            _bury(job, told, as_of=as_of)
        return
    _held(job).update(
        state=JobState.QUEUED,
        due_at=as_of + wait_after(job.attempts, share=random.random()),
        lease_until=None,
        offered_until=None,
        last_error=told,
    )


def wait_after(attempts: int, *, share: float) -> timedelta:
    """Return the wait after ``attempts`` failures: doubled each time, an hour at most; ``share``: jitter, 0 to 1."""
    whole = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return whole / 2 + whole / 2 * share


def _bury(job: Job, told: str, *, as_of: datetime) -> None:
    held = _held(job).update(state=JobState.DEAD, finished_at=Now(), lease_until=None, last_error=told)
    if not held:
        return
    log.error("job %s %s is given up after %d attempts: %s", job.kind, job.cause_key, job.attempts, told)
    detail = {"kind": job.kind, "cause_key": job.cause_key, "attempts": job.attempts}
    events.record("job.dead", subject=f"job/{job.pk}", occurred_at=as_of, detail=detail)
