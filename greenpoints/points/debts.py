"""Coins that residents owe after an act was taken back: bounded in the book, paid from what they earn next."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping import queries as book
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from bookkeeping.refusals import AccountMissing
from core.errors import RuleViolation
from greenpoints import bulk_rows
from greenpoints.models import Debt
from greenpoints.points import lots
from greenpoints.points.lots import BOOK

_DEBTORS = "SELECT person_ref FROM greenpoints_debt WHERE coins > 0 AND person_ref {among} ORDER BY person_ref"


class InDebt(RuleViolation):
    """The resident owes coins for an act that was taken back; they are paid first."""

    code = "coins_in_debt"
    message = _("因行为被撤销尚欠碳币，须先由之后所得抵还。")


def owed(person: str) -> int:
    """Return how many coins the resident owes."""
    return Debt.objects.filter(person_ref=person).aggregate(coins=Sum("coins"))["coins"] or 0


def legs_to_owe(person: str, sponsor: str, coins: int, *, limit: int) -> list[Leg]:
    """Return the leg that makes the resident owe ``coins``, or as many as the limit leaves."""
    account, claim = f"coin:debt/{person}", f"coin:receivable/{sponsor}"
    chart.open_accounts([claim], nature=Nature.HOLDER)
    try:
        room = limit + book.balance(account).posted
    except AccountMissing:
        chart.open_accounts([account], nature=Nature.HOLDER, floor=-limit)
        room = limit
    part = min(coins, max(room, 0))
    return [Leg(account, claim, part)] if part else []


def owe(person: str, sponsor: str, coins: int) -> None:
    """Write down what the caller has posted."""
    row, _made = Debt.objects.get_or_create(person_ref=person, sponsor=sponsor, defaults={"coins": 0})
    Debt.objects.filter(pk=row.pk).update(coins=F("coins") + coins)


def pay_off(people: Sequence[str], *, cause: str, at: datetime) -> None:
    """Pay what these residents owe from the coins they have; ``cause`` names what brought them coins.

    In the caller's transaction, which has posted and added the coins: the residents' accounts are locked by that.
    Few people owe anything, so each is a posting.
    """
    for (person,) in bulk_rows.select_among(_DEBTORS, people):
        _pay_off(person, cause=cause, at=at)


def _pay_off(person: str, *, cause: str, at: datetime) -> None:
    holder = f"resident/{person}"
    debts = list(Debt.objects.select_for_update().filter(person_ref=person, coins__gt=0).order_by("sponsor"))
    # Coins whose day is over pay too: nobody could spend them otherwise.
    parts = lots.first_to_expire(holder, sum(debt.coins for debt in debts), on=date.min)
    paid = sum(part.coins for part in parts)
    if not paid:
        return
    legs = [Leg(BOOK + holder, f"coin:debt/{person}", paid)]
    left = paid
    for debt in debts:
        part = min(debt.coins, left)
        if part:
            legs.append(Leg(f"coin:receivable/{debt.sponsor}", f"coin:fund/{debt.sponsor}", part))
            debt.coins, left = debt.coins - part, left - part
            debt.save(update_fields=["coins"])
    legs += lots.fen_to_funds(parts)
    reference = f"repayment/{person}/{cause}"
    postings.post(reference=reference, legs=legs, occurred_at=at)
    lots.take(reference, parts)
