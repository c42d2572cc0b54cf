"""Exclusion groups: of several records of one ride, one act, one vehicle, one meter, only one counts.

Each check reads the events that still count and marks those that give way. ``reason`` has shape (n,) and is changed.
"""

import numpy as np
from numpy.typing import NDArray

from greenpoints.quantification.acts import RIDE_PRIORITY, WEIGHED
from greenpoints.screening import places
from greenpoints.screening.candidates import (
    ACT_CODES,
    CHARGING,
    COUNTS,
    DRIVING,
    NOBODY,
    REASON,
    Candidates,
    Ints,
    Mask,
    per_act,
)
from greenpoints.screening.conflicts import giving_way, overlapping_pairs

Reasons = NDArray[np.int8]
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
LOCAL_OFFSET_US = 8 * 3_600 * SECOND_US  # Asia/Shanghai, which has no summer time
SAME_EVENT_WITHIN_US = 300 * SECOND_US  # G6: the start agrees within five minutes
WALKING, DROP_OFF = "M01", "W01"
CHANNELS = {"M09": DRIVING, "M10": CHARGING}
NOT_DRIVING = ("M13", "M14")
METER_PRIORITY = ("H01", "H02", "H03")  # exclusion group G3: per-capita baseline before own history


def mark(reason: Reasons, mask: Mask, code: str) -> None:
    """Give the events under ``mask`` that still count this reason."""
    reason[mask & (reason == COUNTS)] = REASON[code]


def check_vehicles(events: Candidates, reason: Reasons) -> None:
    """G1: a vehicle counts on the one channel of its month; a day it drove or charged is no day without driving."""
    used = np.zeros(len(events), bool)
    for act, channel in CHANNELS.items():
        of_act = events.is_one_of((act,)) & (reason == COUNTS)
        used |= of_act
        mark(reason, of_act & (events.channel == 0), "vehicle_not_enrolled")
        mark(reason, of_act & (events.channel != channel), "other_channel")
    still = events.is_one_of(NOT_DRIVING) & (events.asset != NOBODY)
    if still.any():
        days = int(events.day.max()) + 1
        vehicle_day = events.asset * days + events.day
        mark(reason, still & np.isin(vehicle_day, vehicle_day[used & (events.asset != NOBODY)]), "vehicle_driven")


def check_meters(events: Candidates, reason: Reasons) -> None:
    """G3: one record a meter and period; of two that overlap the earlier in METER_PRIORITY counts."""
    chosen = np.flatnonzero(events.is_one_of(METER_PRIORITY) & (events.asset != NOBODY) & (reason == COUNTS))
    # Periods follow each other without a gap: one ends where the next begins.
    _first_counts(events, reason, chosen, group=events.asset, ended_us=events.ended_us - 1,
                  first=(_priority(events, METER_PRIORITY),), code="overlapping_meter_period")  # fmt: skip


def check_same_event(events: Candidates, reason: Reasons) -> None:
    """G6: one act at one place within five minutes is one event; the record of the operator itself counts."""
    one_place = per_act(lambda act: act.one_place, bool)[events.act]
    chosen = np.flatnonzero(one_place & (events.place != "") & (reason == COUNTS))
    kind = (person_day(events) * len(ACT_CODES) + events.act) * (int(events.material.max(initial=0)) + 1)
    group = (kind + events.material)[chosen]
    start = events.started_us[chosen]
    one, other = overlapping_pairs(group, start, start, gap=SAME_EVENT_WITHIN_US)
    near = places.near(events.place[chosen], one, other)
    out = giving_way(one[near], other[near], rank=events.rank(~events.own)[chosen])
    reason[chosen[out]] = REASON["same_event_other_id"]


def check_rides(events: Candidates, reason: Reasons) -> None:
    """G2: one ride a minute; RIDE_PRIORITY comes first (tapped in and out before tapped in only), then the earlier."""
    rides = events.is_one_of(RIDE_PRIORITY)
    mark(reason, rides & _within_ride_of_the_day_before(events, rides), "overlapping_ride")
    chosen = np.flatnonzero(rides & (reason == COUNTS))
    first = (_priority(events, RIDE_PRIORITY), ~events.own)
    _first_counts(events, reason, chosen, group=person_day(events), ended_us=events.ended_us, first=first,
                  code="overlapping_ride")  # fmt: skip


