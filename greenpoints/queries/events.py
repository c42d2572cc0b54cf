"""One event of a partner: how it ended, what it came to, and every change of that."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from greenpoints.models import Behaviour
from greenpoints.reasons import REASONS


class EventMissing(RuleViolation):
    """The partner has no event of this id, or it waits to be decided."""

    code = "behaviour_missing"
    message = _("找不到该事件，或尚未处理。")
    status = 404


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the answer, by a batch that came later."""

    batch: str
    reason_before: str
    reason: str
    posted_mg_before: int
    posted_mg: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event as answered now."""

    external_id: str
    act: str
    business_on: date
    status: str
    reason: str
    zh: str
    en: str
    quantity: int
    counted_quantity: int
    gross_mg: int
    net_mg: int
    posted_mg: int
    coins: int
    factor: str
    changes: list[Change]


def event(external_id: str, *, partner: str) -> Event:
    """Return the event; of several rows under its id the one that is the event. EventMissing where there is none."""
    rows = Behaviour.objects.filter(partner=partner, external_id=external_id)
    row = rows.exclude(status="rejected").exclude(reason="same_event_id").first() or rows.order_by("-id").first()
    if row is None:
        raise EventMissing(external_id=external_id)
    changes = row.corrections.select_related("run").order_by("revision")
    return Event(
        external_id=row.external_id,
        act=row.act,
        business_on=row.business_on,
        status=row.status,
        reason=row.reason,
        zh=REASONS[row.reason].zh,
        en=REASONS[row.reason].en,
        quantity=row.quantity,
        counted_quantity=row.counted_quantity,
        gross_mg=row.gross_mg,
        net_mg=row.net_mg,
        posted_mg=row.posted_mg,
        coins=row.flat_coins,
        factor=row.factor,
        changes=[
            Change(one.run.code, one.reason_before, one.reason, one.posted_mg_before, one.posted_mg) for one in changes
        ],
    )
