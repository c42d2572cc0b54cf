"""What a merchant is paid: one statement per period, its days whole and without a gap; disputes before it is paid.

The sum of what was confirmed, less refunds, is what is paid, to the fen: nothing is rounded anywhere.
"""

from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping import queries as book
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.models import (
    Dispute,
    DisputeStatus,
    MerchantStatement,
    Redemption,
    RedemptionStatus,
    Refund,
    StatementStatus,
)
from greenpoints.points.lots import day_of
from greenpoints.redemption import redemptions
from greenpoints.screening.checks import day_bounds_us

MAX_REASON = 400
MAX_BANK_REFERENCE = 40


class PeriodNotOver(RuleViolation):
    """The last day of the period is not over, or lies before the period begins."""

    code = "period_not_over"
    message = _("结算期尚未结束，或早于上期末日。")


class NothingToState(RuleViolation):
    """The merchant has not taken any coins yet."""

    code = "nothing_to_state"
    message = _("该商户还没有可结算的兑换。")


class FormerStatementOpen(RuleViolation):
    """The statement before is not paid yet."""

    code = "former_statement_open"
    message = _("上一期对账单尚未付款，请先处理。")


class StatementMissing(RuleViolation):
    """The merchant has no statement of this period."""

    code = "statement_missing"
    message = _("找不到该对账单。")
    status = 404


class StatementNotPayable(RuleViolation):
    """The statement is disputed, owes nothing, or was paid under another bank reference."""

    code = "statement_not_payable"
    message = _("该对账单有异议、无应付款或已另行付款。")


class DisputeRefused(RuleViolation):
    """A dispute without a reason, about an order that the merchant does not have, or about a paid statement."""

    code = "dispute_refused"
    message = _("异议须写明理由，订单须属于本商户，且对账单尚未付款。")
    status = 422


class DisputeDecided(RuleViolation):
    """The dispute was answered before, or by the one who raised it."""

    code = "dispute_decided"
    message = _("该异议已答复，或答复人与提出人相同。")


def close(*, merchant: str, last_on: date, at: datetime) -> MerchantStatement:
    """State what the merchant took in from the day after its last statement to ``last_on``; again: the same statement.

    Raises PeriodNotOver, NothingToState, FormerStatementOpen.
    """
    with transaction.atomic():
        bulk_rows.lock(f"merchant/{merchant}")
        known = MerchantStatement.objects.filter(merchant=merchant, last_on=last_on).first()
        if known is not None:
            return known
        former = MerchantStatement.objects.filter(merchant=merchant).order_by("-last_on").first()
        first_on = former.last_on + timedelta(days=1) if former else _first_day(merchant)
        if not first_on <= last_on < day_of(at):
            raise PeriodNotOver(first_on=first_on.isoformat(), last_on=last_on.isoformat())
        if former and former.status != StatementStatus.PAID and former.due_fen > 0:
            raise FormerStatementOpen(last_on=former.last_on.isoformat())
        sums = _sums(merchant, first_on, last_on)
        carried = former.due_fen - former.paid_fen if former else 0
        row = MerchantStatement.objects.create(
            merchant=merchant,
            first_on=first_on,
            last_on=last_on,
            carried_fen=carried,
            due_fen=carried + sums["confirmed_fen"] - sums["refunded_fen"],
            closed_at=at,
            **sums,
        )
        detail = {"orders": row.orders, "due_fen": row.due_fen}
        events.record("greenpoints.statement_closed", subject=_reference(row), occurred_at=at, detail=detail)
        return row


