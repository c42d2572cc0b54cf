"""Which rows count, and how much of each: plausibility, repetition, exclusion, daily limits. Columns in, columns out.

The answer does not depend on the order of the lines: rows are taken in an order of their own (start, external id,
content), and the first check that a row fails, in the order of ``reasons.PRECEDENCE``, is its reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from greenpoints.quantification.acts import ACTS, RIDE_PRIORITY, WEIGHED, Act
from greenpoints.screening.rows import Rows

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

LOCAL = timezone(timedelta(hours=8))  # Asia/Shanghai, which has no summer time
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
SAME_EVENT_WITHIN_US = 300 * SECOND_US  # G6: the start agrees within five minutes


@dataclass(frozen=True, slots=True)
class Standing:
    """What was accepted on that day before, shape (k,): it stands, and new rows give way.

    ``person`` numbers the same people as the rows do. ``known_ids``: external id -> fingerprint of the partner's
    accepted events.
    """

    person: Ints
    act: NDArray[Any]
    material: NDArray[Any]
    place: NDArray[Any]
    started_us: Ints
    ended_us: Ints
    quantity: Ints
    known_ids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Screened:
    """Per row, shape (n,): the reason ("" where the row counts in full) and the quantity that counts."""

    reason: NDArray[Any]
    quantity: Ints


@dataclass(frozen=True, slots=True)
class _Case:
    """The rows, followed by what stands already; ``order`` ranks the rows whatever the order of their lines."""

    person: Ints
    act: NDArray[Any]
    material: NDArray[Any]
    place: NDArray[Any]
    started_us: Ints
    ended_us: Ints
    quantity: Ints
    order: Ints
    fresh: int  # how many of them are rows; the others stand


def nothing_stands() -> Standing:
    """Return the state of a day on which nothing was accepted yet."""
    none, texts = np.zeros(0, np.int64), np.zeros(0, object)
    return Standing(none, texts, texts, texts, none, none, none, {})


def screen(
    rows: Rows,
    *,
    person: Ints,
    standing: Standing,
    limits: Mapping[str, int],
    business_on: date,
    received_at: datetime,
) -> Screened:
    """Answer every row. ``person``: shape (n,), the number of the resident from 0, or -1 where none is bound.

    ``limits``: see parameters.Parameters. Rows whose reason leads to an accepted status keep their counted quantity;
    every other row counts 0.
    """
    reason = np.full(len(rows), "", dtype=object)
    _check_contract(rows, reason)
    _check_times(rows, reason, business_on=business_on, received_at=received_at)
    _check_plausible(rows, reason, limits=limits)
    _mark(reason, person < 0, "unknown_subject")
    case = _case(rows, person, standing)
    _check_repeated_ids(rows, reason, order=case.order, known_ids=standing.known_ids)
    _check_same_event(case, reason)
    _check_overlapping_rides(case, reason)
    _check_weighed_instead(case, reason)
    _mark(reason, _limit_of(rows.act, "least", limits, missing=0) > rows.quantity, "below_least")
    counted = _apply_day_limits(case, reason, limits=limits)
    return Screened(reason=reason, quantity=counted)


def day_bounds_us(day: date) -> tuple[int, int]:
    """Return the first microsecond of the civil day in Fuzhou and that of the next."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=LOCAL).astimezone(UTC).timestamp()) * SECOND_US
    return start, start + DAY_US


def _mark(reason: NDArray[Any], mask: Mask, code: str) -> None:
    reason[mask & (reason == "")] = code


def _per_value(values: NDArray[Any], answer: Callable[[str], Any], dtype: Any) -> NDArray[Any]:
    """Return ``answer`` of each value, asked once for each distinct one."""
    distinct, where = np.unique(values.astype(str), return_inverse=True)
    return (
        np.array([answer(str(value)) for value in distinct], dtype=dtype)[where] if len(values) else np.zeros(0, dtype)
    )


def _limit_of(acts: NDArray[Any], name: str, limits: Mapping[str, int], *, missing: int) -> Ints:
    return _per_value(acts, lambda act: limits.get(f"{act}.{name}", missing), np.int64)


def _check_contract(rows: Rows, reason: NDArray[Any]) -> None:
    _mark(reason, ~_per_value(rows.act, lambda act: act in ACTS, bool), "unknown_act")
    known = reason == ""
    checks: tuple[tuple[str, NDArray[Any], Callable[[Act, str], bool]], ...] = (
        ("wrong_unit", rows.unit, lambda act, unit: unit == act.unit),
        ("wrong_material", rows.material, lambda act, material: material in ("", *act.materials)),
        ("wrong_evidence", rows.evidence, lambda act, kind: kind in act.evidence),
    )
    for code, column, fits in checks:
        pairs = np.array([f"{act} {value}" for act, value in zip(rows.act[known], column[known], strict=True)], object)
        wrong = np.zeros(len(rows), bool)
        wrong[known] = ~_per_value(pairs, partial(_pair_fits, fits=fits), bool)
        _mark(reason, wrong, code)


