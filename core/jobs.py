"""Work that outlives a request: a row saved with its cause, run at least once, once in effect.

A job is written in the transaction that makes it necessary. Whoever drains (a Celery worker, ``manage.py run_jobs``)
claims it with a lease; a worker that dies lets the lease run out and another takes over. Eight failures make a job
dead, never lost.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils.module_loading import autodiscover_modules

from core.models import Job, JobState

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(hours=1)
Work = Callable[..., None]


class UnknownJobKind(ValueError):
    """No handler is registered for this kind of job."""


@dataclass(frozen=True)
class Handler:
    """What runs a kind of job; ``atomic``: in one transaction with the mark that it is done."""

    work: Work
    atomic: bool


_handlers: dict[str, Handler] = {}
_recurring: dict[str, timedelta] = {}


def handler(kind: str, *, atomic: bool = True) -> Callable[[Work], Work]:
    """Register a function ``work(payload, *, as_of)`` for jobs of ``kind``.

    With ``atomic=False`` the work commits in steps that may each be run again without harm.
    """

    def register(work: Work) -> Work:
        _handlers[kind] = Handler(work, atomic)
        return work

    return register


def recurring(kind: str, *, every: timedelta) -> None:
    """Have one job of ``kind`` made for each period of this length, however many schedulers there are."""
    _recurring[kind] = every


def load_handlers() -> None:
    """Import every app's ``tasks``, where the handlers are registered."""
    autodiscover_modules("tasks")


def enqueue(kind: str, *, cause_key: str, payload: dict[str, Any] | None = None, due_at: datetime) -> None:
    """Save a job in the caller's transaction; the same kind and cause again changes nothing."""
    row = Job(kind=kind, cause_key=cause_key, payload=payload or {}, due_at=due_at)
    Job.objects.bulk_create([row], ignore_conflicts=True)


def schedule_recurring(*, as_of: datetime) -> None:
    """Save the recurring jobs of the period that ``as_of`` lies in, where nobody did so yet."""
    rows = []
    for kind, every in _recurring.items():
        period = int(as_of.timestamp() // every.total_seconds())
        starts_at = datetime.fromtimestamp(period * every.total_seconds(), tz=UTC)
        rows.append(Job(kind=kind, cause_key=f"period/{int(every.total_seconds())}/{period}", due_at=starts_at))
    causes = [row.cause_key for row in rows]
    known = set(Job.objects.filter(kind__in=_recurring, cause_key__in=causes).values_list("kind", "cause_key"))
    Job.objects.bulk_create([row for row in rows if (row.kind, row.cause_key) not in known], ignore_conflicts=True)


def due_ids(*, as_of: datetime, limit: int = 100) -> list[int]:
    """Return the ids of jobs that are due or whose worker let its lease run out, oldest first."""
    return list(_due(as_of).order_by("due_at", "id").values_list("id", flat=True)[:limit])


def run_due(*, as_of: datetime, limit: int = 100) -> int:
    """Run at most ``limit`` due jobs here and now; return how many were run."""
    schedule_recurring(as_of=as_of)
    return sum(run_one(job_id, as_of=as_of) for job_id in due_ids(as_of=as_of, limit=limit))


def run_one(job_id: int, *, as_of: datetime) -> bool:
    """Claim and run one job; False where it is not due, or another worker has it."""
    job = _claim(job_id, as_of=as_of)
    if job is None:
        return False
    try:
        _work(job, as_of=as_of)
    except Exception as error:  # the edge of a task: kept in the row, logged, tried again
        logger.exception("job %s %s failed", job.kind, job.cause_key)
        _put_back(job, error=error, as_of=as_of)
    return True


def _due(as_of: datetime) -> Any:
    waiting = Q(state=JobState.QUEUED, due_at__lte=as_of)
    abandoned = Q(state=JobState.RUNNING, lease_until__lt=as_of)
    return Job.objects.filter(waiting | abandoned)


def _claim(job_id: int, *, as_of: datetime) -> Job | None:
    """Take the job by one conditional UPDATE, so that of two workers one gets it."""
    lease_until = as_of + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    with transaction.atomic():
        rows = _due(as_of).filter(pk=job_id)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True)
        job = rows.first()
        if job is None:
            return None
        job.state, job.lease_until, job.attempts = JobState.RUNNING, lease_until, job.attempts + 1
        job.save(update_fields=["state", "lease_until", "attempts"])
        return job


def _work(job: Job, *, as_of: datetime) -> None:
    found = _handlers.get(job.kind)
    if found is None:
        raise UnknownJobKind(job.kind)
    if not found.atomic:
        found.work(job.payload, as_of=as_of)
        _finish(job, as_of=as_of)
        return
    with transaction.atomic():
        if _finish(job, as_of=as_of):
            found.work(job.payload, as_of=as_of)


def _finish(job: Job, *, as_of: datetime) -> bool:
    """Mark the job done; False where another worker took it over after our lease ran out."""
    ours = Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts)
    return bool(ours.update(state=JobState.DONE, finished_at=as_of, lease_until=None, last_error=""))


def _put_back(job: Job, *, error: Exception, as_of: datetime) -> None:
    wait = min(FIRST_RETRY * 2 ** (job.attempts - 1), LONGEST_RETRY) * random.uniform(0.5, 1.5)
    dead = job.attempts >= MAX_ATTEMPTS
    if dead:
        logger.error("job %s %s is dead after %s attempts", job.kind, job.cause_key, job.attempts)
    Job.objects.filter(pk=job.pk, state=JobState.RUNNING, attempts=job.attempts).update(
        state=JobState.DEAD if dead else JobState.QUEUED,
        due_at=as_of + wait,
        lease_until=None,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )
