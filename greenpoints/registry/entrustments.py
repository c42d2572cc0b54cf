"""Entrustment 委托: a resident puts grams of a method and year into the city's pool, until its batch is frozen."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.certification import rules
from greenpoints.models import Contribution, Entrustment, MethodStatus, PoolBatch, PoolStatus
from greenpoints.registry import methods
from identity import queries as identity_queries


class RealNameNeeded(RuleViolation):
    """Only somebody whose real name was confirmed, and who is of age, entrusts."""

    code = "real_name_needed"
    message = _("委托须由完成实名认证的成年居民本人办理。")
    status = 403


class MethodNotOpen(RuleViolation):
    """The method is not on file, or its year cannot be entrusted."""

    code = "method_not_open"
    message = _("该方法学或年份目前不接受委托。")


class TermsNotShown(RuleViolation):
    """The sharing of benefits that the resident saw is not the one in force."""

    code = "terms_not_shown"
    message = _("收益分配方式已更新，请重新阅读后确认。")


class EntrustmentMissing(RuleViolation):
    """There is no entrustment to revoke."""

    code = "entrustment_missing"
    message = _("没有可撤回的委托。")
    status = 404


class EntrustmentFrozen(RuleViolation):
    """The batch is frozen: the grams are being verified or are units already, and cannot come back."""

    code = "entrustment_frozen"
    message = _("该批次已冻结核证，委托不能再撤回；核证未通过时减排量将自动退回。")


@dataclass(frozen=True, slots=True)
class EntrustmentView:
    """What a resident sees of an entrustment; ``batch`` is the code of the batch that took the grams, or empty.

    ``batch_status``: frozen, issued, or empty; ``pooled_mg`` went to the pool, ``issued_mg`` of it became units;
    ``sold`` where units of the batch were sold. Grams of a frozen or issued batch cannot be donated.
    """

    method: str
    title_zh: str
    title_en: str
    vintage: int
    terms: str
    entrusted_at: datetime
    batch: str
    batch_status: str
    pooled_mg: int
    issued_mg: int
    sold: bool


def terms_in_force(at: datetime) -> str:
    """Return how benefits are shared on that day, as the text that a resident agrees to; U marks unconfirmed."""
    found = rules.in_force(timezone.localdate(at))
    fund = int(found.fund_share * 100)
    mark = " U" if "fund_share" in found.unconfirmed else ""
    return f"fund {fund} %, operation {100 - fund} %{mark}"


def entrust(person: str, *, method: str, vintage: int, terms: str, at: datetime) -> None:
    """Entrust the pool with a resident's grams of one method and year; again: nothing.

    ``terms`` is the sharing of benefits that was shown. Raises MethodMissing, MethodNotOpen, RealNameNeeded,
    TermsNotShown, EntrustmentFrozen.
    """
    told = identity_queries.person(person)
    if not told.verified or told.age_group != "adult":
        raise RealNameNeeded(person=person)
    if terms != terms_in_force(at):
        raise TermsNotShown(shown=terms[:120], in_force=terms_in_force(at))
    row = methods.method(method)
    if row.status != MethodStatus.APPROVED or not 2017 <= vintage <= timezone.localdate(at).year:
        raise MethodNotOpen(method=method, vintage=vintage)
    with transaction.atomic():
        bulk_rows.lock(pool_lock(method, vintage))
        frozen = frozen_batch(person, region=told.region, method_id=row.pk, vintage=vintage)
        if frozen:
            raise EntrustmentFrozen(batch=frozen)
        Entrustment.objects.get_or_create(
            person_ref=person,
            method=row,
            vintage=vintage,
            revoked_at=None,
            defaults={"terms": terms, "entrusted_at": at},
        )


def revoke(person: str, *, method: str, vintage: int, at: datetime) -> None:
    """End an entrustment; EntrustmentFrozen once its batch is frozen, EntrustmentMissing where there is none."""
    row = methods.method(method)
    with transaction.atomic():
        bulk_rows.lock(pool_lock(method, vintage))
        alive = Entrustment.objects.filter(person_ref=person, method=row, vintage=vintage, revoked_at=None)
        if not alive.exists():
            raise EntrustmentMissing(method=method, vintage=vintage)
        region = identity_queries.person_region(person)
        frozen = frozen_batch(person, region=region, method_id=row.pk, vintage=vintage)
        if frozen:
            raise EntrustmentFrozen(batch=frozen)
        alive.update(revoked_at=at)


def of_person(person: str) -> list[EntrustmentView]:
    """Return the living entrustments of a resident with what became of the grams, the newest year first."""
    rows = Entrustment.objects.filter(person_ref=person, revoked_at=None).select_related("method")
    parts = {
        (part.batch.method_id, part.batch.vintage): part
        for part in Contribution.objects.filter(person_ref=person)
        .exclude(batch__status=PoolStatus.CANCELLED)
        .select_related("batch")
    }
    return [_view(row, parts.get((row.method_id, row.vintage))) for row in rows.order_by("-vintage", "method__code")]


def pool_lock(method: str, vintage: int) -> str:
    """Return the name of the lock under which a pool's members and batches change."""
    return f"pool/{method}/{vintage}"


def frozen_batch(person: str, *, region: str, method_id: int, vintage: int) -> str:
    """Return the code of the batch that took the person's grams, or is to take them; empty where there is none."""
    taken = Contribution.objects.filter(person_ref=person, batch__method_id=method_id, batch__vintage=vintage)
    code = taken.exclude(batch__status=PoolStatus.CANCELLED).values_list("batch__code", flat=True).first()
    if code is None:
        batches = PoolBatch.objects.filter(method_id=method_id, vintage=vintage, county=region)
        code = batches.exclude(status=PoolStatus.CANCELLED).values_list("code", flat=True).first()
    return code or ""


def _view(row: Entrustment, part: Contribution | None) -> EntrustmentView:
    return EntrustmentView(
        method=row.method.code,
        title_zh=row.method.title_zh,
        title_en=row.method.title_en,
        vintage=row.vintage,
        terms=row.terms,
        entrusted_at=row.entrusted_at,
        batch=part.batch.code if part else "",
        batch_status=part.batch.status if part else "",
        pooled_mg=(part.pooled_mg or 0) if part else 0,
        issued_mg=part.issued_mg if part else 0,
        sold=part is not None and part.batch.blocks.filter(changes__order__kind="sale").exists(),
    )
