"""Coins on a given day, through the public writer; what must hold in the book afterwards."""

from datetime import date, datetime, timedelta

from core.invariants import registered
from greenpoints.models import Lot
from greenpoints.points import grants
from greenpoints.screening.checks import LOCAL

CODES = iter(f"grant-{n}" for n in range(100_000))


def noon(day):
    """Return noon of a civil day in Fuzhou."""
    return datetime.combine(day, datetime.min.time(), LOCAL) + timedelta(hours=12)


def give(person, coins, *, on, sponsor="city"):
    """Have a sponsor give coins on a day, proposed and approved by two people."""
    code = next(CODES)
    grants.propose(code=code, person=person, sponsor=sponsor, coins=coins, reason="test", by="ann", at=noon(on))
    grants.approve(code, by="bob", at=noon(on))


def left(holder):
    """Return the coins of a holder by their last day, spent lots left out."""
    rows = Lot.objects.filter(holder=holder, coins__gt=0).order_by("expires_on")
    return {str(day): coins for day, coins in rows.values_list("expires_on", "coins")}


def broken(*codes):
    """Return what is wrong with the book, by these invariants; else all but the log's and the queue's."""
    chosen = [one for one in registered() if (one.code in codes if codes else one.code not in {"I8", "I16"})]
    return [(one.code, *found) for one in chosen for found in one.check() if hasattr(found, "what")]


def months_before(day, months):
    """Return the first of the month so many months before."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)
