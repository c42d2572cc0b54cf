"""Sponsors' funds: who pays for the coins, and with how much."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from greenpoints.models import Fund


def endow(*, sponsor: str, coins: int, fen: int, reference: str, valid_from: date, at: datetime) -> None:
    """Give a sponsor's fund ``coins`` to issue and ``fen`` to pay for them; the same reference again changes nothing.

    ``reference`` names the business fact, e.g. the order of the city's finance bureau. The money itself lies in the
    supervised bank account; the book mirrors it.
    """
    with transaction.atomic():
        chart.open_accounts([f"coin:issued/{sponsor}", f"fen:granted/{sponsor}"], nature=Nature.SOURCE)
        chart.open_accounts(
            [f"coin:fund/{sponsor}", f"fen:fund/{sponsor}", f"fen:reserved/{sponsor}"], nature=Nature.HOLDER
        )
        postings.post(
            reference=f"endowment/{sponsor}/{reference}",
            legs=[
                Leg(f"coin:issued/{sponsor}", f"coin:fund/{sponsor}", coins),
                Leg(f"fen:granted/{sponsor}", f"fen:fund/{sponsor}", fen),
            ],
            occurred_at=at,
        )
        Fund.objects.get_or_create(sponsor=sponsor, defaults={"valid_from": valid_from})


def sponsor_on(day: date) -> str:
    """Return who pays for the coins of ``day``: the latest fund in force, or an empty text where there is none."""
    in_force = Fund.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
    return in_force.order_by("-valid_from", "sponsor").values_list("sponsor", flat=True).first() or ""
