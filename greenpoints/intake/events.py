"""One event at a time: a batch of one row, so that it is kept, decided and credited like any other."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import json
from core.errors import RuleViolation
from greenpoints.intake import batches
from greenpoints.reasons import REASONS
from greenpoints.screening import rows as row_texts
from greenpoints.screening.checks import LOCAL


class EventNotReadable(RuleViolation):
    """The event does not keep to the contract; the reason says which part."""

    code = "event_not_readable"
    message = _("该事件不符合约定的格式。")
    status = 422


@dataclass(frozen=True, slots=True)
class EventView:
    """An event that was kept: its own id, the batch that it is, its civil day."""

    external_id: str
    batch: str
    business_on: date
    status: str


def receive(*, partner: str, event: Any, received_at: datetime) -> EventView:
    """Keep one event, as parsed from strict JSON; the same again changes nothing, another under its id is refused.

    Raises EventNotReadable, BatchContentDiffers, NotAPartner.
    """
    content = json.canonical(event) + b"\n"
    rows = row_texts.parse(content)
    if rows.bad:
        ((_line, _name, reason),) = rows.bad
        raise EventNotReadable(reason=reason, zh=REASONS[reason].zh, en=REASONS[reason].en)
    external_id = str(rows.external_id[0])
    on = datetime.fromtimestamp(int(rows.started_us[0]) // 1_000_000, LOCAL).date()
    kept = batches.receive(
        partner=partner, batch=batch_code(external_id), business_on=on, content=content, received_at=received_at
    )
    return EventView(external_id, kept.code, on, kept.status)


def batch_code(external_id: str) -> str:
    """Return the code of the batch that an event by itself is; an event's id may be longer than a batch's."""
    return "event-" + blake2b(external_id.encode(), digest_size=16).hexdigest()
