"""What others may know of 绿宝: a resident's day, a batch and its refusals, the public totals, a merchant's day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bookkeeping import queries as book
from bookkeeping.refusals import AccountMissing
from core.errors import RuleViolation
from greenpoints.acts import ACTS
from greenpoints.models import Batch, Behaviour, Carry, Issue, IssueStatus, Redemption, RedemptionStatus
from greenpoints.reasons import ACCEPTED, REASONS
from greenpoints.screening import LOCAL, day_bounds_us


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


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act of a resident and what became of it; labels in the language of the page."""

    act: str
    label: str
    started_at: datetime
    quantity: int
    counted_quantity: int
    unit: str
    status: str
    reason: str
    told: str
    posted_mg: int
    coins: int
    factor: str


@dataclass(frozen=True, slots=True)
class ResidentSummary:
    """What a resident has, and what today brought."""

    person_ref: str
    coins: int
    coins_held: int
    today_mg: int
    total_mg: int
    carried_mg: int
    waiting_coins: int
    acts: list[ActLine]


@dataclass(frozen=True, slots=True)
class Totals:
    """Public totals since the beginning."""

    behaviours: int
    accepted: int
    residents: int
    posted_mg: int
    coins_issued: int
    coins_redeemed: int


@dataclass(frozen=True, slots=True)
class MerchantDay:
    """What a merchant took in on a day."""

    merchant: str
    day: date
    orders: int
    coins: int
    owed_fen: int


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


def resident_summary(person: str, *, on: date, limit: int = 200) -> ResidentSummary:
    """Return what the resident has and how each act of the day ended; zeros for somebody unknown."""
    day = Behaviour.objects.filter(person_ref=person, business_on=on).order_by("started_us", "id")
    coins = _balance(f"coin:resident/{person}")
    carry = Carry.objects.filter(person_ref=person).first() or Carry()
    return ResidentSummary(
        person_ref=person,
        coins=coins.available,
        coins_held=coins.held,
        today_mg=day.aggregate(mg=Coalesce(Sum("posted_mg"), 0))["mg"],
        total_mg=_balance(f"co2e:resident/{person}").posted,
        carried_mg=carry.carried_mg,
        waiting_coins=carry.carried_coins,
        acts=[_line(row) for row in day[:limit]],
    )


def last_day(person: str) -> date | None:
    """Return the latest day with an act of the resident; None for somebody unknown."""
    return Behaviour.objects.filter(person_ref=person).aggregate(day=Max("business_on"))["day"]


def totals() -> Totals:
    """Return the public totals; nothing about a person."""
    rows = Behaviour.objects.aggregate(
        n=Count("id"),
        accepted=Count("id", filter=Q(status__in=ACCEPTED)),
        residents=Count("person_ref", distinct=True, filter=Q(status__in=ACCEPTED)),
        mg=Coalesce(Sum("posted_mg"), 0),
    )
    issued = Issue.objects.filter(status=IssueStatus.ISSUED).aggregate(n=Coalesce(Sum("coins"), 0))["n"]
    redeemed = Redemption.objects.aggregate(n=Coalesce(Sum("confirmed_coins"), 0))["n"]
    return Totals(
        behaviours=rows["n"],
        accepted=rows["accepted"],
        residents=rows["residents"],
        posted_mg=int(rows["mg"]),
        coins_issued=int(issued),
        coins_redeemed=int(redeemed),
    )


def merchant_day(merchant: str, *, on: date) -> MerchantDay:
    """Return the orders that the merchant's customers confirmed on the day, and what it is owed for them."""
    first_us, next_us = day_bounds_us(on)
    start, end = (datetime.fromtimestamp(us // 1_000_000, UTC) for us in (first_us, next_us))
    rows = Redemption.objects.filter(
        merchant=merchant, status=RedemptionStatus.CONFIRMED, resolved_at__gte=start, resolved_at__lt=end
    ).values_list("confirmed_coins", "unit_cost_fen")
    found = list(rows)
    return MerchantDay(
        merchant=merchant,
        day=on,
        orders=len(found),
        coins=sum(coins for coins, _fen in found),
        owed_fen=sum(coins * fen for coins, fen in found),
    )


def _batch(code: str, *, partner: str) -> Batch:
    row = Batch.objects.filter(partner=partner, code=code).first()
    if row is None:
        raise BatchMissing(batch=code)
    return row


def _not_accepted(row: Batch) -> QuerySet[Behaviour]:
    return row.behaviours.exclude(status__in=ACCEPTED)


def _balance(account: str) -> book.Balance:
    try:
        return book.balance(account)
    except AccountMissing:
        return book.Balance(posted=0, held=0)


def _line(row: Behaviour) -> ActLine:
    english = (get_language() or "").startswith("en")
    act, reason = ACTS.get(row.act), REASONS[row.reason]
    return ActLine(
        act=row.act,
        label=(act.en if english else act.zh) if act else row.act,
        started_at=datetime.fromtimestamp(row.started_us // 1_000_000, LOCAL),
        quantity=row.quantity,
        counted_quantity=row.counted_quantity,
        unit=row.unit,
        status=row.status,
        reason=row.reason,
        told=reason.en if english else reason.zh,
        posted_mg=row.posted_mg,
        coins=row.flat_coins,
        factor=row.factor,
    )
