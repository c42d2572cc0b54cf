"""A partner's batch of behaviours: received and kept as signed, then credited. Twice is once.

A batch is screened piece by piece, each piece in a transaction of its own: its rows are answered, what is known already
is decided anew where they bear on it, and the grams are posted. Then the coins are paid. Every step may be run again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

import numpy as np
import pandas as pd
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import events, jobs
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.intake import answers, deciding
from greenpoints.intake.deciding import Block
from greenpoints.models import Batch, BatchPiece, BatchStatus
from greenpoints.points import ledger
from greenpoints.queries import risk as risk_queries
from greenpoints.screening import rows as row_texts
from greenpoints.screening.checks import LOCAL
from identity import queries as identity_queries

CREDIT_JOB = "greenpoints.credit"
CREDITED_EVENT, APPROVED_EVENT = "greenpoints.batch_credited", "greenpoints.batch_approved"
MAX_CONTENT_BYTES = 128 * 1024 * 1024
PIECE_BYTES = 8 * 1024 * 1024  # what is screened at a time, so that memory is bounded
LATE_AFTER = timedelta(days=7)  # a day older than this is taken in on an operator's word alone
MAX_NAME_LENGTH = 40  # of a partner and of a batch, so that references stay within 120 letters
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}").fullmatch


class PartnerStopped(RuleViolation):
    """Deliveries of the partner are refused until a suspicion is settled."""

    code = "partner_stopped"
    message = _("该数据合作方已暂停接收，请联系平台运营方。")
    status = 403


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


class BatchNotLate(RuleViolation):
    """Only a batch that came too late waits for an approval."""

    code = "batch_not_late"
    message = _("该批次没有等待批准。")


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

    ``partner`` is the verified sender. A batch that comes more than a week after its day waits for ``approve``. Raises
    NotAPartner, BatchCodeInvalid, BatchEmpty, BatchTooLarge.
    """
    if len(content) > MAX_CONTENT_BYTES:
        raise BatchTooLarge(bytes=len(content), most=MAX_CONTENT_BYTES)
    return receive_pieces(
        partner=partner,
        batch=batch,
        business_on=business_on,
        pieces=pieces_of(content),
        digest=sha256(content).hexdigest(),
        received_at=received_at,
    )


def receive_pieces(
    *, partner: str, batch: str, business_on: date, pieces: Iterable[bytes], digest: str, received_at: datetime
) -> BatchView:
    """Keep a batch whose bytes come piece by piece, each of whole lines; ``digest`` is that of what was signed."""
    check_sender(partner=partner, batch=batch)
    late = received_at.astimezone(LOCAL).date() - business_on > LATE_AFTER
    try:
        with transaction.atomic():
            row = Batch.objects.create(
                partner=partner,
                code=batch,
                business_on=business_on,
                digest=digest,
                received_at=received_at,
                status=BatchStatus.LATE if late else BatchStatus.RECEIVED,
            )
            if not _keep(row, pieces):
                raise BatchEmpty(batch=batch)
            if not late:
                _enqueue(row, due_at=received_at)
    except IntegrityError:
        row = Batch.objects.get(partner=partner, code=batch)
        if row.digest != digest or row.business_on != business_on:
            raise BatchContentDiffers(partner=partner, batch=batch, received_at=row.received_at.isoformat()) from None
    return view(row)


def approve(*, partner: str, batch: str, by: str, at: datetime) -> BatchView:
    """Let a batch that came too late be credited, on the word of an operator; BatchNotLate for any other."""
    with transaction.atomic():
        row = Batch.objects.select_for_update().get(partner=partner, code=batch)
        if row.status != BatchStatus.LATE:
            raise BatchNotLate(batch=batch, status=row.status)
        row.status = BatchStatus.RECEIVED
        row.save(update_fields=["status"])
        events.record(APPROVED_EVENT, subject=f"batch/{partner}/{batch}", occurred_at=at, detail={"by": by})
        _enqueue(row, due_at=at)
    return view(row)


def credit(batch_id: int, *, as_of: datetime) -> BatchView:
    """Credit the batch; takes up where a former try stopped. A batch that waits for approval is left alone."""
    while _screen_next(batch_id):
        pass
    _finish(batch_id, as_of=as_of)
    return view(Batch.objects.get(pk=batch_id))


