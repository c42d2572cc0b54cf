"""Which events count, and how much of each: exclusion and limits between events. Columns in, columns out.

Events that are not known yet can change the answer; the order in which they became known cannot. The first check that
an event fails, in the order of ``reasons.PRECEDENCE``, is its reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from greenpoints.screening import caps, exclusion
from greenpoints.screening.candidates import COUNTS, REASON, Candidates, Ints, limit_table
from greenpoints.screening.exclusion import DAY_US, SECOND_US, Reasons, mark

LOCAL = timezone(timedelta(hours=8))  # Asia/Shanghai, which has no summer time


@dataclass(frozen=True, slots=True)
class Screened:
    """Per event, shape (n,): the number of its reason in PRECEDENCE, and the quantity that counts."""

    reason: Reasons
    quantity: Ints


def screen(events: Candidates, *, limits: Sequence[Mapping[str, int]]) -> Screened:
    """Answer every event. ``limits``: those in force on each of the days that ``events.day`` counts into.

    All events of the residents' days must be there, and all of the vehicles, meters and months concerned.
    """
    reason = np.full(len(events), COUNTS, np.int8)
    amount = events.quantity.copy()
    if not len(events):
        return Screened(reason, amount)
    _check_assets(events, reason, amount, limits=limits)
    caps.check_records(
        events, reason, owner=events.person, key=caps.RESIDENT_RECORDS, code="resident_day_count", limits=limits
    )
    exclusion.check_same_event(events, reason)
    exclusion.check_rides(events, reason)
    _take_off_steps(events, reason, amount)
    exclusion.check_weighed(events, reason)
    least = limit_table("least", limits, missing=0)[events.day, events.act]
    reason[caps.in_play(reason) & (amount < least)] = REASON["below_least"]
    for cap in caps.PERSON_CAPS:
        caps.apply(cap, events, reason, amount, limits=limits)
    amount[~caps.in_play(reason)] = 0
    return Screened(reason, amount)


def day_bounds_us(day: date) -> tuple[int, int]:
    """Return the first microsecond of the civil day in Fuzhou and that of the next."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC).timestamp()) * SECOND_US
    return start, start + DAY_US


def _check_assets(events: Candidates, reason: Reasons, amount: Ints, *, limits: Sequence[Mapping[str, int]]) -> None:
    """What a vehicle, meter or device may give does not depend on whose day it is; so it goes before all else."""
    caps.check_records(
        events, reason, owner=events.asset, key=caps.ASSET_RECORDS, code="asset_day_records", limits=limits
    )
    exclusion.check_vehicles(events, reason)
    exclusion.check_meters(events, reason)
    for cap in caps.ASSET_CAPS:
        caps.apply(cap, events, reason, amount, limits=limits)


def _take_off_steps(events: Candidates, reason: Reasons, amount: Ints) -> None:
    removed = exclusion.steps_in_rides(events, reason)
    amount -= removed
    mark(reason, (removed > 0) & (amount == 0), "steps_in_ride")
    mark(reason, removed > 0, "partly_in_ride")
