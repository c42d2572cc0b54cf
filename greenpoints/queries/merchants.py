"""What a merchant may see of its own orders: no resident is named."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from greenpoints.models import Dispute, MerchantStatement, Redemption, RedemptionStatus, Refund, StatementStatus
from greenpoints.screening.checks import day_bounds_us

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A confirmed order, and how much of it can still be refunded."""

    order: str
    at: datetime
    coins: int
    fen: int
    refunded_coins: int

    @property
    def refundable(self) -> int:
        """Return the coins that have not gone back yet."""
        return self.coins - self.refunded_coins


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund of the day, whenever its order was."""

    order: str
    at: datetime
    coins: int
    fen: int


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """An objection and what was answered."""

    id: int
    order: str
    reason: str
    status: str
    told: str
    answer: str


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement with its objections; ``told`` is its status in the language of the page."""

    merchant: str
    first_on: date
    last_on: date
    orders: int
    confirmed_coins: int
    confirmed_fen: int
    refunds: int
    refunded_coins: int
    refunded_fen: int
    carried_fen: int
    due_fen: int
    paid_fen: int
    status: str
    told: str
    bank_reference: str
    disputes: list[DisputeLine]


def orders(merchant: str, *, on: date) -> list[OrderLine]:
    """Return the orders that were confirmed on the day, the latest first, at most 500."""
    start, end = _span(on)
    rows = Redemption.objects.filter(
        merchant=merchant, status=RedemptionStatus.CONFIRMED, resolved_at__gte=start, resolved_at__lt=end
    ).order_by("-resolved_at", "-id")
    return [
        OrderLine(row.order, row.resolved_at or row.held_at, row.confirmed_coins, row.confirmed_fen, row.refunded_coins)
        for row in rows[:MOST_LINES]
    ]


def refunds(merchant: str, *, on: date) -> list[RefundLine]:
    """Return the refunds of the day, the latest first, at most 500."""
    start, end = _span(on)
    rows = Refund.objects.filter(redemption__merchant=merchant, refunded_at__gte=start, refunded_at__lt=end)
    found = rows.select_related("redemption").order_by("-refunded_at", "-id")[:MOST_LINES]
    return [RefundLine(row.redemption.order, row.refunded_at, row.coins, row.fen) for row in found]


def waiting(merchant: str) -> int:
    """Return how many orders hold coins that the merchant has neither confirmed nor released, vouchers left out."""
    rows = Redemption.objects.filter(merchant=merchant, status=RedemptionStatus.HELD, offer__isnull=True)
    return rows.count()


def statements(merchant: str, *, limit: int = 60) -> list[StatementLine]:
    """Return the merchant's statements, the newest first."""
    rows = MerchantStatement.objects.filter(merchant=merchant).prefetch_related("disputes")
    return [_statement(row) for row in rows.order_by("-last_on")[:limit]]


def statement(merchant: str, *, last_on: date) -> StatementLine | None:
    """Return the merchant's statement of the period that ends on the day; None where there is none."""
    row = MerchantStatement.objects.filter(merchant=merchant, last_on=last_on).prefetch_related("disputes").first()
    return None if row is None else _statement(row)


def open_statements(*, limit: int = 200) -> list[StatementLine]:
    """Return the statements of all merchants that are to be paid or answered, the oldest first."""
    rows = MerchantStatement.objects.exclude(status=StatementStatus.PAID).exclude(status="closed", due_fen__lte=0)
    return [_statement(row) for row in rows.prefetch_related("disputes").order_by("last_on", "merchant")[:limit]]


def _statement(row: MerchantStatement) -> StatementLine:
    return StatementLine(
        merchant=row.merchant,
        first_on=row.first_on,
        last_on=row.last_on,
        orders=row.orders,
        confirmed_coins=row.confirmed_coins,
        confirmed_fen=row.confirmed_fen,
        refunds=row.refunds,
        refunded_coins=row.refunded_coins,
        refunded_fen=row.refunded_fen,
        carried_fen=row.carried_fen,
        due_fen=row.due_fen,
        paid_fen=row.paid_fen,
        status=row.status,
        told=str(row.get_status_display()),
        bank_reference=row.bank_reference,
        disputes=[_dispute(one) for one in row.disputes.all()],
    )


def _dispute(row: Dispute) -> DisputeLine:
    return DisputeLine(row.pk, row.order, row.reason, row.status, str(row.get_status_display()), row.answer)


def _span(day: date) -> tuple[datetime, datetime]:
    first_us, next_us = day_bounds_us(day)
    return datetime.fromtimestamp(first_us // 1_000_000, UTC), datetime.fromtimestamp(next_us // 1_000_000, UTC)
