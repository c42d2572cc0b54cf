"""Coins spent at a merchant, in two steps: held for the order, then confirmed (in full or part) or released.

The merchant is owed money for each coin: the fen set aside when the coin was issued move with it, in the same posting.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from bookkeeping.refusals import AccountFrozen, AccountMissing, HoldResolved, Overdrawn
from core import events
from core.errors import RuleViolation
from greenpoints.models import Redemption, RedemptionStatus
from greenpoints.points import funds
from greenpoints.quantification import parameters
from greenpoints.screening.checks import LOCAL
from identity import queries as identity_queries

logger = logging.getLogger(__name__)
HOLD_FOR = timedelta(minutes=15)
MAX_ORDER_LENGTH = 50
EXPIRE_AT_ONCE = 1_000


class NotAMerchant(RuleViolation):
    """Only a registered merchant takes coins."""

    code = "not_a_merchant"
    message = _("该机构不是绿宝合作商户。")
    status = 403


class OrderReused(RuleViolation):
    """The merchant used this order number before, for another resident or another number of coins."""

    code = "order_reused"
    message = _("该订单号已用于其他兑换。")


class OrderMissing(RuleViolation):
    """The merchant has no such order."""

    code = "order_missing"
    message = _("找不到该兑换订单。")
    status = 404


class OrderResolved(RuleViolation):
    """The order was confirmed or released before, otherwise than asked for now."""

    code = "order_resolved"
    message = _("该兑换订单已经处理完毕。")


class TooManyCoins(RuleViolation):
    """More coins than are held, or none."""

    code = "too_many_coins"
    message = _("确认的碳币数必须在一与冻结数之间。")
    status = 422


class NoFund(RuleViolation):
    """No sponsor stands behind the coins on that day."""

    code = "no_fund"
    message = _("当日没有可支付的资助资金。")


class CoinsNotAvailable(RuleViolation):
    """The resident has fewer coins, or cannot use them now; a merchant is told neither which nor whose they are."""

    code = "coins_not_available"
    message = _("该居民可用的碳币不足。")


@dataclass(frozen=True, slots=True)
class RedemptionView:
    """What others see of a redemption."""

    order: str
    merchant: str
    person_ref: str
    coins: int
    confirmed_coins: int
    status: str
    held_at: datetime
    expires_at: datetime
    resolved_at: datetime | None = None


def hold(*, person: str, merchant: str, coins: int, order: str, at: datetime) -> RedemptionView:
    """Set coins of a resident aside for an order of a merchant, for 15 minutes.

    The same order with the same content again changes nothing; other content is OrderReused. Raises NotAMerchant,
    TooManyCoins, NoFund, CoinsNotAvailable.
    """
    if identity_queries.organisation(merchant).kind != "merchant":
        raise NotAMerchant(merchant=merchant)
    if not 0 < coins <= 10**9 or not 0 < len(order) <= MAX_ORDER_LENGTH:
        raise TooManyCoins(coins=coins, order=order[:MAX_ORDER_LENGTH])
    try:
        with transaction.atomic():
            row = _held(person=person, merchant=merchant, coins=coins, order=order, at=at)
    except IntegrityError:
        row = _get(merchant=merchant, order=order)
        if (row.person_ref, row.coins) != (person, coins):
            raise OrderReused(order=order) from None
    return view(row)


def confirm(*, merchant: str, order: str, at: datetime, coins: int | None = None) -> RedemptionView:
    """Pay the merchant all the coins held, or ``coins`` of them; the rest goes back. The same again changes nothing."""
    with transaction.atomic():
        row = _get(merchant=merchant, order=order, lock=True)
        paid = row.coins if coins is None else coins
        if not 0 < paid <= row.coins:
            raise TooManyCoins(coins=paid, held=row.coins)
        if row.status != RedemptionStatus.HELD:
            if row.status == RedemptionStatus.CONFIRMED and row.confirmed_coins == paid:
                return view(row)
            raise OrderResolved(order=order, status=row.status)
        with _nobody_named(order):
            postings.confirm(
                hold=_reference(row, "hold"),
                reference=_reference(row, "confirm"),
                quantities=[paid, paid * row.unit_cost_fen] if row.unit_cost_fen else [paid],
                occurred_at=at,
            )
        return _resolve(row, RedemptionStatus.CONFIRMED, coins=paid, at=at)


def release(*, merchant: str, order: str, at: datetime) -> RedemptionView:
    """Give the coins back to the resident. The same again changes nothing."""
    with transaction.atomic():
        row = _get(merchant=merchant, order=order, lock=True)
        if row.status == RedemptionStatus.RELEASED:
            return view(row)
        if row.status != RedemptionStatus.HELD:
            raise OrderResolved(order=order, status=row.status)
        return _release(row, at=at)


def release_expired(*, at: datetime) -> int:
    """Give back the coins of orders that nobody confirmed in time; return how many orders.

    Each order is a transaction of its own: one that cannot be released is logged and does not keep the others.
    """
    late = Redemption.objects.filter(status=RedemptionStatus.HELD, expires_at__lte=at).order_by("pk")
    released = 0
    for merchant, order in list(late.values_list("merchant", "order")[:EXPIRE_AT_ONCE]):
        try:
            release(merchant=merchant, order=order, at=at)
        except OrderResolved:
            continue  # the merchant was quicker
        except RuleViolation as refusal:
            logger.error("order %s of %s ran out and cannot be released: %s", order, merchant, refusal)
            continue
        released += 1
    return released


def pending_of(person: str) -> list[RedemptionView]:
    """Return the orders that hold coins of the resident, the oldest first; none for somebody unknown."""
    rows = Redemption.objects.filter(person_ref=person, status=RedemptionStatus.HELD).order_by("held_at", "pk")
    return [view(row) for row in rows]


def view(row: Redemption) -> RedemptionView:
    """Return what others see of the redemption."""
    return RedemptionView(**{name: getattr(row, name) for name in RedemptionView.__dataclass_fields__})


def _held(*, person: str, merchant: str, coins: int, order: str, at: datetime) -> Redemption:
    day = at.astimezone(LOCAL).date()
    sponsor = funds.sponsor_on(day)
    if not sponsor:
        raise NoFund(day=day.isoformat())
    row = Redemption.objects.create(
        order=order,
        merchant=merchant,
        person_ref=person,
        sponsor=sponsor,
        coins=coins,
        unit_cost_fen=parameters.in_force(day).unit_cost_fen,
        held_at=at,
        expires_at=at + HOLD_FOR,
    )
    legs = [Leg(f"coin:resident/{person}", f"coin:merchant/{merchant}", coins)]
    if row.unit_cost_fen:
        legs.append(Leg(f"fen:reserved/{sponsor}", f"fen:payable/{merchant}", coins * row.unit_cost_fen))
    chart.open_accounts([leg.target for leg in legs], nature=Nature.HOLDER)
    with _nobody_named(row.order):
        postings.hold(reference=_reference(row, "hold"), legs=legs, occurred_at=at, expires_at=row.expires_at)
    _record("greenpoints.coins_held", row, coins=coins, at=at)
    return row


@contextmanager
def _nobody_named(order: str) -> Iterator[None]:
    """Turn refusals of the book, whose details name the resident's account, into one that names nobody."""
    try:
        yield
    except (Overdrawn, AccountMissing, AccountFrozen) as refusal:
        raise CoinsNotAvailable(order=order) from refusal


