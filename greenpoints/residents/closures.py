"""A resident leaves: time to use what is left, then coins end and nothing leads to the person any more.

The book and the sums of what was saved stay, under a reference that means nobody.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints import rewards
from greenpoints.models import Behaviour, CircleMember, Closure, Goal, Lot
from greenpoints.points import expiry
from identity import erasure
from identity import queries as identity_queries

# What partners sent beside the act itself and that could lead back to the person.
_TRACES = {"device": "", "place": "", "asset_ref": "", "counterpart_ref": "", "evidence_ref": ""}


class ClosureMissing(RuleViolation):
    """Nobody asked to close this account, or it is closed already."""

    code = "closure_missing"
    message = _("没有待办的注销申请。")
    status = 404


class WardsLeft(RuleViolation):
    """A guardian closes their own account after those of the children, or another guardian takes over."""

    code = "closure_wards_left"
    message = _("您是未成年人的监护人。请先注销其账户，或更换监护人。")


def ask(person: str, *, today: date, at: datetime) -> date:
    """Write down that a person wants to leave; return the last day on which they may think again.

    Asking again changes nothing. Raises PersonMissing, WardsLeft.
    """
    with transaction.atomic():
        if identity_queries.person(person).wards:
            raise WardsLeft(person=person)
        ends_on = today + timedelta(days=rewards.closing_days(today))
        row, made = Closure.objects.get_or_create(person_ref=person, defaults={"asked_at": at, "ends_on": ends_on})
        if made:
            events.record("greenpoints.closure_asked", subject=person, occurred_at=at, detail={"ends_on": str(ends_on)})
    return row.ends_on


def ends_on(person: str) -> date | None:
    """Return the last day on which the person may think again; None where nothing was asked for."""
    return Closure.objects.filter(person_ref=person, ended_at=None).values_list("ends_on", flat=True).first()


def take_back(person: str, *, at: datetime) -> None:
    """Forget the wish to leave, as long as the account is open. Raises ClosureMissing."""
    with transaction.atomic():
        if not Closure.objects.filter(person_ref=person, ended_at=None).delete()[0]:
            raise ClosureMissing(person=person)
        events.record("greenpoints.closure_taken_back", subject=person, occurred_at=at, detail={})


def carry_out(*, today: date, at: datetime) -> int:
    """Close every account whose time is over; return how many. Each is a transaction of its own, and safe to repeat.

    An account with coins set aside for an order waits for the order.
    """
    due = Closure.objects.filter(ended_at=None, ends_on__lt=today).order_by("ends_on", "person_ref")
    return sum(_close(person, today=today, at=at) for person in due.values_list("person_ref", flat=True))


@transaction.atomic
def _close(person: str, *, today: date, at: datetime) -> bool:
    row = Closure.objects.select_for_update().filter(person_ref=person, ended_at=None).first()
    holder = f"resident/{person}"
    if row is None or Lot.objects.filter(holder=holder, held_coins__gt=0).exists():
        return False
    ended = expiry.end_holder(holder, at=at)
    CircleMember.objects.filter(person_ref=person, left_on=None).update(left_on=today)
    Goal.objects.filter(person_ref=person).delete()
    Behaviour.objects.filter(person_ref=person).update(**_TRACES)
    erasure.erase(person, at=at)
    row.ended_at, row.ended_coins = at, ended.coins
    row.save(update_fields=["ended_at", "ended_coins"])
    events.record("greenpoints.account_closed", subject=person, occurred_at=at, detail={"coins": ended.coins})
    return True
