"""The events that may count, as whole numbers: what the checks between events read. No database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenpoints.quantification.acts import ACTS, Act
from greenpoints.reasons import PRECEDENCE

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

ACT_CODES = tuple(ACTS)
REASON = {code: number for number, code in enumerate(PRECEDENCE)}
COUNTS = REASON[""]
NOBODY = -1  # no asset, no person, no such act
DRIVING, CHARGING = 1, 2  # the channel of a vehicle in a month; 0 where it is on none


@dataclass(frozen=True, slots=True)
class Candidates:
    """n events that passed the checks of their own row; every column has shape (n,).

    ``person``, ``asset``, ``material`` are numbers that stand for texts, ``asset`` NOBODY where the act has none;
    ``day`` counts into the days that the limits are given for, ``month`` numbers calendar months; ``act`` is a
    position in ACT_CODES; ``place``: geohash, "" where unknown; ``channel``: what the vehicle is enrolled for in the
    month; ``own``: the partner is the operator of this act itself; ``tie`` orders events that start together, and
    depends on their content alone.
    """

    person: Ints
    day: Ints
    month: Ints
    act: Ints
    material: Ints
    place: NDArray[Any]
    asset: Ints
    channel: Ints
    own: Mask
    started_us: Ints
    ended_us: Ints
    quantity: Ints
    tie: Ints

    def __len__(self) -> int:
        return len(self.person)

    def rank(self, *first: NDArray[Any]) -> Ints:
        """Return each event's place in the order of ``first`` (most significant first), then start, then ``tie``."""
        sequence = np.lexsort((self.tie, self.started_us, *reversed(first)))
        place = np.empty(len(self), np.int64)
        place[sequence] = np.arange(len(self))
        return place

    def is_one_of(self, acts: Sequence[str]) -> Mask:
        """Tell which events are of these acts."""
        return np.isin(self.act, [ACT_CODES.index(code) for code in acts if code in ACTS])


def numbered(
    events: pd.DataFrame, *, channels: Mapping[tuple[str, int], int], own_acts: Iterable[tuple[str, str]]
) -> tuple[list[date], Candidates]:
    """Return the days of the events, and the events as whole numbers.

    ``events``: columns ``person_ref``, ``partner``, ``act``, ``material``, ``place``, ``asset_ref``, ``business_on``,
    ``started_us``, ``ended_us``, ``quantity``, ``fingerprint``; every act is in the catalogue. ``channels``: vehicle
    and month number -> channel; ``own_acts``: partner and act, where the partner operates what it reports.
    """
    day, days = pd.factorize(events["business_on"].to_numpy(object))
    month = np.array([month_number(one) for one in days], np.int64)[day] if len(days) else np.zeros(0, np.int64)
    act = act_numbers(events["act"].to_numpy(object))
    material = events["material"].to_numpy(object)
    asset_ref = events["asset_ref"].to_numpy(object)
    columns = Candidates(
        person=_codes(events["person_ref"]),
        day=day.astype(np.int64),
        month=month,
        act=act,
        material=_codes(np.where(material == "", _default_material()[act], material)),
        place=events["place"].to_numpy(object),
        asset=np.where(asset_ref == "", NOBODY, _codes(asset_ref)),
        channel=_channel(asset_ref, month, channels),
        own=_own(events["partner"].to_numpy(object), act, own_acts),
        started_us=events["started_us"].to_numpy(np.int64),
        ended_us=events["ended_us"].to_numpy(np.int64),
        quantity=events["quantity"].to_numpy(np.int64),
        tie=_ties(events),
    )
    return list(days), columns


def act_numbers(act: NDArray[Any]) -> Ints:
    """Return the position of each act in ACT_CODES, NOBODY where it is not in the catalogue."""
    return pd.Index(ACT_CODES, dtype=object).get_indexer(act).astype(np.int64)


def month_number(day: date) -> int:
    """Return a number for the calendar month of a day."""
    return day.year * 12 + day.month


def _codes(texts: Any) -> Ints:
    return pd.factorize(np.asarray(texts, dtype=object))[0].astype(np.int64)


def _default_material() -> NDArray[Any]:
    return per_act(lambda act: (*act.materials, "")[0], object)


def _ties(events: pd.DataFrame) -> Ints:
    """Return an order of content; two partners may send the same, so the partner is a part of it."""
    partner = pd.factorize(events["partner"].to_numpy(object), sort=True)[0]
    order = np.lexsort((partner, events["fingerprint"].to_numpy(np.int64)))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def _channel(asset_ref: NDArray[Any], month: Ints, channels: Mapping[tuple[str, int], int]) -> Ints:
    channel = np.zeros(len(asset_ref), np.int64)
    for n in np.flatnonzero(asset_ref != "").tolist() if channels else ():
        channel[n] = channels.get((asset_ref[n], int(month[n])), 0)
    return channel


def _own(partner: NDArray[Any], act: Ints, own_acts: Iterable[tuple[str, str]]) -> Mask:
    own = np.zeros(len(act), bool)
    for operator, code in own_acts:
        own |= (partner == operator) & (act == ACT_CODES.index(code))
    return own


def per_act(answer: Callable[[Act], Any], dtype: Any) -> NDArray[Any]:
    """Return ``answer`` of each act of the catalogue, to be read by ``Candidates.act``."""
    return np.array([answer(act) for act in ACTS.values()], dtype=dtype)


def limit_table(name: str, limits: Sequence[Mapping[str, int]], *, missing: int) -> NDArray[np.int64]:
    """Return the limit ``name`` by day and act, shape (days, acts); ``missing`` where an act has none."""
    keys = [f"{act.limits_key}.{name}" for act in ACTS.values()]
    rows = [[of_day.get(key, missing) for key in keys] for of_day in limits]
    return np.array(rows, np.int64).reshape(len(limits), len(keys))
