"""What intake is told beforehand: the channel of a vehicle in a month, and which partner operates which act itself."""

from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from greenpoints.models import OwnAct, VehicleChannel
from greenpoints.quantification.acts import ACTS
from identity import queries as identity_queries

CHANNELS = {"driving": VehicleChannel.Channel.DRIVING, "charging": VehicleChannel.Channel.CHARGING}


class VehicleOnOtherChannel(RuleViolation):
    """The vehicle is on another channel this month; it changes with the month."""

    code = "vehicle_on_other_channel"
    message = _("该车辆本月已按另一方式登记，次月方可更改。")


class ActUnknown(RuleViolation):
    """The catalogue has no such act."""

    code = "act_unknown"
    message = _("行为代码不在目录中。")
    status = 404


def enrol_vehicle(asset_ref: str, *, month: date, channel: str, at: datetime) -> None:
    """Enrol a vehicle for a calendar month as "driving" or "charging"; again: nothing, otherwise VehicleOnOtherChannel.

    It counts for events that are decided from then on.
    """
    row, _made = VehicleChannel.objects.get_or_create(
        asset_ref=asset_ref,
        month=month.replace(day=1),
        defaults={"channel": CHANNELS[channel], "enrolled_at": at},
    )
    if row.channel != CHANNELS[channel]:
        raise VehicleOnOtherChannel(vehicle=asset_ref, month=row.month.isoformat())


def declare_operator(*, partner: str, act: str, by: str, at: datetime) -> None:
    """Let the partner's own records of the act go before those of others; again: nothing. ActUnknown."""
    identity_queries.organisation(partner)
    if act not in ACTS:
        raise ActUnknown(act=act[:80])
    _row, made = OwnAct.objects.get_or_create(partner=partner, act=act)
    if made:
        events.record(
            "greenpoints.operator_declared", subject=f"operator/{partner}/{act}", occurred_at=at, detail={"by": by}
        )
