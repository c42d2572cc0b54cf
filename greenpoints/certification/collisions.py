"""Who else may claim the same saving, act by act, and what must be shown before a gram may become a unit.

An act that is not listed here is not tradable. Rows of the table of double counting: see docs/registry.md.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

RIDE, CHARGE_SESSION, METER_HOUR, METER_DAY = "ride", "charge_session", "meter_hour", "meter_day"
VEHICLE_DAY, DEVICE_DAY, ORDER, WEIGHING, PARCEL_SERVICE = "vehicle_day", "device_day", "order", "weighing", "parcel"
KINDS = (
    RIDE,
    CHARGE_SESSION,
    METER_HOUR,
    METER_DAY,
    VEHICLE_DAY,
    DEVICE_DAY,
    ORDER,
    WEIGHING,
    PARCEL_SERVICE,
)  # fmt: skip
NO_CERTIFICATE, OPERATOR_WAIVER, HOUSEHOLD_METER = "no_certificate", "operator_waiver", "household_meter"
PARTNER_WARRANTY, ETS_BOUNDARY = "partner_warranty", "ets_boundary"
OURS = "lvbao"
HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """What an act can collide with.

    ``claim``: the kind of its claim; ``of_asset``: the claim is on the meter, vehicle or device (``asset_ref``) and not
    on the operator's own record; ``needs``: what must be attested of the asset; ``needs_of_partner``: of the partner.
    """

    claim: str
    of_asset: bool = False
    needs: tuple[str, ...] = ()
    needs_of_partner: tuple[str, ...] = ()


_RIDE = Rule(RIDE, needs_of_partner=(PARTNER_WARRANTY,))
_METER = Rule(METER_DAY, of_asset=True, needs=(HOUSEHOLD_METER,))
_WEIGHED = Rule(WEIGHING)
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(("M02", "M04", "M05", "M06", "M07", "M11", "M12"), _RIDE),
        "M09": Rule(VEHICLE_DAY, of_asset=True),
        "M10": Rule(CHARGE_SESSION, needs_of_partner=(OPERATOR_WAIVER,)),
        **dict.fromkeys(("H01", "H03", "H04"), _METER),
        "H06": Rule(METER_HOUR, of_asset=True, needs=(NO_CERTIFICATE, HOUSEHOLD_METER)),
        "H08": Rule(DEVICE_DAY, of_asset=True),
        **dict.fromkeys(("W02", "W03", "W04", "W05", "W06"), _WEIGHED),
        "W10": Rule(ORDER),
        "C03": Rule(ORDER),
    }
)
TRADABLE = frozenset(RULES)


@dataclass(frozen=True, slots=True)
class Event:
    """What of a behaviour a claim depends on; ``*_us`` are microseconds since 1970 UTC."""

    act: str
    partner: str
    external_id: str
    asset_ref: str
    started_us: int
    ended_us: int
    business_on: str


def claims(event: Event, *, salt: bytes) -> Iterator[tuple[str, str, str]]:
    """Yield kind, key and period of everything that the event claims; nothing where its asset is not named.

    Rides, sessions, orders and weighings are claimed under a salted hash of the operator's own number, which is the
    one thing that two programmes with the same ride both hold; meters, vehicles and devices under a hash of theirs.
    """
    rule = RULES[event.act]
    if rule.of_asset and not event.asset_ref:
        return
    named = event.asset_ref if rule.of_asset else f"{event.partner}/{event.external_id}"
    key = hashed(rule.claim, named, salt=salt)
    if rule.claim != METER_HOUR:
        yield rule.claim, key, event.business_on if rule.of_asset else ""
        return
    first, last = event.started_us // HOUR_US, max(event.started_us, event.ended_us - 1) // HOUR_US
    for hour in range(first, last + 1):
        began = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        yield rule.claim, key, began.strftime("%Y-%m-%dT%HZ")


def hashed(kind: str, named: str, *, salt: bytes) -> str:
    """Return the key of a claim: HMAC-SHA256 of its kind and what is claimed; other programmes can compute it too."""
    return hmac.new(salt, f"{kind}\n{named}".encode(), hashlib.sha256).hexdigest()