def steps_in_rides(events: Candidates, reason: Reasons) -> Ints:
    """Return how many steps of each walk fall into rides of the person, rounded up, shape (n,); G2.

    Steps are taken to be spread evenly over the interval that the record states.
    """
    removed = np.zeros(len(events), np.int64)
    walks = events.is_one_of((WALKING,)) & (reason == COUNTS)
    whose = person_day(events)
    rides = events.is_one_of(RIDE_PRIORITY) & (reason == COUNTS) & np.isin(whose, whose[walks])
    chosen = np.flatnonzero(walks | rides)
    one, other = overlapping_pairs(whose[chosen], events.started_us[chosen], events.ended_us[chosen])
    one, other = chosen[one], chosen[other]
    mixed = walks[one] != walks[other]
    walk, ride = np.where(walks[one], one, other)[mixed], np.where(walks[one], other, one)[mixed]
    shared_us = np.minimum(events.ended_us[walk], events.ended_us[ride]) - np.maximum(
        events.started_us[walk], events.started_us[ride]
    )
    shared_s = np.zeros(len(events), np.int64)
    np.add.at(shared_s, walk, -(-shared_us // SECOND_US))
    length_s = np.maximum((events.ended_us - events.started_us) // SECOND_US, 1)
    ridden = shared_s > 0
    part = -(-events.quantity[ridden] * shared_s[ridden] // length_s[ridden])
    removed[ridden] = np.minimum(part, events.quantity[ridden])
    return removed


def check_weighed(events: Candidates, reason: Reasons) -> None:
    """G5: a weighed record of the day replaces the unweighed drop-off."""
    whose = person_day(events)
    weighed = events.is_one_of(WEIGHED) & (reason == COUNTS)
    mark(reason, events.is_one_of((DROP_OFF,)) & np.isin(whose, whose[weighed]), "weighed_instead")


def person_day(events: Candidates) -> Ints:
    """Return a number for each resident's day."""
    return events.person * (int(events.day.max(initial=0)) + 1) + events.day


def local_day(at_us: Ints) -> Ints:
    """Return the civil day in Fuzhou, counted from 1970-01-01."""
    return (at_us + LOCAL_OFFSET_US) // DAY_US


def crosses_midnight(started_us: Ints, ended_us: Ints) -> Mask:
    """Tell which events reach into the day after the one they started on."""
    return local_day(ended_us) > local_day(started_us)


def _within_ride_of_the_day_before(events: Candidates, rides: Mask) -> Mask:
    """A ride that a ride of the day before reaches into gives way, whether or not that one counts in the end.

    So that one day's answers depend on the events of the day before, never on their answers.
    """
    late = rides & crosses_midnight(events.started_us, events.ended_us)
    out = np.zeros(len(events), bool)
    if late.any():
        chosen = np.flatnonzero(rides & np.isin(events.person, events.person[late]))
        one, other = overlapping_pairs(events.person[chosen], events.started_us[chosen], events.ended_us[chosen])
        one, other = chosen[one], chosen[other]
        first, second = local_day(events.started_us[one]), local_day(events.started_us[other])
        out[other[first < second]] = True
        out[one[second < first]] = True
    return out


def _first_counts(
    events: Candidates, reason: Reasons, chosen: Ints, *, group: Ints, ended_us: Ints, first: tuple[NDArray, ...],
    code: str,
) -> None:  # fmt: skip
    """Mark those of ``chosen`` that overlap, within their group, one that comes before them."""
    one, other = overlapping_pairs(group[chosen], events.started_us[chosen], ended_us[chosen])
    out = giving_way(one, other, rank=events.rank(*first)[chosen])
    reason[chosen[out]] = REASON[code]


def _priority(events: Candidates, acts: tuple[str, ...]) -> Ints:
    """Return the place of each event's act in ``acts``; beyond the last where it is not among them."""
    place = {code: n for n, code in enumerate(acts)}
    return per_act(lambda act: place.get(act.code, len(acts)), np.int64)[events.act]
