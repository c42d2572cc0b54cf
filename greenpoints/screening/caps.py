"""How much of an event counts: limits of a day and a month, of a resident and of a vehicle, meter or device.

A limit is used up in the order of the events' starts, so that it does not matter when they were reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from greenpoints.screening.candidates import (
    ACT_CODES,
    COUNTS,
    NOBODY,
    REASON,
    Candidates,
    Ints,
    Mask,
    limit_table,
    per_act,
)
from greenpoints.screening.conflicts import group_numbers, running_total
from greenpoints.screening.exclusion import Reasons

UNLIMITED = 2**62
RESIDENT_RECORDS, ASSET_RECORDS = "resident.day_count", "asset.day_count"


@dataclass(frozen=True, slots=True)
class Cap:
    """One kind of limit: ``name`` + "_count" and "_quantity" in the table of limits, and whose share it is."""

    name: str
    owner: str  # a column of Candidates
    period: str  # a column of Candidates
    partly: str  # the reason of an event that the limit cuts


ASSET_CAPS = (
    Cap("asset_day", "asset", "day", "partly_over_asset_day"),
    Cap("asset_month", "asset", "month", "partly_over_asset_month"),
)
PERSON_CAPS = (
    Cap("day", "person", "day", "partly_over_limit"),
    Cap("month", "person", "month", "partly_over_month"),
)
LIMIT_NAMES = tuple(f"{cap.name}_{kind}" for cap in (*ASSET_CAPS, *PERSON_CAPS) for kind in ("count", "quantity"))


def check_records(
    events: Candidates, reason: Reasons, *, owner: Ints, key: str, code: str, limits: Sequence[Mapping[str, int]]
) -> None:
    """Nobody, and no vehicle or meter, has more than so many records a day, whatever they are."""
    most = np.array([of_day.get(key, UNLIMITED) for of_day in limits], np.int64)
    chosen = np.flatnonzero((owner != NOBODY) & (reason == COUNTS))
    order = np.lexsort((events.tie[chosen], events.started_us[chosen], events.day[chosen], owner[chosen]))
    chosen = chosen[order]
    group = group_numbers(owner[chosen], events.day[chosen])
    over = running_total(group, np.ones(len(chosen), np.int64)) > most[events.day[chosen]]
    reason[chosen[over]] = REASON[code]


def apply(cap: Cap, events: Candidates, reason: Reasons, amount: Ints, *, limits: Sequence[Mapping[str, int]]) -> None:
    """Cut ``amount`` of the events that count to what the limit leaves them, and mark those that are cut."""
    most_count = limit_table(f"{cap.name}_count", limits, missing=UNLIMITED)
    most_quantity = limit_table(f"{cap.name}_quantity", limits, missing=UNLIMITED)
    limited = (most_count < UNLIMITED) | (most_quantity < UNLIMITED)
    owner, period = getattr(events, cap.owner), getattr(events, cap.period)
    chosen = np.flatnonzero(in_play(reason) & (owner != NOBODY) & limited[events.day, events.act])
    if not len(chosen):
        return
    shared = _SHARED_LIMIT[events.act]
    order = np.lexsort((events.tie[chosen], events.started_us[chosen], shared[chosen], period[chosen], owner[chosen]))
    chosen = chosen[order]
    group = group_numbers(owner[chosen], period[chosen], shared[chosen])
    day, act = events.day[chosen], events.act[chosen]
    over = running_total(group, np.ones(len(chosen), np.int64)) > most_count[day, act]
    reason[chosen[over]] = REASON[f"{cap.name}_count"]
    amount[chosen[over]] = 0
    chosen, group, day, act = chosen[~over], group[~over], day[~over], act[~over]
    wanted = amount[chosen]
    room = np.maximum(most_quantity[day, act] - (running_total(group, wanted) - wanted), 0)
    counts = np.minimum(wanted, room)
    amount[chosen] = counts
    reason[chosen[counts == 0]] = REASON[f"{cap.name}_quantity"]
    cut = chosen[(counts > 0) & (counts < wanted)]
    reason[cut] = np.where(reason[cut] == COUNTS, REASON[cap.partly], reason[cut])


def month_limited(limits: Mapping[str, int]) -> frozenset[str]:
    """Return the acts that have a limit a month; their whole month is decided together."""
    names = ("month_count", "month_quantity", "asset_month_count", "asset_month_quantity")
    table = [limit_table(name, [limits], missing=UNLIMITED)[0] for name in names]
    return frozenset(code for code, *most in zip(ACT_CODES, *table, strict=True) if min(most) < UNLIMITED)


def in_play(reason: Reasons) -> Mask:
    """Return which events count in full or in part."""
    return (reason == COUNTS) | np.isin(reason, _PARTIAL)


_PARTIAL = [REASON[code] for code in REASON if code.startswith("partly_")]
# Acts that share a limit have one number.
_SHARED_LIMIT = np.unique(per_act(lambda act: act.limits_key, str), return_inverse=True)[1].astype(np.int64)