def _get(*, merchant: str, order: str, lock: bool = False) -> Redemption:
    rows = Redemption.objects.select_for_update() if lock else Redemption.objects
    row = rows.filter(merchant=merchant, order=order).first()
    if row is None:
        raise OrderMissing(order=order)
    return row


def _release(row: Redemption, *, at: datetime) -> RedemptionView:
    try:
        with _nobody_named(row.order):
            postings.release(hold=_reference(row, "hold"), reference=_reference(row, "release"), occurred_at=at)
    except HoldResolved:
        # The row is locked and says held, so nobody confirmed: the book's own sweep was quicker. The coins are back.
        logger.info("order %s of %s was released by the book", row.order, row.merchant)
    return _resolve(row, RedemptionStatus.RELEASED, coins=0, at=at)


def _resolve(row: Redemption, status: RedemptionStatus, *, coins: int, at: datetime) -> RedemptionView:
    row.status, row.confirmed_coins, row.resolved_at = status, coins, at
    row.save(update_fields=["status", "confirmed_coins", "resolved_at"])
    kind = "coins_redeemed" if status == RedemptionStatus.CONFIRMED else "coins_released"
    _record(f"greenpoints.{kind}", row, coins=coins or row.coins, at=at)
    return view(row)


def _reference(row: Redemption, step: str) -> str:
    return f"redemption/{row.merchant}/{row.order}/{step}"


def _record(kind: str, row: Redemption, *, coins: int, at: datetime) -> None:
    events.record(kind, subject=f"redemption/{row.merchant}/{row.order}", occurred_at=at, detail={"coins": coins})
