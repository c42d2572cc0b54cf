"""What Celery carries: wake-ups for saved jobs. A lost message loses nothing, a message too many does nothing."""

from celery import shared_task
from django.utils import timezone

from core import jobs

OFFERED_AT_ONCE = 100


@shared_task
def hand_over_due_jobs() -> int:
    """Publish one message per due job; asked for every second by the scheduler, never inside a request."""
    return jobs.offer_due(run_job.delay, as_of=timezone.now(), limit=OFFERED_AT_ONCE)


@shared_task
def run_job(job_id: int) -> bool:
    """Run one job where it is still due and nobody holds it."""
    return jobs.run_one(job_id, as_of=timezone.now())