def view(row: Batch) -> BatchView:
    """Return what others see of the batch."""
    return BatchView(**{name: getattr(row, name) for name in BatchView.__dataclass_fields__})


def check_sender(*, partner: str, batch: str) -> None:
    """Raise BatchCodeInvalid, NotAPartner or PartnerStopped where nobody of this name delivers, or no such batch."""
    if not _CODE(batch) or len(partner) > MAX_NAME_LENGTH:
        raise BatchCodeInvalid(batch=batch[:80])
    if identity_queries.organisation(partner).kind != "partner":
        raise NotAPartner(organisation=partner)
    if risk_queries.stopped_partners([partner]):
        raise PartnerStopped(organisation=partner)


def pieces_of(content: bytes, *, size: int = PIECE_BYTES) -> Iterator[bytes]:
    """Yield the content in pieces of whole lines, of ``size`` bytes at most save where one line is longer."""
    start = 0
    while start < len(content):
        end = content.rfind(b"\n", start, start + size) + 1 if len(content) - start > size else len(content)
        if end <= start:
            end = content.find(b"\n", start) + 1 or len(content)
        yield content[start:end]
        start = end


def _keep(row: Batch, pieces: Iterable[bytes]) -> int:
    """Write the pieces down; return how many hold anything."""
    line, number = 1, 0
    for piece in pieces:
        if piece.strip():
            BatchPiece.objects.create(batch=row, number=number, first_line=line, content=piece)
            number += 1
        line += piece.count(b"\n")
    row.pieces = number
    row.save(update_fields=["pieces"])
    return number


def _enqueue(row: Batch, *, due_at: datetime) -> None:
    cause = f"credit/{row.partner}/{row.code}"
    jobs.enqueue(CREDIT_JOB, cause_key=cause, payload={"batch_id": row.pk}, due_at=due_at)


def _screen_next(batch_id: int) -> bool:
    """Answer the next piece in one transaction; tell whether there was one. One block at a time decides.

    Where another worker was quicker nothing is done: whoever calls asks for the next piece again.
    """
    batch = Batch.objects.get(pk=batch_id)
    if batch.status != BatchStatus.RECEIVED:
        return False
    piece = BatchPiece.objects.get(batch=batch, number=batch.screened_pieces)
    rows = row_texts.parse(bytes(piece.content), first_line=piece.first_line)
    with transaction.atomic():
        bulk_rows.lock("screening")
        locked = Batch.objects.select_for_update().get(pk=batch_id)
        if locked.screened_pieces == piece.number and locked.status == BatchStatus.RECEIVED:
            block = Block(batch.partner, batch.business_on, batch.received_at, rows, _people(batch.partner, rows))
            answers.save(batch, block, deciding.decide(block))
            done = piece.number + 1
            status = BatchStatus.SCREENED if done == batch.pieces else BatchStatus.RECEIVED
            Batch.objects.filter(pk=batch_id).update(screened_pieces=F("screened_pieces") + 1, status=status)
    return True


def _people(partner: str, rows: row_texts.Rows) -> np.ndarray:
    """Return the ref of the person behind each row's token, "" where nobody is bound to it."""
    where, tokens = pd.factorize(rows.subject_ref)
    refs = identity_queries.person_refs(partner=partner, subject_refs=tokens.tolist())
    found = np.array([ref or "" for ref in refs], dtype=object)
    return found[where] if len(rows) else np.zeros(0, object)


@transaction.atomic
def _finish(batch_id: int, *, as_of: datetime) -> None:
    """Pay the coins and close the batch."""
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.status != BatchStatus.SCREENED:
        return
    ledger.issue(batch, at=as_of)
    batch.status, batch.credited_at = BatchStatus.CREDITED, as_of
    batch.save(update_fields=["status", "credited_at"])
    events.record(
        CREDITED_EVENT,
        subject=f"batch/{batch.partner}/{batch.code}",
        occurred_at=as_of,
        detail={"rows": batch.rows, "accepted": batch.accepted, "posted_mg": batch.posted_mg},
    )
