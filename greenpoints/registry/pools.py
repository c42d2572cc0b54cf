"""Batches of entrusted grams: frozen for verification, audited by sample, issued as units or cancelled.

Freezing names the batch and stops revocations at once; a job then takes the events and moves the grams, block by block,
each block a transaction of its own that may be run again. Issuing is one transaction by a second person.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction

import numpy as np
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping import bulk, chart, postings, transparency
from bookkeeping import queries as book
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core import events, jobs, regions
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.certification import issuance, rules, samples
from greenpoints.certification.rules import Rules
from greenpoints.models import Contribution, MethodStatus, PoolBatch, PooledEvent, PoolStatus, UnitSeries, Verdict
from greenpoints.models.registry import BASIS_POINTS
from greenpoints.registry import blocks, claims, gathering, methods, proofs
from greenpoints.registry.entrustments import pool_lock
from greenpoints.registry.methods import SecondPersonNeeded

COLLECT_JOB = "greenpoints.collect_pool"
BLOCK_PEOPLE = 20_000
POOL_HOLDER = "lvbao-pool"
_SET_POOLED = {
    "postgresql": """
        UPDATE greenpoints_contribution AS part SET pooled_mg = told.mg
        FROM unnest(%s::bigint[], %s::bigint[]) AS told (mg, id) WHERE part.id = told.id
    """,
    "sqlite": "UPDATE greenpoints_contribution SET pooled_mg = %s WHERE id = %s",
}
_SET_ISSUED = {vendor: statement.replace("pooled_mg", "issued_mg") for vendor, statement in _SET_POOLED.items()}


class CountyUnknown(RuleViolation):
    """The region is not a county of the city, nor the city itself."""

    code = "county_unknown"
    message = _("没有该县（区）。")
    status = 422


class VintageOpen(RuleViolation):
    """Behaviours of the year may still arrive; ``closes_on`` says until when."""

    code = "vintage_open"
    message = _("该年度仍可能有记录到达，尚不能冻结。")


class AlreadyFrozen(RuleViolation):
    """The method, year and county have a batch."""

    code = "pool_already_frozen"
    message = _("该方法学、年度和县（区）的批次已经冻结。")


class PoolMissing(RuleViolation):
    """No batch has this code."""

    code = "pool_missing"
    message = _("没有该减排量批次。")
    status = 404


class PoolNotReady(RuleViolation):
    """The batch is not where this step begins: still collecting, decided already, or not yet decided."""

    code = "pool_not_ready"
    message = _("该批次当前状态不允许此操作。")


class NotInSample(RuleViolation):
    """The event is not one that the audit chose."""

    code = "not_in_sample"
    message = _("该记录不在抽查样本中。")
    status = 404


class AuditOpen(RuleViolation):
    """Sampled events wait for their finding."""

    code = "audit_open"
    message = _("抽查尚未完成，不能签发。")


class AuditFailed(RuleViolation):
    """More of the sample was refuted than the rules bear: the batch can only be cancelled."""

    code = "audit_failed"
    message = _("抽查不实比例超过允许值，该批次只能撤销。")


class NothingToIssue(RuleViolation):
    """What is left after the deduction is less than a kilogram."""

    code = "nothing_to_issue"
    message = _("扣减后不足 1 千克，没有可签发的单位。")


def freeze(*, method: str, vintage: int, county: str, by: str, at: datetime) -> PoolBatch:
    """Freeze the entrusted grams of a method, year and county; nobody of them can revoke any more.

    A worker collects the events and moves the grams. Raises MethodMissing, MethodStepNotReachable, CountyUnknown,
    VintageOpen, AlreadyFrozen.
    """
    row = methods.method(method)
    if row.status != MethodStatus.APPROVED:
        raise methods.MethodStepNotReachable(method=method, status=row.status)
    if county not in regions.table() or regions.FUZHOU not in regions.chain(county):
        raise CountyUnknown(county=county[:12])
    today = timezone.localdate(at)
    if not 2017 <= vintage <= today.year or today < methods.vintage_closes_on(vintage, today=today):
        closes = methods.vintage_closes_on(vintage, today=today).isoformat() if 2017 <= vintage <= 9000 else ""
        raise VintageOpen(vintage=vintage, closes_on=closes)
    head = transparency.head()
    with transaction.atomic():
        bulk_rows.lock(pool_lock(method, vintage))
        tries = PoolBatch.objects.filter(method=row, vintage=vintage, county=county)
        if tries.exclude(status=PoolStatus.CANCELLED).exists():
            raise AlreadyFrozen(method=method, vintage=vintage, county=county)
        code = f"{method}-{vintage}-{county}-{tries.count() + 1}"
        batch = PoolBatch.objects.create(
            code=code,
            method=row,
            vintage=vintage,
            county=county,
            frozen_by=by,
            frozen_at=at,
            sample_seed=f"{code}/{head.root if head else ''}",
        )
        jobs.enqueue(COLLECT_JOB, cause_key=f"collect/{code}", payload={"batch": code}, due_at=at)
        _record("greenpoints.pool_frozen", batch, by=by, at=at)
    return batch


def collect(code: str, *, at: datetime) -> PoolBatch:
    """Take the events of a frozen batch, choose the sample, move the grams; takes up where a former try stopped."""
    with transaction.atomic():
        batch = pool(code, lock=True)
        if batch.status != PoolStatus.FROZEN or batch.complete:
            return batch
        if not batch.contributions.exists():
            batch.left_out = dict(sorted(gathering.gather(batch).items()))
            batch.events = batch.pooled_events.count()
            batch.residents = batch.contributions.count()
            _choose_sample(batch, rules.in_force(timezone.localdate(batch.frozen_at)))
            batch.save()
    chart.open_accounts([entrusted_account(code)], nature=Nature.HOLDER)
    while _move_block(batch, at=at):
        pass
    with transaction.atomic():
        batch = pool(code, lock=True)
        batch.entrusted_mg = batch.contributions.aggregate(mg=Coalesce(Sum("pooled_mg"), 0))["mg"]
        batch.complete = True
        batch.save()
    return batch


def record_finding(
    code: str, *, partner: str, external_id: str, confirmed: bool, by: str, at: datetime, note: str = ""
) -> None:
    """Enter what the audit of a sampled event found; a later one replaces an earlier one until the decision.

    Raises PoolMissing, PoolNotReady, NotInSample.
    """
    with transaction.atomic():
        batch = _ready(code)
        found = batch.pooled_events.filter(
            sampled=True, behaviour__partner=partner, behaviour__external_id=external_id
        ).first()
        if found is None:
            raise NotInSample(event=f"{partner}/{external_id}"[:120])
        found.verdict = Verdict.CONFIRMED if confirmed else Verdict.REFUTED
        found.verdict_by, found.verdict_note = by, note[:200]
        found.save()
        detail = {"by": by, "event": f"{partner}/{external_id}", "verdict": str(found.verdict)}
        events.record("greenpoints.pool_audited", subject=f"pool/{code}", occurred_at=at, detail=detail)


def issue(code: str, *, by: str, at: datetime) -> PoolBatch:
    """Turn a verified batch into serial numbers: deduction, whole kilograms, buffer; by a second person.

    Raises PoolMissing, PoolNotReady, SecondPersonNeeded, AuditOpen, AuditFailed, NothingToIssue. Again: PoolNotReady.
    """
    with transaction.atomic():
        batch = _ready(code)
        if by == batch.frozen_by:
            raise SecondPersonNeeded(batch=code)
        found = rules.in_force(timezone.localdate(batch.frozen_at))
        batch.refuted_mg = _audited(batch, found)
        done = issuance.issuance(batch.entrusted_mg - batch.refuted_mg, deduction=found.deduction, buffer=found.buffer)
        if not done.units_kg:
            raise NothingToIssue(batch=code, entrusted_mg=batch.entrusted_mg)
        series = _series(batch, units_kg=done.units_kg)
        _share_out(batch, done.issued_mg)
        batch.status, batch.decided_by, batch.decided_at = PoolStatus.ISSUED, by, at
        batch.units_kg, batch.buffer_kg = done.units_kg, done.buffer_kg
        batch.deduction_bp, batch.buffer_bp = _bp(found.deduction), _bp(found.buffer)
        batch.proof = proofs.of_batch(batch, rules=found, first_number=series.last_number - done.units_kg + 1)
        batch.proof_digest = proofs.digest(batch.proof)
        batch.save()
        _post_issue(batch, series, done, at=at)
        blocks.mint(batch, series, tradable_holder=POOL_HOLDER, by=by, at=at)
        _record("greenpoints.pool_issued", batch, by=by, at=at, units_kg=done.units_kg)
    return batch


def cancel(code: str, *, by: str, at: datetime, note: str) -> PoolBatch:
    """Give every gram of a frozen batch back, and every claim and event; by a second person, with a reason.

    Residents whose entrustment stands can be in the next batch.
    """
    with transaction.atomic():
        batch = _ready(code)
        if by == batch.frozen_by:
            raise SecondPersonNeeded(batch=code)
        for people in _people_blocks(batch):
            _post_block(batch, people, back=True, at=at)
        claims.release_batch(batch.pk)
        PooledEvent.objects.filter(batch=batch).delete()
        batch.status, batch.decided_by, batch.decided_at = PoolStatus.CANCELLED, by, at
        batch.decision_note = note[:200]
        batch.save()
        _record("greenpoints.pool_cancelled", batch, by=by, at=at, note=note[:200])
    return batch


def pool(code: str, *, lock: bool = False) -> PoolBatch:
    """Return the row of a batch, or raise PoolMissing."""
    rows = PoolBatch.objects.select_for_update(of=("self",)) if lock else PoolBatch.objects
    row = rows.select_related("method").filter(code=code).first()
    if row is None:
        raise PoolMissing(batch=code[:40])
    return row


def entrusted_account(code: str) -> str:
    """Return the account that holds the grams of a frozen batch."""
    return f"co2e:entrusted/{code}"


def _ready(code: str) -> PoolBatch:
    batch = pool(code, lock=True)
    if batch.status != PoolStatus.FROZEN or not batch.complete:
        raise PoolNotReady(batch=code, status=batch.status, complete=batch.complete)
    return batch


def _choose_sample(batch: PoolBatch, found: Rules) -> None:
    ids = np.fromiter(
        batch.pooled_events.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=50_000), np.int64
    )
    size = samples.size(len(ids), share=found.audit_share, least=found.audit_least)
    places = samples.chosen(len(ids), size=size, seed=batch.sample_seed)
    for start in range(0, len(places), 500):
        PooledEvent.objects.filter(pk__in=ids[places[start : start + 500]].tolist()).update(sampled=True)


def _move_block(batch: PoolBatch, *, at: datetime) -> bool:
    """Move the grams of the next residents, as far as they still have them; return whether there were any."""
    with transaction.atomic():
        waiting = Contribution.objects.select_for_update().filter(batch=batch, pooled_mg=None).order_by("person_ref")
        people = list(waiting.values_list("pk", "person_ref", "eligible_mg")[:BLOCK_PEOPLE])
        if not people:
            return False
        has = book.balances([f"co2e:resident/{ref}" for _pk, ref, _mg in people])
        moved = [(pk, ref, min(mg, max(0, has[f"co2e:resident/{ref}"].available))) for pk, ref, mg in people]
        _post_block(batch, moved, back=False, at=at)
        _set(_SET_POOLED, [(mg, pk) for pk, _ref, mg in moved])
    return True


def _post_block(batch: PoolBatch, people: Sequence[tuple[int, str, int]], *, back: bool, at: datetime) -> None:
    """Move residents' grams into the batch, or back; all or nothing."""
    some = [(ref, mg) for _pk, ref, mg in people if mg]
    if not some:
        return
    residents, account = [f"co2e:resident/{ref}" for ref, _mg in some], entrusted_account(batch.code)
    result = bulk.post_many(
        references=[f"{'unpool' if back else 'pool'}/{batch.code}/{ref}" for ref, _mg in some],
        sources=account if back else residents,
        targets=residents if back else account,
        quantities=np.array([mg for _ref, mg in some], np.int64),
        occurred_at=at,
    )
    if not set(result.status.tolist()) <= {bulk.POSTED, bulk.REPLAYED}:
        # Somebody donated between our reading and our posting: the block is rolled back and tried again.
        raise GramsMoved(f"{batch.code}: the book answered {sorted(set(result.status.tolist()))}")


