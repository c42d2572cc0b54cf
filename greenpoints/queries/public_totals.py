"""The public totals; nothing about a person."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from greenpoints.models import Behaviour, Bonus, Grant, GrantStatus, Issue, IssueStatus, Redemption, Reversal
from greenpoints.reasons import ACCEPTED


@dataclass(frozen=True, slots=True)
class Totals:
    """Public totals since the beginning."""

    behaviours: int
    accepted: int
    residents: int
    posted_mg: int
    coins_issued: int
    coins_redeemed: int


def totals() -> Totals:
    """Return the public totals; nothing about a person."""
    rows = Behaviour.objects.aggregate(
        n=Count("id"),
        accepted=Count("id", filter=Q(status__in=ACCEPTED)),
        residents=Count("person_ref", distinct=True, filter=Q(status__in=ACCEPTED)),
        mg=Coalesce(Sum("posted_mg"), 0),
    )
    issued = Issue.objects.filter(status=IssueStatus.ISSUED).aggregate(n=Coalesce(Sum("coins"), 0))["n"]
    issued += Bonus.objects.aggregate(n=Coalesce(Sum("coins"), 0))["n"]
    issued += Grant.objects.filter(status=GrantStatus.PAID).aggregate(n=Coalesce(Sum("coins"), 0))["n"]
    redeemed = Redemption.objects.aggregate(n=Coalesce(Sum(F("confirmed_coins") - F("refunded_coins")), 0))["n"]
    taken_back = Reversal.objects.aggregate(n=Coalesce(Sum("reversed_mg"), 0))["n"]
    return Totals(
        behaviours=rows["n"],
        accepted=rows["accepted"],
        residents=rows["residents"],
        posted_mg=int(rows["mg"]) - int(taken_back),
        coins_issued=int(issued),
        coins_redeemed=int(redeemed),
    )
