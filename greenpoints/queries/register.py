"""The public register of units: what was issued, who holds how much, the life of a number, who used units for what."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.certification import serials
from greenpoints.certification.serials import Serial
from greenpoints.models import (
    AttestationKind,
    BlockChange,
    BlockStatus,
    Method,
    OrderKind,
    PoolBatch,
    PoolStatus,
    Purpose,
    UnitBlock,
    UnitOrder,
)
from greenpoints.models.registry import INNER

MOST = 200
ATTESTATIONS = AttestationKind.choices
PURPOSES = Purpose.choices


class NumberUnknown(RuleViolation):
    """No unit has this number, or the text is no serial number."""

    code = "unit_number_unknown"
    message = _("登记簿中没有这个编号，请核对。")
    status = 404


class CertificateMissing(RuleViolation):
    """No certificate has this number."""

    code = "certificate_missing"
    message = _("没有该编号的注销证书，请核对。")
    status = 404


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """The units of one method and year by what they are now, in kg; together they are ``issued_kg``."""

    method: str
    title_zh: str
    title_en: str
    vintage: int
    issued_kg: int
    held_kg: int
    buffer_kg: int
    retired_kg: int
    other_kg: int


@dataclass(frozen=True, slots=True)
class LifeLine:
    """A line in the life of a block: which numbers, what it was and became, in whose hand, why."""

    serial: str
    holder: str
    was: str
    became: str
    order: str
    kind: str
    counterparty: str
    note: str
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """What the register says of a range of numbers: the leaves that hold it now, and everything that led there."""

    serial: str
    batch: str
    issued_on: datetime
    now: list[LifeLine]
    lines: list[LifeLine]


@dataclass(frozen=True, slots=True)
class RetirementLine:
    """Units that were used up: by whom, for whom, for what, with the certificate."""

    certificate: str
    order: str
    method: str
    vintage: int
    quantity_kg: int
    serials: list[str]
    holder: str
    beneficiary: str
    purpose: str
    purpose_label: str
    note: str
    at: datetime
    posting: str


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch of grams as the public sees it; the figures of one that is not issued are still open."""

    code: str
    method: str
    vintage: int
    county: str
    status: str
    status_label: str
    events: int
    residents: int
    entrusted_mg: int
    units_kg: int
    buffer_kg: int
    serial: str
    proof_digest: str
    frozen_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class MethodLine:
    """A method and how far its filing has come."""

    code: str
    title_zh: str
    title_en: str
    status: str
    status_label: str
    acts: list[str]
    document_ref: str
    document_digest: str
    notice_from: date | None
    notice_until: date | None
    trade_permit: str


def series() -> list[SeriesLine]:
    """Return what was issued, by method and year, the newest year first."""
    leaves = UnitBlock.objects.exclude(status__in=INNER)
    rows = leaves.values(
        "series__method__code", "series__method__title_zh", "series__method__title_en", "series__vintage"
    ).annotate(
        issued=Sum("quantity_kg"),
        held=_kg(BlockStatus.HELD),
        buffer=_kg(BlockStatus.BUFFER),
        retired=_kg(BlockStatus.RETIRED),
    )
    return [
        SeriesLine(
            row["series__method__code"],
            row["series__method__title_zh"],
            row["series__method__title_en"],
            row["series__vintage"],
            row["issued"],
            row["held"],
            row["buffer"],
            row["retired"],
            row["issued"] - row["held"] - row["buffer"] - row["retired"],
        )
        for row in rows.order_by("-series__vintage", "series__method__code")
    ]


def life(text: str) -> Life:
    """Return the life of a range of serial numbers, or raise NumberUnknown; the oldest line first."""
    wanted = serials.parse(text.strip())
    if wanted is None:
        raise NumberUnknown(serial=text[:60])
    blocks = UnitBlock.objects.filter(
        series__method__code=wanted.method,
        series__vintage=wanted.vintage,
        start__lte=wanted.end,
        end__gte=wanted.start,
    )
    changes = BlockChange.objects.filter(block__in=blocks).select_related("block__series__method", "order")
    lines = [_life_line(change) for change in changes.order_by("pk")[:MOST]]
    first = blocks.select_related("batch").order_by("pk").first()
    if first is None:
        raise NumberUnknown(serial=text[:60])
    leaves = blocks.exclude(status__in=INNER).select_related("series__method").order_by("start")[:MOST]
    now = [_now_line(block) for block in leaves]
    return Life(str(wanted), first.batch.code, first.created_at, now, lines)


def retirements(
    *, beneficiary: str = "", purpose: str = "", after: int = 0, limit: int = 50
) -> tuple[list[RetirementLine], int | None]:
    """Return at most ``limit`` retirements, the newest first, and where the next page begins, if there is one."""
    rows = UnitOrder.objects.filter(kind=OrderKind.RETIREMENT).select_related("series__method").order_by("-pk")
    if beneficiary:
        rows = rows.filter(beneficiary=beneficiary)
    if purpose:
        rows = rows.filter(purpose=purpose)
    if after:
        rows = rows.filter(pk__lt=after)
    found = list(rows[: min(limit, MOST) + 1])
    more = len(found) > min(limit, MOST)
    shown = found[: min(limit, MOST)]
    return [_retirement(row) for row in shown], shown[-1].pk if more else None