def _pair_fits(pair: str, *, fits: Callable[[Act, str], bool]) -> bool:
    return fits(ACTS[pair[:3]], pair[4:])


def _check_times(rows: Rows, reason: NDArray[Any], *, business_on: date, received_at: datetime) -> None:
    first_us, next_us = day_bounds_us(business_on)
    _mark(reason, rows.ended_us < rows.started_us, "ends_before_start")
    _mark(reason, rows.ended_us > int(received_at.timestamp() * SECOND_US), "in_the_future")
    outside = (rows.started_us < first_us) | (rows.started_us >= next_us) | (rows.ended_us > next_us + DAY_US)
    _mark(reason, outside, "wrong_day")


def _check_plausible(rows: Rows, reason: NDArray[Any], *, limits: Mapping[str, int]) -> None:
    _mark(reason, rows.quantity <= 0, "not_positive")
    _mark(reason, rows.quantity > _limit_of(rows.act, "most", limits, missing=10**9), "over_limit")
    seconds = (rows.ended_us - rows.started_us) / SECOND_US
    with np.errstate(divide="ignore", invalid="ignore"):
        km_per_h = np.where(seconds > 0, rows.quantity * 3.6 / seconds, np.inf)
        steps_per_min = np.where(seconds > 0, rows.quantity * 60 / seconds, np.inf)
    fastest = _limit_of(rows.act, "fastest", limits, missing=0)
    slowest = _limit_of(rows.act, "slowest", limits, missing=0)
    _mark(reason, (fastest > 0) & ((km_per_h > fastest) | (km_per_h < slowest)), "implausible_speed")
    cadence = _limit_of(rows.act, "cadence", limits, missing=0)
    _mark(reason, (cadence > 0) & (steps_per_min > cadence), "implausible_cadence")


def _case(rows: Rows, person: Ints, standing: Standing) -> _Case:
    sequence = np.lexsort((rows.fingerprint, rows.external_id.astype(str), rows.started_us))
    order = np.empty(len(rows), np.int64)
    order[sequence] = np.arange(len(rows))
    before = np.arange(-len(standing.person), 0)
    act = np.concatenate([rows.act, standing.act])
    material = np.concatenate([rows.material, standing.material])
    default = _per_value(act, lambda act: (*ACTS[act].materials, "")[0] if act in ACTS else "", object)
    return _Case(
        person=np.concatenate([person, standing.person]),
        act=act,
        material=np.where(material == "", default, material),
        place=np.concatenate([rows.place, standing.place]),
        started_us=np.concatenate([rows.started_us, standing.started_us]),
        ended_us=np.concatenate([rows.ended_us, standing.ended_us]),
        quantity=np.concatenate([rows.quantity, standing.quantity]),
        order=np.concatenate([order, before]),
        fresh=len(rows),
    )


def _check_repeated_ids(rows: Rows, reason: NDArray[Any], *, order: Ints, known_ids: Mapping[str, int]) -> None:
    """The first row of an external id stands; the same content again is a repetition, other content is refused."""
    holder = dict(known_ids)
    undecided = np.flatnonzero(reason == "")
    for row in undecided[np.argsort(order[undecided])].tolist():
        name, content = rows.external_id[row], int(rows.fingerprint[row])
        if name not in holder:
            holder[name] = content
        else:
            reason[row] = "same_event_id" if holder[name] == content else "external_id_reused"


def _check_same_event(case: _Case, reason: NDArray[Any]) -> None:
    """G6: one act at one place within five minutes is one event, whichever partner or id reports it."""
    at_one_place = _per_value(case.act, lambda act: act in ACTS and ACTS[act].one_place, bool) & (case.place != "")
    chosen = np.flatnonzero(_in_play(case, reason) & at_one_place)
    key = [f"{p} {a} {m} {where}" for p, a, m, where in _zip(chosen, case.person, case.act, case.material, case.place)]
    start = case.started_us[chosen]
    for cluster in _clusters(_numbered(key), start, start, gap=SAME_EVENT_WITHIN_US):
        kept: list[int] = []
        for row in sorted(chosen[cluster].tolist(), key=lambda row: case.order[row]):
            near = any(abs(case.started_us[row] - case.started_us[k]) <= SAME_EVENT_WITHIN_US for k in kept)
            if near and row < case.fresh:
                reason[row] = "same_event_other_id"
            else:
                kept.append(row)


def _check_overlapping_rides(case: _Case, reason: NDArray[Any]) -> None:
    """G2: one ride a minute; what stands comes first, then RIDE_PRIORITY (M05 before M06), then the earlier."""
    rides = _per_value(case.act, lambda act: act in RIDE_PRIORITY, bool)
    chosen = np.flatnonzero(_in_play(case, reason) & rides)
    for cluster in _clusters(case.person[chosen], case.started_us[chosen], case.ended_us[chosen], gap=0):
        kept: list[int] = []
        for row in sorted(chosen[cluster].tolist(), key=lambda row: _ride_rank(case, row)):
            overlaps = any(
                case.started_us[row] <= case.ended_us[k] and case.started_us[k] <= case.ended_us[row] for k in kept
            )
            if overlaps and row < case.fresh:
                reason[row] = "overlapping_ride"
            else:
                kept.append(row)


