"""What Celery carries: wake-ups for saved jobs. A lost message loses nothing, a message too many does nothing."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from core import idempotency, jobs

OFFERED_AT_ONCE = 100
ENDED_JOBS_KEPT_FOR = timedelta(days=30)

jobs.recurring("core.prune", timedelta(days=1))


@jobs.handler("core.prune")
def prune(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Delete ended jobs and kept answers that nobody asks for any more."""
    jobs.prune(before=as_of - ENDED_JOBS_KEPT_FOR)
    idempotency.prune(before=as_of - idempotency.KEPT_FOR)


@shared_task
def hand_over_due_jobs() -> int:
    """Publish one message per due job; asked for every second by the scheduler, never inside a request."""
    return jobs.offer_due(run_job.delay, as_of=timezone.now(), limit=OFFERED_AT_ONCE)


@shared_task
def run_job(job_id: int) -> bool:
    """Run one job where it is still due and nobody holds it."""
    return jobs.run_one(job_id, as_of=timezone.now())
