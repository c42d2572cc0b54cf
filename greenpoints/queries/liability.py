"""What sponsors still owe for coins that are out, and how many of them are expected to expire. A report, no posting."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from greenpoints import rewards
from greenpoints.models import Lot, LotUse

ENOUGH_COINS = 10_000  # ended one way or the other, before the book's own share of breakage is believed


@dataclass(frozen=True, slots=True)
class MonthOut:
    """The coins of a sponsor whose last day lies in a month (its first day is ``month``)."""

    month: date
    coins: int
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Liability:
    """One sponsor: coins out, what was set aside for them, and what is expected to be paid.

    ``breakage_share`` (0 to 1) is observed where enough coins have ended, else the one of the rules, which ``observed``
    tells. ``months``: what ends when, earliest first.
    """

    sponsor: str
    coins: int
    cost_fen: int
    breakage_share: Decimal
    observed: bool
    liability_fen: int
    months: list[MonthOut]


def liabilities(*, on: date) -> list[Liability]:
    """Return the liability of each sponsor on a day, by code; sponsors without coins out are left out."""
    ended = _ended()
    assumed = rewards.lot_rules(on).breakage_share
    found: dict[str, dict[date, list[int]]] = {}
    rows = Lot.objects.filter(coins__gt=0).values_list("sponsor", "expires_on")
    for sponsor, day, coins, fen in rows.annotate(n=Sum("coins"), fen=Sum(F("coins") * F("unit_cost_fen"))).order_by(
        "sponsor", "expires_on"
    ):
        month = found.setdefault(sponsor, {}).setdefault(day.replace(day=1), [0, 0])
        month[0] += int(coins)
        month[1] += int(fen)
    told = []
    for sponsor, months in found.items():
        expired, spent = ended.get(sponsor, (0, 0))
        observed = expired + spent >= ENOUGH_COINS
        share = (Decimal(expired) / (expired + spent)).quantize(Decimal("0.0001")) if observed else assumed
        cost_fen = sum(fen for _coins, fen in months.values())
        told.append(
            Liability(
                sponsor=sponsor,
                coins=sum(coins for coins, _fen in months.values()),
                cost_fen=cost_fen,
                breakage_share=share,
                observed=observed,
                liability_fen=rewards.liability_fen(cost_fen, breakage_share=share),
                months=[MonthOut(month, *sums) for month, sums in months.items()],
            )
        )
    return told


def _ended() -> dict[str, tuple[int, int]]:
    """Return the coins that expired and those that were spent for good, by sponsor."""
    expired = dict(Lot.objects.values_list("sponsor").annotate(n=Sum("expired_coins")).order_by("sponsor"))
    at_merchants = Case(
        When(Q(reference__startswith="redemption/"), then=F("spent_coins") - F("refunded_coins")), default=Value(0)
    )
    spent = dict(
        LotUse.objects.values_list("lot__sponsor").annotate(n=Coalesce(Sum(at_merchants), 0)).order_by("lot__sponsor")
    )
    return {sponsor: (int(n), int(spent.get(sponsor, 0))) for sponsor, n in expired.items()}
