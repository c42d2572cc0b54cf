"""Everything that 绿宝 keeps about a resident, for the resident: readable by machines, complete, oldest first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Max

from greenpoints.models import Behaviour, Redemption

_BEHAVIOUR = (
    "partner", "external_id", "act", "material", "business_on", "started_us", "ended_us", "quantity",
    "counted_quantity", "unit", "evidence", "place", "device", "status", "reason", "posted_mg", "flat_coins", "factor",
)  # fmt: skip
_REDEMPTION = ("merchant", "order", "coins", "confirmed_coins", "status", "held_at", "resolved_at")


def behaviours(person: str) -> Iterator[dict[str, Any]]:
    """Yield every row that partners sent about the person, with what became of it."""
    rows = Behaviour.objects.filter(person_ref=person).order_by("id").values(*_BEHAVIOUR)
    for row in rows.iterator():
        started, ended = row.pop("started_us"), row.pop("ended_us")
        yield row | {"started_at": _instant(started), "ended_at": _instant(ended)}


def redemptions(person: str) -> Iterator[dict[str, Any]]:
    """Yield every redemption of the person."""
    yield from Redemption.objects.filter(person_ref=person).order_by("id").values(*_REDEMPTION).iterator()


def sources_seen(person: str) -> dict[str, tuple[int, datetime]]:
    """Return, by act, how many rows came and when the latest act ended."""
    rows = Behaviour.objects.filter(person_ref=person).values_list("act").annotate(n=Count("id"), last=Max("ended_us"))
    return {act: (n, datetime.fromtimestamp(last // 1_000_000, UTC)) for act, n, last in rows}


def _instant(us: int) -> str:
    return datetime.fromtimestamp(us // 1_000_000, UTC).isoformat() if us else ""
