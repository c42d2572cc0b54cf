"""Coins spent by whoever holds them: set aside, confirmed in full or part, released, given back. Book and lots at once.

The coins that expire first go first. With each coin go the fen that its own sponsor set aside when it was issued, so
that several sponsors may stand behind one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping import queries as book
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from bookkeeping.refusals import Overdrawn
from core.errors import RuleViolation
from greenpoints import rewards
from greenpoints.models import LotUse
from greenpoints.points import debts, lots
from greenpoints.points.debts import InDebt
from greenpoints.points.lots import BOOK, Part


class RefundTooLarge(RuleViolation):
    """More coins are given back than are left of what was spent."""

    code = "refund_too_large"
    message = _("退回的碳币数超过该笔兑换尚可退回的数量。")


class NothingSpent(RuleViolation):
    """Nothing was spent under this name, so that nothing can be given back."""

    code = "nothing_spent"
    message = _("该笔业务没有已支付的碳币，不能退回。")


@dataclass(frozen=True, slots=True)
class Payee:
    """Where coins and the fen behind them go: two accounts of the book, e.g. ``coin:merchant/M``, ``fen:payable/M``."""

    coins: str
    fen: str


def hold(*, holder: str, payee: Payee, coins: int, reference: str, at: datetime) -> list[Part]:
    """Set coins of ``holder`` aside for ``payee`` and return of which lots. Raises Overdrawn, InDebt.

    ``reference`` names the business fact, once: the caller sees to that with a row of its own.
    """
    with transaction.atomic():
        lots.lock(holder)
        parts = _enough(holder, coins, at=at)
        legs = _legs(holder, payee, coins, parts)
        chart.open_accounts([leg.target for leg in legs], nature=Nature.HOLDER)
        # Without an end of its own in the book: who sweeps what ran out releases the lots with it.
        postings.hold(reference=f"{reference}/hold", legs=legs, occurred_at=at)
        lots.set_aside(reference, parts)
        return parts


def confirm(*, reference: str, coins: int, at: datetime) -> None:
    """Pay ``coins`` of what is set aside, the first to expire first; the rest is free again in its lots."""
    with transaction.atomic():
        uses = lots.uses_of(reference)
        spent = rewards.in_turn([use.coins for use in uses], coins)
        quantities = [coins, *_by_sponsor(uses, spent).values()]
        postings.confirm(
            hold=f"{reference}/hold", reference=f"{reference}/confirm", quantities=quantities, occurred_at=at
        )
        lots.spend(uses, spent)


def release(*, reference: str, at: datetime) -> None:
    """Free what is set aside."""
    with transaction.atomic():
        postings.release(hold=f"{reference}/hold", reference=f"{reference}/release", occurred_at=at)
        uses = lots.uses_of(reference)
        lots.spend(uses, [0] * len(uses))


def pay(*, holder: str, payee: Payee, coins: int, reference: str, at: datetime) -> list[Part]:
    """Move coins of ``holder`` to ``payee`` in one step; Overdrawn where they do not suffice."""
    with transaction.atomic():
        lots.lock(holder)
        parts = _enough(holder, coins, at=at)
        legs = _legs(holder, payee, coins, parts)
        chart.open_accounts([leg.target for leg in legs], nature=Nature.HOLDER)
        postings.post(reference=reference, legs=legs, occurred_at=at)
        lots.take(reference, parts)
        return parts


def give_back(*, reference: str, line: str, payees: Sequence[Payee], coins: int, at: datetime) -> int:
    """Give back ``coins`` that were spent under ``reference``, the last taken first; return the fen that go with them.

    They come from ``payees``, from each as much as it has, and from the last without regard to that. A lot that has
    ended, or ends soon, leaves at least ``refund_life`` days. ``line`` names this giving back, each once: the caller
    sees to that with a row of its own, and to it that nobody else takes from the payees meanwhile. Raises
    NothingSpent, RefundTooLarge.
    """
    with transaction.atomic():
        uses = lots.uses_of(reference)[::-1]
        left = [(use.spent_coins or 0) - use.refunded_coins for use in uses]
        if not any(use.spent_coins for use in uses):
            raise NothingSpent(reference=reference)
        if coins > sum(left):
            raise RefundTooLarge(coins=coins, left=sum(left))
        returned = rewards.in_turn(left, coins)
        fen = {f"fen:reserved/{name}": part for name, part in _by_sponsor(uses, returned).items()}
        legs = [
            *_drawn([payee.coins for payee in payees], {BOOK + uses[0].lot.holder: coins}),
            *_drawn([payee.fen for payee in payees], fen),
        ]
        postings.post(reference=f"{reference}/refund/{line}", legs=legs, occurred_at=at)
        day = lots.day_of(at)
        lots.give_back(uses, returned, on=day, refund_days=rewards.lot_rules(day).refund_days)
        return sum(fen.values())


def cost_fen(*, reference: str) -> int:
    """Return the fen that went with what was spent under ``reference``, whatever came back later."""
    uses = lots.uses_of(reference)
    return sum((use.spent_coins or 0) * use.lot.unit_cost_fen for use in uses)


def _drawn(sources: Sequence[str], wanted: dict[str, int]) -> list[Leg]:
    """Return legs that bring each target what it wants, from the first source as long as it has any, then the next."""
    held = book.balances(sources)
    room = [held[source].available for source in sources]
    room[-1] = sum(wanted.values())
    legs = []
    for target, quantity in wanted.items():
        for n, part in enumerate(rewards.in_turn(room, quantity)):
            if part:
                room[n] -= part
                legs.append(Leg(sources[n], target, part))
    return legs


def _enough(holder: str, coins: int, *, at: datetime) -> list[Part]:
    kind, _slash, person = holder.partition("/")
    if kind == "resident" and debts.owed(person):
        raise InDebt
    parts = lots.first_to_expire(holder, coins, on=lots.day_of(at))
    if sum(part.coins for part in parts) < coins:
        raise Overdrawn(account=BOOK + holder)
    return parts


def _legs(holder: str, payee: Payee, coins: int, parts: Sequence[Part]) -> list[Leg]:
    """Return one leg for the coins, then one for the fen of each sponsor whose coins cost any, by name."""
    fen: dict[str, int] = {}
    for part in parts:
        fen[part.sponsor] = fen.get(part.sponsor, 0) + part.fen
    return [
        Leg(BOOK + holder, payee.coins, coins),
        *(Leg(f"fen:reserved/{name}", payee.fen, fen[name]) for name in sorted(fen) if fen[name]),
    ]


def _by_sponsor(uses: Sequence[LotUse], coins: Sequence[int]) -> dict[str, int]:
    """Return the fen behind ``coins`` of the uses, by each sponsor whose coins cost any, as ``_legs`` orders them."""
    fen = {use.lot.sponsor: 0 for use in uses if use.lot.unit_cost_fen}
    for use, part in zip(uses, coins, strict=True):
        if use.lot.unit_cost_fen:
            fen[use.lot.sponsor] += part * use.lot.unit_cost_fen
    return dict(sorted(fen.items()))