def _ride_rank(case: _Case, row: int) -> tuple[bool, int, int]:
    return row < case.fresh, RIDE_PRIORITY.index(case.act[row]), int(case.order[row])


def _check_weighed_instead(case: _Case, reason: NDArray[Any]) -> None:
    """G5: a weighed record of the day replaces the unweighed drop-off."""
    weighed = _in_play(case, reason) & _per_value(case.act, lambda act: act in WEIGHED, bool)
    has_weighed = np.isin(case.person[: case.fresh], case.person[weighed])
    _mark(reason, (case.act[: case.fresh] == "W01") & has_weighed, "weighed_instead")


def _apply_day_limits(case: _Case, reason: NDArray[Any], *, limits: Mapping[str, int]) -> Ints:
    """Mark what is over the limits of the day and return what counts of each row, shape (fresh,)."""
    limits_key = _per_value(case.act, lambda act: ACTS[act].limits_key if act in ACTS else act, object)
    counted = np.zeros(case.fresh, np.int64)
    chosen = _by_group(case, _in_play(case, reason), limits_key)
    group = _group_numbers(case, chosen, limits_key)
    place_in_group = _running_total(group, np.ones(len(chosen), np.int64)) - 1
    over = place_in_group >= _limit_of(limits_key[chosen], "day_count", limits, missing=2**62)
    rows = chosen[over & (chosen < case.fresh)]
    reason[rows] = "day_count"
    chosen, group = chosen[~over], group[~over]
    quantity = case.quantity[chosen]
    before = _running_total(group, quantity) - quantity
    room = np.maximum(_limit_of(limits_key[chosen], "day_quantity", limits, missing=2**62) - before, 0)
    counts = np.minimum(quantity, room)
    fresh = chosen < case.fresh
    counted[chosen[fresh]] = counts[fresh]
    reason[chosen[fresh & (counts == 0)]] = "day_quantity"
    reason[chosen[fresh & (counts > 0) & (counts < quantity)]] = "partly_over_limit"
    return counted


def _in_play(case: _Case, reason: NDArray[Any]) -> Mask:
    """Return which records still count: what stands, and rows without a reason."""
    return np.concatenate([reason == "", np.ones(len(case.person) - case.fresh, bool)])


def _by_group(case: _Case, mask: Mask, limits_key: NDArray[Any]) -> Ints:
    """Return the positions under ``mask``, group by group, what stands first, then in the order of the rows."""
    chosen = np.flatnonzero(mask)
    return chosen[np.lexsort((case.order[chosen], limits_key[chosen].astype(str), case.person[chosen]))]


def _group_numbers(case: _Case, chosen: Ints, limits_key: NDArray[Any]) -> Ints:
    """Return numbers that rise where the person or the limit changes; ``chosen`` stands in groups."""
    if not len(chosen):
        return np.zeros(0, np.int64)
    person, key = case.person[chosen], limits_key[chosen]
    changes = (person[1:] != person[:-1]) | (key[1:] != key[:-1])
    return np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)


def _running_total(group: Ints, values: Ints) -> Ints:
    """Return the total so far within each group, the row itself included; ``group`` is sorted."""
    if not len(group):
        return np.zeros(0, np.int64)
    total = np.cumsum(values)
    first = np.concatenate([[True], group[1:] != group[:-1]])
    before_group = (total - values)[first]
    return total - before_group[np.cumsum(first) - 1]


def _clusters(group: Ints, start: Ints, end: Ints, *, gap: int) -> list[Ints]:
    """Return, as positions, the records of one group that hang together in time (``gap`` apart at most); 2 or more."""
    if len(group) < 2:
        return []
    sequence = np.lexsort((start, group))
    group, start, end = group[sequence], start[sequence], end[sequence]
    # The latest end so far within its group: each group is lifted above the one before it.
    lift = np.searchsorted(np.unique(group), group) * (end.max() - start.min() + gap + 1)
    latest = np.maximum.accumulate(end + lift) - lift
    breaks = (group[1:] != group[:-1]) | (start[1:] > latest[:-1] + gap)
    parts = np.split(sequence, np.flatnonzero(breaks) + 1)
    return [part for part in parts if len(part) > 1]


def _numbered(texts: list[str]) -> Ints:
    return np.unique(np.array(texts, dtype=str), return_inverse=True)[1].astype(np.int64)


def _zip(chosen: Ints, *columns: NDArray[Any]) -> Iterator[tuple]:
    return zip(*(column[chosen].tolist() for column in columns), strict=True)
