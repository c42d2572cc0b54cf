"""A partner's batch, its rows counted, and those that were not credited in full."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Batch, Behaviour
from greenpoints.reasons import ACCEPTED, REASONS


class BatchMissing(RuleViolation):
    """The partner has no batch of this code."""

    code = "behaviour_batch_missing"
    message = _("找不到该批次。")
    status = 404


@dataclass(frozen=True, slots=True)
class BatchReport:
    """A batch with its rows counted by status and by reason."""

    partner: str
    code: str
    business_on: date
    status: str
    digest: str
    rows: int
    posted_mg: int
    by_status: dict[str, int]
    by_reason: dict[str, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not credited in full, with the reason for people."""

    row: int
    external_id: str
    status: str
    reason: str
    zh: str
    en: str


def batch(code: str, *, partner: str) -> BatchReport:
    """Return a batch of the partner with its counts; BatchMissing where it has none of this code."""
    row = _batch(code, partner=partner)
    counts = row.behaviours.values_list("status", "reason").annotate(n=Count("id")).order_by("status", "reason")
    by_status: dict[str, int] = {}
    by_reason: dict[str, int] = {}
    for status, reason, n in counts:
        by_status[status] = by_status.get(status, 0) + n
        if reason:
            by_reason[reason] = by_reason.get(reason, 0) + n
    return BatchReport(
        row.partner, row.code, row.business_on, row.status, row.digest, row.rows, row.posted_mg, by_status, by_reason
    )


def refusals(code: str, *, partner: str) -> dict[str, int]:
    """Return the rows of the batch that were not accepted, counted by reason."""
    rows = _not_accepted(_batch(code, partner=partner)).values_list("reason").annotate(n=Count("id"))
    return dict(rows.order_by("reason"))


def rejections(code: str, *, partner: str, after: int = 0, limit: int = 10_000) -> list[Refusal]:
    """Return the rows that were not credited in full, by line, after line ``after``; at most ``limit``."""
    rows = _batch(code, partner=partner).behaviours.exclude(reason="").filter(row__gt=after).order_by("row")
    return [
        Refusal(row, name, status, reason, REASONS[reason].zh, REASONS[reason].en)
        for row, name, status, reason in rows.values_list("row", "external_id", "status", "reason")[:limit]
    ]


def received_batch_ids(*, limit: int = 100) -> list[int]:
    """Return the batches that are not credited yet, oldest first."""
    return list(Batch.objects.exclude(status="credited").order_by("pk").values_list("pk", flat=True)[:limit])


def _batch(code: str, *, partner: str) -> Batch:
    row = Batch.objects.filter(partner=partner, code=code).first()
    if row is None:
        raise BatchMissing(batch=code)
    return row


def _not_accepted(row: Batch) -> QuerySet[Behaviour]:
    return row.behaviours.exclude(status__in=ACCEPTED)