class GramsMoved(RuntimeError):
    """Grams left an account while a block was being moved; the job tries again."""


def _people_blocks(batch: PoolBatch) -> Iterator[list[tuple[int, str, int]]]:
    """Yield those whose grams the batch holds, block by block."""
    after = ""
    while True:
        waiting = batch.contributions.filter(pooled_mg__gt=0, person_ref__gt=after).order_by("person_ref")
        parts = waiting.values_list("pk", "person_ref", "pooled_mg")[:BLOCK_PEOPLE]
        block = [(pk, ref, int(mg or 0)) for pk, ref, mg in parts]
        if not block:
            return
        after = block[-1][1]
        yield block


def _audited(batch: PoolBatch, found: Rules) -> int:
    """Return the grams of the refuted events; AuditOpen or AuditFailed where the batch cannot be issued."""
    sample = batch.pooled_events.filter(sampled=True)
    size, open_ones = sample.count(), sample.filter(verdict=Verdict.OPEN).count()
    if open_ones:
        raise AuditOpen(batch=batch.code, open=open_ones, sample=size)
    refuted = sample.filter(verdict=Verdict.REFUTED)
    count = refuted.count()
    if size and Fraction(count, size) > found.audit_tolerance:
        raise AuditFailed(batch=batch.code, refuted=count, sample=size)
    mg = refuted.aggregate(mg=Coalesce(Sum("behaviour__posted_mg"), 0))["mg"]
    return min(int(mg), batch.entrusted_mg)


