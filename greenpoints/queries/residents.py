"""A resident's day and what they have."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Max, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from bookkeeping import queries as book
from bookkeeping.refusals import AccountMissing
from greenpoints.models import Behaviour, Carry, Lot
from greenpoints.quantification.acts import ACTS
from greenpoints.reasons import REASONS
from greenpoints.screening.checks import LOCAL


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


def ending(person: str, *, on: date) -> list[tuple[date, int]]:
    """Return, by the last day on which they can be used, the coins a resident holds and has not set aside.

    Lots whose day is over and which the nightly run has not ended yet are left out.
    """
    lots = Lot.objects.filter(holder=f"resident/{person}", expires_on__gte=on, coins__gt=F("held_coins"))
    days = lots.values_list("expires_on").annotate(left=Sum(F("coins") - F("held_coins"))).order_by("expires_on")
    return [(day, int(left)) for day, left in days]


def last_day(person: str) -> date | None:
    """Return the latest day with an act of the resident; None for somebody unknown."""
    return Behaviour.objects.filter(person_ref=person).aggregate(day=Max("business_on"))["day"]


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
