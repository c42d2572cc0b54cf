"""What the operators of 绿宝 look after: funds, campaigns, grants, deliveries of partners."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bookkeeping import queries as book
from bookkeeping.refusals import AccountMissing
from greenpoints.models import Batch, Campaign, CampaignDay, Fund, Grant

_CAMPAIGN = (
    "code", "title_zh", "title_en", "sponsor", "numerator", "denominator", "acts", "regions", "declared_days",
    "valid_from", "valid_to", "person_cap", "budget_coins", "paid_coins", "status", "proposed_by", "approved_by",
)  # fmt: skip
_GRANT = (
    "code", "person_ref", "sponsor", "coins", "reason", "status", "proposed_by", "proposed_at", "decided_by",
    "decided_at",
)  # fmt: skip
_BATCH = ("partner", "code", "business_on", "status", "rows", "accepted", "posted_mg", "received_at", "credited_at")


@dataclass(frozen=True, slots=True)
class FundState:
    """A sponsor's fund as the book has it: coins and money left to issue, money reserved for coins that are out."""

    sponsor: str
    valid_from: date
    valid_to: date | None
    coins: int
    fen: int
    reserved_fen: int


def funds() -> list[FundState]:
    """Return every fund, by sponsor."""
    return [
        FundState(
            row.sponsor,
            row.valid_from,
            row.valid_to,
            _held(f"coin:fund/{row.sponsor}"),
            _held(f"fen:fund/{row.sponsor}"),
            _held(f"fen:reserved/{row.sponsor}"),
        )
        for row in Fund.objects.order_by("sponsor")
    ]


def campaigns() -> list[dict[str, Any]]:
    """Return every campaign, the newest first, with the days declared for it."""
    days: dict[str, list[date]] = {}
    for code, day in CampaignDay.objects.order_by("day").values_list("campaign__code", "day"):
        days.setdefault(code, []).append(day)
    rows = Campaign.objects.order_by("-proposed_at", "code").values(*_CAMPAIGN)
    return [row | {"days": days.get(row["code"], [])} for row in rows]


def grants(*, limit: int = 100) -> list[dict[str, Any]]:
    """Return the grants, those that wait for a decision first, then the newest."""
    waiting = list(Grant.objects.filter(status="proposed").order_by("proposed_at").values(*_GRANT)[:limit])
    decided = Grant.objects.exclude(status="proposed").order_by("-decided_at").values(*_GRANT)
    return [*waiting, *decided[: limit - len(waiting)]]


def deliveries(*, before: datetime | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Return the batches received before an instant (or until now), the newest first."""
    rows = Batch.objects.order_by("-received_at", "-pk")
    if before is not None:
        rows = rows.filter(received_at__lt=before)
    return list(rows.values(*_BATCH)[:limit])


def _held(account: str) -> int:
    try:
        return book.balance(account).available
    except AccountMissing:
        return 0