def _series(batch: PoolBatch, *, units_kg: int) -> UnitSeries:
    UnitSeries.objects.get_or_create(method=batch.method, vintage=batch.vintage)
    series = UnitSeries.objects.select_for_update().get(method=batch.method, vintage=batch.vintage)
    series.last_number += units_kg
    series.save(update_fields=["last_number"])
    return series


def _share_out(batch: PoolBatch, issued_mg: int) -> None:
    """Write down how much of the issued grams is each resident's: pro rata, exactly, by the largest remainder."""
    parts = list(batch.contributions.filter(pooled_mg__gt=0).order_by("person_ref").values_list("pk", "pooled_mg"))
    shares = issuance.shares(issued_mg, pooled_mg=np.array([mg for _pk, mg in parts], np.int64))
    _set(_SET_ISSUED, list(zip(shares.tolist(), (pk for pk, _mg in parts), strict=True)))


def _post_issue(batch: PoolBatch, series: UnitSeries, done: issuance.Issuance, *, at: datetime) -> None:
    """Entrusted grams pass the pool and are issued or deducted; the same kilograms appear as units. One posting."""
    path = series.path
    pool_account, issued, deducted = (f"co2e:{name}/{path}" for name in ("pool", "issued", "deducted"))
    chart.open_accounts([f"unit:minted/{path}"], nature=Nature.SOURCE)
    holders = [blocks.account(POOL_HOLDER, series), blocks.account(blocks.BUFFER, series)]
    chart.open_accounts([pool_account, issued, deducted, *holders], nature=Nature.HOLDER)
    legs = [
        Leg(entrusted_account(batch.code), pool_account, batch.entrusted_mg),
        Leg(pool_account, issued, done.issued_mg),
        Leg(pool_account, deducted, batch.entrusted_mg - done.issued_mg),
        Leg(f"unit:minted/{path}", holders[0], done.tradable_kg),
        Leg(f"unit:minted/{path}", holders[1], done.buffer_kg),
    ]
    postings.post(reference=f"units/issue/{batch.code}", legs=[leg for leg in legs if leg.quantity], occurred_at=at)


def _set(statements: dict[str, str], rows: list[tuple[int, int]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            amounts, keys = ([row[n] for row in rows] for n in (0, 1))
            cursor.execute(statements["postgresql"], [amounts, keys])
        else:
            cursor.executemany(statements["sqlite"], rows)


def _bp(share: Fraction) -> int:
    points = share * BASIS_POINTS
    if points.denominator != 1:
        raise ValueError(f"{share} is no whole number of basis points")
    return int(points)


def _record(kind: str, batch: PoolBatch, *, by: str, at: datetime, **more: object) -> None:
    events.record(kind, subject=f"pool/{batch.code}", occurred_at=at, detail={"by": by, **more})
