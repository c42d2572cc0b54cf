"""A partner's batch of behaviours: received and kept as signed, then credited. Twice is once.

Crediting goes in steps, each a transaction of its own that may be run again: the rows are answered (``screened``),
the accepted events are posted, the coins are paid (``credited``). All batches of one partner and day that wait when
crediting begins are one run, so that it does not matter how a day was split or shuffled over them.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core import events, jobs
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.intake import behaviours
from greenpoints.intake.behaviours import Delivery
from greenpoints.models import Batch, BatchContent, BatchStatus, Behaviour
from greenpoints.points import ledger
from greenpoints.reasons import ACCEPTED
from greenpoints.screening import rows as row_texts
from greenpoints.screening.rows import Rows
from identity import queries as identity_queries

CREDIT_JOB = "greenpoints.credit"
CREDITED_EVENT = "greenpoints.batch_credited"
MAX_CONTENT_BYTES = 128 * 1024 * 1024
MAX_RUN_BYTES = 256 * 1024 * 1024  # what one run reads at most, so that memory is bounded
MAX_NAME_LENGTH = 40  # of a partner and of a batch, so that references stay within 120 letters
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}").fullmatch


class NotAPartner(RuleViolation):
    """Only a registered data partner delivers behaviours."""

    code = "not_a_partner"
    message = _("该机构不是数据合作方，不能提交行为批次。")
    status = 403


class BatchContentDiffers(RuleViolation):
    """The partner used this batch code before, for other content."""

    code = "batch_content_differs"
    message = _("该批次编号已用于内容不同的批次。")


class BatchCodeInvalid(RuleViolation):
    """The batch code has letters that are not allowed, or is too long."""

    code = "batch_code_invalid"
    message = _("批次编号只能由字母、数字、点、横线和下划线组成，最长 40 个字符。")
    status = 422


class BatchEmpty(RuleViolation):
    """The batch holds no row."""

    code = "batch_empty"
    message = _("批次中没有任何记录。")
    status = 422


class BatchTooLarge(RuleViolation):
    """The batch is larger than one delivery may be."""

    code = "batch_too_large"
    message = _("批次过大，请拆分后提交。")
    status = 413


@dataclass(frozen=True, slots=True)
class BatchView:
    """What others see of a batch."""

    id: int
    partner: str
    code: str
    business_on: date
    digest: str
    status: str
    rows: int
    accepted: int
    posted_mg: int


def receive(*, partner: str, batch: str, business_on: date, content: bytes, received_at: datetime) -> BatchView:
    """Keep a batch for crediting; the same batch again changes nothing, other content is BatchContentDiffers.

    ``partner`` is the verified sender. Raises NotAPartner, BatchCodeInvalid, BatchEmpty, BatchTooLarge.
    """
    _check(partner=partner, batch=batch, content=content)
    digest = sha256(content).hexdigest()
    try:
        with transaction.atomic():
            row = Batch.objects.create(
                partner=partner, code=batch, business_on=business_on, digest=digest, received_at=received_at
            )
            BatchContent.objects.create(batch=row, content=content)
            jobs.enqueue(
                CREDIT_JOB, cause_key=f"credit/{partner}/{batch}", payload={"batch_id": row.pk}, due_at=received_at
            )
    except IntegrityError:
        row = Batch.objects.get(partner=partner, code=batch)
        if row.digest != digest or row.business_on != business_on:
            raise BatchContentDiffers(partner=partner, batch=batch, received_at=row.received_at.isoformat()) from None
    return view(row)


def credit(batch_id: int, *, as_of: datetime) -> BatchView:
    """Credit the batch, with all others of its partner and day that wait; takes up where a former try stopped."""
    batch = Batch.objects.get(pk=batch_id)
    while batch.status == BatchStatus.RECEIVED:
        _screen(batch)
        batch.refresh_from_db()
    if batch.status == BatchStatus.SCREENED:
        assert batch.run_id is not None  # a batch is screened as part of a run
        run = Batch.objects.get(pk=batch.run_id)
        ledger.post_acts(run)
        _finish(run, as_of=as_of)
        batch.refresh_from_db()
    return view(batch)


def view(row: Batch) -> BatchView:
    """Return what others see of the batch."""
    return BatchView(**{name: getattr(row, name) for name in BatchView.__dataclass_fields__})


def _check(*, partner: str, batch: str, content: bytes) -> None:
    if not _CODE(batch) or len(partner) > MAX_NAME_LENGTH:
        raise BatchCodeInvalid(batch=batch[:80])
    if len(content) > MAX_CONTENT_BYTES:
        raise BatchTooLarge(bytes=len(content), most=MAX_CONTENT_BYTES)
    if not content.strip():
        raise BatchEmpty(batch=batch)
    if identity_queries.organisation(partner).kind != "partner":
        raise NotAPartner(organisation=partner)


def _screen(batch: Batch) -> None:
    """Answer every row of the waiting batches, in one transaction; one run a day at a time decides.

    Does nothing where another worker took some of them meanwhile: whoever calls reads what still waits and tries again.
    """
    waiting = _waiting_with(batch)
    parsed = {pk: row_texts.parse(bytes(content)) for pk, content in _contents(waiting)}
    delivery = _delivery(batch, parsed, received_at=max(row.received_at for row in waiting))
    bad = [(pk, *problem) for pk, rows in parsed.items() for problem in rows.bad]
    with transaction.atomic():
        bulk_rows.lock(f"day/{batch.business_on}")
        still = Batch.objects.select_for_update().filter(pk__in=parsed, status=BatchStatus.RECEIVED).order_by("pk")
        if {row.pk for row in still} != set(parsed):
            return
        behaviours.save(delivery, behaviours.decide(delivery), bad=bad)
        still.update(run=min(waiting, key=lambda row: row.code), status=BatchStatus.SCREENED)


def _waiting_with(batch: Batch) -> list[Batch]:
    """Return the batches of the run: this one and those that wait beside it, as many as memory allows."""
    beside = Batch.objects.filter(
        partner=batch.partner, business_on=batch.business_on, status=BatchStatus.RECEIVED
    ).exclude(pk=batch.pk)
    chosen, total = [batch], len(batch.content.content)
    for other in beside.order_by("code").select_related("content"):
        total += len(other.content.content)
        if total > MAX_RUN_BYTES:
            break
        chosen.append(other)
    return chosen


def _contents(batches: list[Batch]) -> list[tuple[int, bytes | memoryview]]:
    return list(BatchContent.objects.filter(batch__in=batches).order_by("batch__code").values_list("batch", "content"))


def _delivery(batch: Batch, parsed: dict[int, Rows], *, received_at: datetime) -> Delivery:
    columns = {
        name: np.concatenate([getattr(rows, name) for rows in parsed.values()])
        for name in Rows.__dataclass_fields__
        if name != "bad"
    }
    rows = Rows(**columns, bad=())
    batch_id = np.repeat(list(parsed), [len(part) for part in parsed.values()])
    tokens, where = np.unique(rows.subject_ref.astype(str), return_inverse=True)
    refs = identity_queries.person_refs(partner=batch.partner, subject_refs=tokens.tolist())
    person_ref = np.array([ref or "" for ref in refs], dtype=object)[where] if len(rows) else np.zeros(0, object)
    return Delivery(batch.partner, batch.business_on, received_at, batch_id.astype(np.int64), rows, person_ref)


@transaction.atomic
def _finish(run: Batch, *, as_of: datetime) -> None:
    """Pay the coins and close the run."""
    locked = Batch.objects.select_for_update().get(pk=run.pk)
    if locked.status != BatchStatus.SCREENED:
        return
    ledger.issue(run, at=as_of)
    members = {row.pk: row for row in Batch.objects.filter(run=run)}
    for pk, rows, accepted, posted_mg in _sums(run):
        member = members[pk]
        member.rows, member.accepted, member.posted_mg = rows, accepted, int(posted_mg)
    for member in members.values():
        member.status, member.credited_at = BatchStatus.CREDITED, as_of
        events.record(
            CREDITED_EVENT,
            subject=f"batch/{member.partner}/{member.code}",
            occurred_at=as_of,
            detail={"rows": member.rows, "accepted": member.accepted, "posted_mg": member.posted_mg},
        )
    Batch.objects.bulk_update(members.values(), ["rows", "accepted", "posted_mg", "status", "credited_at"])


def _sums(run: Batch) -> list[tuple[int, int, int, int]]:
    """Return batch, rows, accepted rows and posted mg of each batch of the run."""
    return list(
        Behaviour.objects.filter(batch__run=run)
        .values_list("batch_id")
        .annotate(n=Count("id"), accepted=Count("id", filter=Q(status__in=ACCEPTED)), mg=Coalesce(Sum("posted_mg"), 0))
    )
