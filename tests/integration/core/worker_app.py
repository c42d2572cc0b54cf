"""What the worker of the broker tests runs: the site's Celery application, and three kinds of jobs."""

import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
import django

django.setup()

from datetime import UTC, datetime  # noqa: E402

from config.celery import app  # noqa: E402, F401
from core import jobs  # noqa: E402
from core.models import Job  # noqa: E402

if "QUEUE_OF_A_TEST" in os.environ:
    # A child of a test does the jobs of the test alone.
    jobs.discover()
    jobs._recurring.clear()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@jobs.handler("test.leave-a-row")
def leave_a_row(payload, *, as_of):
    """Leave one row per run that was committed."""
    number = Job.objects.filter(kind="test.row").count()
    Job.objects.create(kind="test.row", cause_key=f"{payload['name']}/{number}", payload={}, due_at=LONG_AGO)


@jobs.handler("test.stay-the-first-time")
def stay_the_first_time(payload, *, as_of):
    """In the first attempt say so and stay, so that the worker can be killed; in the next one leave a row."""
    if not os.path.exists(payload["flag"]):
        with open(payload["flag"], "w") as flag:
            flag.write("here")
        time.sleep(600)
    leave_a_row(payload, as_of=as_of)
