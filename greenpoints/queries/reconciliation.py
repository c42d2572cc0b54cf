"""A partner's day, counted on both sides: how many events, what they add up to, which ids only one side has."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db import connection
from django.db.models import Count, Sum

from greenpoints.models import Behaviour

MOST_NAMED = 1_000  # ids named of each kind; the counts are exact
_IDS = {
    "postgresql": 'SELECT external_id FROM greenpoints_behaviour WHERE {which} ORDER BY external_id COLLATE "C"',
    "sqlite": "SELECT external_id FROM greenpoints_behaviour WHERE {which} ORDER BY external_id",
}
_WHICH = "partner = %s AND business_on = %s AND status <> 'rejected' AND reason <> 'same_event_id'"


@dataclass(frozen=True, slots=True)
class ActSum:
    """The events of one act: how many, in what quantity as reported and as counted, how much was posted."""

    act: str
    events: int
    quantity: int
    counted_quantity: int
    posted_mg: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A day of a partner as the platform has it, beside the ids that the partner says it sent.

    ``digest``: SHA-256 of the ids in the order of their bytes, a line feed after each. ``not_received``: ids of the
    partner that are no event here; ``not_listed``: events here that the partner does not list. Both are cut off at
    MOST_NAMED; ``not_received_count`` and ``not_listed_count`` are not.
    """

    business_on: date
    events: int
    digest: str
    acts: list[ActSum]
    agreed: bool
    not_received: list[str]
    not_received_count: int
    not_listed: list[str]
    not_listed_count: int


def reconcile(partner: str, *, on: date, digest: str = "", external_ids: Collection[str] = ()) -> Reconciliation:
    """Compare a day by the digest of its ids, and by the ids themselves where they are given."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS[connection.vendor].format(which=_WHICH), [partner, on])
        ours = [name for (name,) in cursor.fetchall()]
    told = ids_digest(ours)
    not_received = sorted(set(external_ids) - set(ours)) if external_ids else []
    not_listed = sorted(set(ours) - set(external_ids)) if external_ids else []
    same = not (not_received or not_listed) if external_ids else digest == told
    return Reconciliation(
        business_on=on,
        events=len(ours),
        digest=told,
        acts=_acts(partner, on),
        agreed=same and digest in ("", told),
        not_received=not_received[:MOST_NAMED],
        not_received_count=len(not_received),
        not_listed=not_listed[:MOST_NAMED],
        not_listed_count=len(not_listed),
    )


def ids_digest(external_ids: list[str]) -> str:
    """Return the digest of ids that stand in the order of their bytes."""
    return sha256("".join(f"{name}\n" for name in external_ids).encode()).hexdigest()


def _acts(partner: str, on: date) -> list[ActSum]:
    rows = Behaviour.objects.filter(partner=partner, business_on=on).exclude(status="rejected")
    sums = rows.exclude(reason="same_event_id").values_list("act").annotate(
        n=Count("id"), quantity=Sum("quantity"), counted=Sum("counted_quantity"), mg=Sum("posted_mg")
    )  # fmt: skip
    return [
        ActSum(act, n, int(quantity), int(counted), int(mg)) for act, n, quantity, counted, mg in sums.order_by("act")
    ]
