"""Coins spent at a merchant, in two steps: held for the order, then confirmed (in full or part) or released.

The merchant is owed money for each coin: the fen set aside when the coin was issued move with it, in the same posting.
What was confirmed can be refunded, in full or in parts, each named by a line of the merchant.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart
from bookkeeping.chart import Nature
from bookkeeping.refusals import AccountFrozen, AccountMissing, HoldExpired, Overdrawn
from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows, rewards
from greenpoints.models import Offer, Redemption, RedemptionStatus, Refund
from greenpoints.points import lots, spending
from greenpoints.points.debts import InDebt
from greenpoints.points.spending import Payee
from greenpoints.queries import risk as risk_queries
from greenpoints.redemption import stock
from identity import queries as identity_queries

logger = logging.getLogger(__name__)
HOLD_FOR = timedelta(minutes=15)
MAX_ORDER_LENGTH = 50
MAX_LINE_LENGTH = 20
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


class NotConfirmed(RuleViolation):
    """Only coins that were confirmed can be refunded; what is held is released instead."""

    code = "not_confirmed"
    message = _("该兑换尚未确认或已退回，不能退款。")


class RefundLineReused(RuleViolation):
    """The merchant used this refund line of the order before, for another number of coins."""

    code = "refund_line_reused"
    message = _("该退款行号已用于其他数量的退款。")


class CoinsNotAvailable(RuleViolation):
    """The resident has fewer coins, or cannot use them now; a merchant is told neither which nor whose they are."""

    code = "coins_not_available"
    message = _("该居民可用的碳币不足。")


class RealNameNeeded(RuleViolation):
    """So many coins at once are spent by residents only whose real name was confirmed."""

    code = "real_name_for_much"
    message = _("单次兑换超过限额，居民须先完成实名认证。")
    status = 403


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
    refunded_coins: int = 0


def hold(
    *, person: str, merchant: str, coins: int, order: str, at: datetime, until: datetime | None = None, offer: str = ""
) -> RedemptionView:
    """Set coins of a resident aside for an order of a merchant, for 15 minutes or ``until`` then.

    Where ``offer`` names one of the catalogue, one of it is set aside too.

    The coins that expire first are taken first. The same order with the same content again changes nothing; other
    content is OrderReused. Raises NotAMerchant, TooManyCoins, CoinsNotAvailable, RealNameNeeded, OutOfStock.
    """
    if identity_queries.organisation(merchant).kind != "merchant":
        raise NotAMerchant(merchant=merchant)
    if not 0 < coins <= 10**9 or not 0 < len(order) <= MAX_ORDER_LENGTH:
        raise TooManyCoins(coins=coins, order=order[:MAX_ORDER_LENGTH])
    if risk_queries.spending_held(person):
        raise CoinsNotAvailable(order=order)
    try:
        with transaction.atomic():
            _real_name(person, coins, at=at)
            row = _held(
                person=person,
                merchant=merchant,
                coins=coins,
                order=order,
                at=at,
                until=until or at + HOLD_FOR,
                offer=offer,
            )
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
        if at >= row.expires_at:
            raise HoldExpired(order=order, expires_at=row.expires_at.isoformat())
        with _nobody_named(order):
            spending.confirm(reference=_reference(row), coins=paid, at=at)
        row.confirmed_fen = spending.cost_fen(reference=_reference(row))
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


def refund(*, merchant: str, order: str, line: str, at: datetime, coins: int | None = None) -> RedemptionView:
    """Give ``coins`` of a confirmed order back to their lots, all that is left where none are named.

    ``line`` is the merchant's own name of the refund, once per order: the same again changes nothing, with another
    number of coins it is RefundLineReused. The money comes from what the merchant is still owed; beyond that it owes
    it. Raises OrderMissing, NotConfirmed, RefundTooLarge, TooManyCoins.
    """
    if not 0 < len(line) <= MAX_LINE_LENGTH:
        raise TooManyCoins(line=line[:MAX_LINE_LENGTH])
    with transaction.atomic():
        bulk_rows.lock(f"merchant/{merchant}")
        row = _get(merchant=merchant, order=order, lock=True)
        if row.status != RedemptionStatus.CONFIRMED:
            raise NotConfirmed(order=order, status=row.status)
        known = row.refunds.filter(line=line).first()
        if known is not None:
            if coins not in (None, known.coins):
                raise RefundLineReused(order=order, line=line, coins=known.coins)
            return view(row)
        returned = row.confirmed_coins - row.refunded_coins if coins is None else coins
        if returned < 1:
            raise spending.RefundTooLarge(coins=returned, left=row.confirmed_coins - row.refunded_coins)
        with _nobody_named(order):
            fen = spending.give_back(
                reference=_reference(row), line=line, payees=payees_of(merchant), coins=returned, at=at
            )
        Refund.objects.create(redemption=row, line=line, coins=returned, fen=fen, refunded_at=at)
        row.refunded_coins += returned
        row.refunded_fen += fen
        row.save(update_fields=["refunded_coins", "refunded_fen"])
        _record("greenpoints.coins_refunded", row, coins=returned, at=at)
        return view(row)


def payees_of(merchant: str) -> list[Payee]:
    """Return where a merchant's coins and money lie, those not settled yet first; opened where they are not yet."""
    open_, settled = f"coin:merchant/{merchant}", f"coin:settled/{merchant}"
    payable, owes = f"fen:payable/{merchant}", f"fen:clawback/{merchant}"
    chart.open_accounts([open_, settled, payable], nature=Nature.HOLDER)
    chart.open_accounts([owes], nature=Nature.SOURCE)
    return [Payee(coins=open_, fen=payable), Payee(coins=settled, fen=owes)]


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


