"""The carrier of the work. What is to be done stands in the database; a lost message loses nothing."""

import os

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
LONGEST_TASK_SECONDS = 3600
# A publisher tries twice and leaves the rest to the next round; otherwise kombu goes on for ever (celery issue 6911).
GIVE_UP_SOON = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}

TRANSPORT_ALIASES["filesystem"] = "config.local_broker:Transport"
app = Celery("fuzhou")


def transport_options(broker_url: str) -> dict[str, object]:
    """Return what each kind of broker needs so that it neither loses a task nor blocks its caller."""
    if broker_url.startswith("filesystem"):
        folders = {name: settings.VAR_DIR / "broker" / name for name in ("in", "control")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "data_folder_in": str(folders["in"]),
            "data_folder_out": str(folders["in"]),  # the worker reads what the site writes
            "control_folder": str(folders["control"]),
            "polling_interval": 0.1,
        }
    if broker_url.startswith("redis"):
        return {
            "visibility_timeout": 2 * LONGEST_TASK_SECONDS,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            **GIVE_UP_SOON,
        }
    return {"confirm_publish": True, "connect_timeout": 2, "read_timeout": 10, "write_timeout": 10, **GIVE_UP_SOON}


app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_transport_options=transport_options(settings.BROKER_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker for as long as it takes
    broker_connection_timeout=3,
    task_publish_retry=False,
    task_default_queue=settings.CELERY_QUEUE,
    task_default_queue_type="quorum" if settings.BROKER_URL.startswith("amqp") else "classic",
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=LONGEST_TASK_SECONDS,
    task_soft_time_limit=LONGEST_TASK_SECONDS - 60,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    timezone=settings.CELERY_TIMEZONE,
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    beat_schedule={
        # A round that nobody took up in time is worthless: the next one does the same.
        "hand over due jobs": {
            "task": "core.tasks.hand_over_due_jobs",
            "schedule": 1.0,
            "options": {"expires": 10},
        },
    },
)
app.autodiscover_tasks(["core"])