def close_due(*, today: date, at: datetime) -> int:
    """State the months that are over for every merchant that took in coins; return how many. Again: none.

    A merchant whose last statement is still to be paid waits: the next run states its months together.
    """
    last_on, closed = today.replace(day=1) - timedelta(days=1), 0
    end = datetime.fromtimestamp(day_bounds_us(last_on)[1] // 1_000_000, UTC)
    before = Redemption.objects.filter(status=RedemptionStatus.CONFIRMED, resolved_at__lt=end)
    stated = MerchantStatement.objects.filter(last_on__gte=last_on).values("merchant")
    for merchant in (
        before.exclude(merchant__in=stated).order_by("merchant").values_list("merchant", flat=True).distinct()
    ):
        try:
            close(merchant=merchant, last_on=last_on, at=at)
        except FormerStatementOpen:
            continue
        closed += 1
    return closed


def pay(*, merchant: str, last_on: date, bank_reference: str, by: str, at: datetime) -> MerchantStatement:
    """Write down that the bank paid the statement; again under the same bank reference: nothing.

    What the merchant owes for refunds of settled orders is kept back first. What refunds after the period have taken
    is not paid and goes to the next statement.
    """
    with transaction.atomic():
        bulk_rows.lock(f"merchant/{merchant}")
        row = _statement(merchant, last_on)
        if row.status == StatementStatus.PAID and row.bank_reference == bank_reference:
            return row
        named = 0 < len(bank_reference) <= MAX_BANK_REFERENCE
        if row.status != StatementStatus.CLOSED or row.due_fen <= 0 or not named:
            raise StatementNotPayable(status=row.status, due_fen=row.due_fen)
        legs, row.paid_fen = _legs(row)
        if legs:
            postings.post(reference=f"{_reference(row)}/paid", legs=legs, occurred_at=at)
        row.status, row.bank_reference, row.paid_by, row.paid_at = StatementStatus.PAID, bank_reference, by, at
        row.save(update_fields=["status", "bank_reference", "paid_by", "paid_at", "paid_fen"])
        detail = {"paid_fen": row.paid_fen}
        events.record("greenpoints.statement_paid", subject=_reference(row), occurred_at=at, detail=detail)
        return row


def dispute(*, merchant: str, last_on: date, reason: str, by: str, at: datetime, order: str = "") -> Dispute:
    """Object to a statement, or to one order in it; it is not paid before an answer. An open one again: the same."""
    with transaction.atomic():
        bulk_rows.lock(f"merchant/{merchant}")
        row = _statement(merchant, last_on)
        known = not order or Redemption.objects.filter(merchant=merchant, order=order).exists()
        if row.status == StatementStatus.PAID or not known or not 0 < len(reason) <= MAX_REASON:
            raise DisputeRefused(order=order, status=row.status)
        try:
            with transaction.atomic():
                raised = Dispute.objects.create(statement=row, order=order, reason=reason, raised_by=by, raised_at=at)
        except IntegrityError:
            return row.disputes.get(order=order, status=DisputeStatus.OPEN)
        row.status = StatementStatus.DISPUTED
        row.save(update_fields=["status"])
        events.record(
            "greenpoints.statement_disputed", subject=_reference(row), occurred_at=at, detail={"order": order}
        )
        return raised


def answer(dispute_id: int, *, accept: bool, text: str, by: str, at: datetime) -> Dispute:
    """Answer a dispute, as somebody else than who raised it; with the last answer the statement can be paid."""
    with transaction.atomic():
        raised = Dispute.objects.select_for_update().filter(pk=dispute_id).select_related("statement").first()
        if raised is None or not 0 < len(text) <= MAX_REASON:
            raise DisputeRefused(dispute=dispute_id)
        if raised.status != DisputeStatus.OPEN or raised.raised_by == by:
            raise DisputeDecided(dispute=dispute_id, status=raised.status)
        raised.status = DisputeStatus.ACCEPTED if accept else DisputeStatus.REJECTED
        raised.answer, raised.answered_by, raised.answered_at = text, by, at
        raised.save()
        row = raised.statement
        if not row.disputes.filter(status=DisputeStatus.OPEN).exists():
            row.status = StatementStatus.CLOSED
            row.save(update_fields=["status"])
        return raised


def _statement(merchant: str, last_on: date) -> MerchantStatement:
    row = MerchantStatement.objects.filter(merchant=merchant, last_on=last_on).first()
    if row is None:
        raise StatementMissing(merchant=merchant, last_on=last_on.isoformat())
    return row


def _first_day(merchant: str) -> date:
    confirmed = Redemption.objects.filter(merchant=merchant, status=RedemptionStatus.CONFIRMED)
    first = confirmed.aggregate(at=Min("resolved_at"))["at"]
    if first is None:
        raise NothingToState(merchant=merchant)
    return day_of(first)


def _sums(merchant: str, first_on: date, last_on: date) -> dict[str, int]:
    start = datetime.fromtimestamp(day_bounds_us(first_on)[0] // 1_000_000, UTC)
    end = datetime.fromtimestamp(day_bounds_us(last_on)[1] // 1_000_000, UTC)
    confirmed = Redemption.objects.filter(
        merchant=merchant, status=RedemptionStatus.CONFIRMED, resolved_at__gte=start, resolved_at__lt=end
    ).aggregate(n=Count("id"), coins=Coalesce(Sum("confirmed_coins"), 0), fen=Coalesce(Sum("confirmed_fen"), 0))
    refunded = Refund.objects.filter(
        redemption__merchant=merchant, refunded_at__gte=start, refunded_at__lt=end
    ).aggregate(n=Count("id"), coins=Coalesce(Sum("coins"), 0), fen=Coalesce(Sum("fen"), 0))
    return {
        "orders": confirmed["n"], "confirmed_coins": int(confirmed["coins"]), "confirmed_fen": int(confirmed["fen"]),
        "refunds": refunded["n"], "refunded_coins": int(refunded["coins"]), "refunded_fen": int(refunded["fen"]),
    }  # fmt: skip


def _legs(row: MerchantStatement) -> tuple[list[Leg], int]:
    """Return the legs of a payment, and the fen that it pays."""
    unsettled, settled = redemptions.payees_of(row.merchant)
    held = book.balances([unsettled.coins, unsettled.fen, settled.fen])
    kept_back = min(-held[settled.fen].posted, held[unsettled.fen].available)
    paid = max(0, min(row.due_fen, held[unsettled.fen].available - kept_back))
    coins = max(0, min(row.confirmed_coins - row.refunded_coins, held[unsettled.coins].available))
    legs = []
    if coins:
        legs.append(Leg(unsettled.coins, settled.coins, coins))
    if kept_back > 0:
        legs.append(Leg(unsettled.fen, settled.fen, kept_back))
    if paid:
        paid_out = f"fen:paid/{row.merchant}"
        chart.open_accounts([paid_out], nature=Nature.SINK)
        legs.append(Leg(unsettled.fen, paid_out, paid))
    return legs, paid


def _reference(row: MerchantStatement) -> str:
    return f"settlement/{row.merchant}/{row.last_on}"
