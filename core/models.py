"""The tables that every app shares: facts that happened, work that is to be done, requests that were answered."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """A business fact. Rows are added and never changed; triggers on both databases see to it."""

    sequence = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    detail = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "sequence"], name="core_event_by_kind"),
            models.Index(fields=["subject", "sequence"], name="core_event_by_subject"),
        ]


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", _("等待")
    RUNNING = "running", _("执行中")
    DONE = "done", _("完成")
    DEAD = "dead", _("已放弃")
    DISCARDED = "discarded", _("已作废")


class Job(models.Model):
    """Work that is to be done once in effect; the saved row is the queue, a message only wakes a worker."""

    kind = models.CharField(max_length=80)
    cause_key = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    offered_until = models.DateTimeField(null=True)  # a message for it is under way until then
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, default="", db_index=True)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause_key"], name="core_job_one_per_cause"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="core_job_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False) | ~Q(state="running") & Q(lease_until=None),
                name="core_job_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "dead", "discarded"], finished_at__isnull=False)
                | Q(state__in=["queued", "running"], finished_at=None),
                name="core_job_finished_once_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="queued"), name="core_job_due"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="core_job_leased"),
        ]


class IdempotencyKey(models.Model):
    """The answer that a caller got to a request it named; written in the transaction of the effect."""

    caller = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256, hex
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.BinaryField()
    body_digest = models.CharField(max_length=64)  # SHA-256, hex
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="core_idempotency_one_outcome"),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=500), name="core_idempotency_status_is_an_answer"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="core_idempotency_age")]