def certificate(number: str) -> RetirementLine:
    """Return the retirement that a certificate tells of, or raise CertificateMissing."""
    row = UnitOrder.objects.filter(certificate=number).exclude(certificate="").select_related("series__method").first()
    if row is None:
        raise CertificateMissing(certificate=number[:40])
    return _retirement(row)


def batches(*, limit: int = 50) -> list[BatchLine]:
    """Return the batches of grams, the newest first."""
    rows = PoolBatch.objects.select_related("method").order_by("-pk")[: min(limit, MOST)]
    return [_batch(row) for row in rows]


def proof_file(code: str) -> str | None:
    """Return the proof file of an issued batch, as it was written; None where there is none."""
    found = PoolBatch.objects.filter(code=code, status=PoolStatus.ISSUED).values_list("proof", flat=True)
    return found.first()


def methods() -> list[MethodLine]:
    """Return the methods with their acts and how far each filing has come."""
    rows = Method.objects.prefetch_related("method_acts").order_by("code")
    return [
        MethodLine(
            row.code,
            row.title_zh,
            row.title_en,
            row.status,
            str(row.get_status_display()),
            sorted(covered.act for covered in row.method_acts.all()),
            row.document_ref,
            row.document_digest,
            row.notice_from,
            row.notice_until,
            row.trade_permit,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class SampledEvent:
    """An event that the audit chose, with what the partner keeps as proof; nothing about the person."""

    partner: str
    external_id: str
    act: str
    business_on: date
    quantity: int
    unit: str
    evidence: str
    evidence_ref: str
    posted_mg: int
    verdict: str
    note: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The sample of a batch: how many there are, how many are open, and the first of those to look at."""

    size: int
    open: int
    refuted: int
    events: list[SampledEvent]


def audit(code: str, *, limit: int = 50) -> Audit:
    """Return the sample of a batch, open events first."""
    sample = PoolBatch.objects.get(code=code).pooled_events.filter(sampled=True)
    counts = sample.aggregate(
        size=Count("pk"), open=Count("pk", filter=Q(verdict="")), refuted=Count("pk", filter=Q(verdict="refuted"))
    )
    rows = sample.select_related("behaviour").order_by("verdict", "pk")[: min(limit, MOST)]
    events = [
        SampledEvent(
            row.behaviour.partner,
            row.behaviour.external_id,
            row.behaviour.act,
            row.behaviour.business_on,
            row.behaviour.quantity,
            row.behaviour.unit,
            row.behaviour.evidence,
            row.behaviour.evidence_ref,
            row.behaviour.posted_mg,
            row.verdict,
            row.verdict_note,
        )
        for row in rows
    ]
    return Audit(counts["size"], counts["open"], counts["refuted"], events)


def _kg(status: BlockStatus) -> Coalesce:
    return Coalesce(Sum("quantity_kg", filter=Q(status=status)), 0)


def _serial(block: UnitBlock) -> str:
    return str(Serial(block.series.method.code, block.series.vintage, block.start, block.end))


def _life_line(change: BlockChange) -> LifeLine:
    order, block = change.order, change.block
    return LifeLine(
        _serial(block),
        block.holder,
        str(change.get_was_display()) if change.was else "",
        str(change.get_became_display()),
        order.order if order else "",
        str(order.get_kind_display()) if order else "",
        order.counterparty if order else "",
        change.note,
        block.hash,
        change.at,
    )


def _now_line(block: UnitBlock) -> LifeLine:
    status = str(block.get_status_display())
    return LifeLine(_serial(block), block.holder, "", status, "", "", "", "", block.hash, block.created_at)


def _retirement(row: UnitOrder) -> RetirementLine:
    return RetirementLine(
        certificate=row.certificate,
        order=row.order,
        method=row.series.method.code,
        vintage=row.series.vintage,
        quantity_kg=row.quantity_kg,
        serials=list(row.serials),
        holder=row.holder,
        beneficiary=row.beneficiary,
        purpose=row.purpose,
        purpose_label=str(row.get_purpose_display()),
        note=row.note,
        at=row.at,
        posting=f"units/{row.kind}/{row.order}",
    )


def _batch(row: PoolBatch) -> BatchLine:
    first = row.blocks.filter(parent=None).order_by("start").first() if row.status == PoolStatus.ISSUED else None
    serial = str(Serial(row.method.code, row.vintage, first.start, first.start + row.units_kg - 1)) if first else ""
    return BatchLine(
        code=row.code,
        method=row.method.code,
        vintage=row.vintage,
        county=row.county,
        status=row.status,
        status_label=str(row.get_status_display()),
        events=row.events,
        residents=row.residents,
        entrusted_mg=row.entrusted_mg,
        units_kg=row.units_kg,
        buffer_kg=row.buffer_kg,
        serial=serial,
        proof_digest=row.proof_digest,
        frozen_at=row.frozen_at,
        decided_at=row.decided_at,
    )
