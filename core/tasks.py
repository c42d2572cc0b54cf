"""What Celery carries: a wake-up for each due job. The truth stands in the job's row; a lost message loses nothing."""

from celery import shared_task
from django.utils import timezone

from core import jobs

HANDED_OVER_AT_ONCE = 100


@shared_task
def hand_over_due_jobs() -> int:
    """Publish one message per due job; asked for every second by the scheduler, never inside a request."""
    jobs.load_handlers()
    now = timezone.now()
    jobs.schedule_recurring(as_of=now)
    waiting = jobs.due_ids(as_of=now, limit=HANDED_OVER_AT_ONCE)
    for job_id in waiting:
        run_job.delay(job_id)
    return len(waiting)


@shared_task
def run_job(job_id: int) -> bool:
    """Run one job if it is still due; a second message for the same job does nothing."""
    jobs.load_handlers()
    return jobs.run_one(job_id, as_of=timezone.now())