def row_of(*, merchant: str, order: str) -> Redemption:
    """Return the row of an order, or raise OrderMissing."""
    return _get(merchant=merchant, order=order)


def view(row: Redemption) -> RedemptionView:
    """Return what others see of the redemption."""
    return RedemptionView(**{name: getattr(row, name) for name in RedemptionView.__dataclass_fields__})


def _real_name(person: str, coins: int, *, at: datetime) -> None:
    """See that who spends much at once is known by a real name."""
    limit = rewards.lot_rules(lots.day_of(at)).real_name_above
    if coins > limit and not identity_queries.person(person).verified:
        raise RealNameNeeded(above=limit)


def _held(
    *, person: str, merchant: str, coins: int, order: str, at: datetime, until: datetime, offer: str
) -> Redemption:
    row = Redemption.objects.create(
        order=order,
        merchant=merchant,
        person_ref=person,
        holder=f"resident/{person}",
        offer=Offer.objects.get(code=offer) if offer else None,
        coins=coins,
        held_at=at,
        expires_at=until,
    )
    payee = Payee(coins=f"coin:merchant/{merchant}", fen=f"fen:payable/{merchant}")
    with _nobody_named(row.order):
        spending.hold(holder=row.holder, payee=payee, coins=coins, reference=_reference(row), at=at)
    if offer:
        stock.reserve(offer)  # after the accounts, as where it is settled: there is one order of waiting
    _record("greenpoints.coins_held", row, coins=coins, at=at)
    return row


@contextmanager
def _nobody_named(order: str) -> Iterator[None]:
    """Turn refusals of the book, whose details name the resident's account, into one that names nobody."""
    try:
        yield
    except (Overdrawn, AccountMissing, AccountFrozen, InDebt) as refusal:
        raise CoinsNotAvailable(order=order) from refusal


def _get(*, merchant: str, order: str, lock: bool = False) -> Redemption:
    rows = Redemption.objects.select_for_update() if lock else Redemption.objects
    row = rows.filter(merchant=merchant, order=order).first()
    if row is None:
        raise OrderMissing(order=order)
    return row


def _release(row: Redemption, *, at: datetime) -> RedemptionView:
    with _nobody_named(row.order):
        spending.release(reference=_reference(row), at=at)
    return _resolve(row, RedemptionStatus.RELEASED, coins=0, at=at)


def _resolve(row: Redemption, status: RedemptionStatus, *, coins: int, at: datetime) -> RedemptionView:
    row.status, row.confirmed_coins, row.resolved_at = status, coins, at
    row.save(update_fields=["status", "confirmed_coins", "confirmed_fen", "resolved_at"])
    if row.offer_id is not None:
        stock.settle(row.offer_id, used=status == RedemptionStatus.CONFIRMED)
    kind = "coins_redeemed" if status == RedemptionStatus.CONFIRMED else "coins_released"
    _record(f"greenpoints.{kind}", row, coins=coins or row.coins, at=at)
    return view(row)


def _reference(row: Redemption) -> str:
    return f"redemption/{row.merchant}/{row.order}"


def _record(kind: str, row: Redemption, *, coins: int, at: datetime) -> None:
    events.record(kind, subject=_reference(row), occurred_at=at, detail={"coins": coins})
