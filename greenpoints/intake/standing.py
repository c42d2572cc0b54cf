"""What is known already of the residents, vehicles, meters and months that new events touch.

An answer depends on a resident's whole day, on all records of a vehicle's day or a meter's period, and for acts with
a limit a month on the whole month. What must be decided again is read in full (``again``); what only bears on it is
read too, and keeps its answer.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from greenpoints import bulk_rows
from greenpoints.screening.checks import day_bounds_us
from greenpoints.screening.exclusion import METER_PRIORITY, crosses_midnight

TEXTS = (
    "partner", "external_id", "act", "material", "person_ref", "unit", "evidence", "evidence_ref", "place", "device",
    "reason", "measures", "asset_ref",
)  # fmt: skip
NUMBERS = (
    "id", "fingerprint", "started_us", "ended_us", "quantity", "counted_quantity", "gross_mg", "net_mg", "posted_mg",
    "flat_coins", "revision", "batch_id",
)  # fmt: skip
COLUMNS = (*TEXTS, *NUMBERS, "business_on")
EVENTS = "status <> 'rejected' AND reason <> 'same_event_id'"  # the rows that are events, each under its own id
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM greenpoints_behaviour WHERE {EVENTS}"  # noqa: S608
_TAKEN_BACK = "SELECT behaviour_id FROM greenpoints_reversal WHERE person_ref {among}"
_OF_DAYS = _SELECT + " AND business_on BETWEEN %s AND %s AND person_ref {among}"
_LATE_RIDES = _SELECT + " AND crosses_midnight AND business_on BETWEEN %s AND %s AND person_ref {among}"
_OF_ASSETS = (
    _SELECT
    + " AND asset_ref <> '' AND (business_on BETWEEN %s AND %s OR (started_us <= %s AND ended_us >= %s))"
    + " AND asset_ref {among}"
)
_KNOWN_IDS = (
    f"SELECT external_id, fingerprint FROM greenpoints_behaviour WHERE {EVENTS}"  # noqa: S608
    " AND partner = %s AND external_id {among}"
)


def load(fresh: pd.DataFrame, *, on: date, month_limited: Iterable[str]) -> pd.DataFrame:
    """Return the stored events that bear on ``fresh`` (columns of Behaviour), with ``again``: to be decided anew."""
    found = _Found()
    people = fresh["person_ref"].unique().tolist()
    found.add(_of_days(people, on, on), again=True)
    late = crosses_midnight(fresh["started_us"].to_numpy(np.int64), fresh["ended_us"].to_numpy(np.int64))
    if late.any():
        found.add(
            _of_days(fresh["person_ref"][late].unique().tolist(), on + timedelta(1), on + timedelta(1)), again=True
        )
    monthly = frozenset(month_limited)
    own = _of_assets(fresh, month_limited=monthly)
    found.add(own, again=True)
    _add_days_of(found, own)
    _add_months(found, fresh, month_limited=monthly)
    found.add(_of_assets(found.events(), month_limited=monthly), again=False)
    found.add(_late_rides_before(fresh, found.events(), on=on), again=False)
    return _without_taken_back(found.events())


def _without_taken_back(events: pd.DataFrame) -> pd.DataFrame:
    """An event that was taken back keeps its place and its answer: nothing of it is left to change."""
    people = events.loc[events["again"], "person_ref"].unique().tolist()
    gone = [pk for (pk,) in bulk_rows.select_among(_TAKEN_BACK, people)] if people else []
    return events.assign(again=events["again"] & ~events["id"].isin(gone)) if gone else events


def known_ids(partner: str, external_ids: Sequence[str]) -> dict[str, int]:
    """Return the fingerprint of each event of the partner that is known by one of these ids."""
    return dict(bulk_rows.select_among(_KNOWN_IDS, external_ids, partner))


class _Found:
    """Stored events, each once; ``again`` where any reason to read it asks for a new decision."""

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = [frame([])]

    def add(self, events: pd.DataFrame, *, again: bool) -> None:
        self._parts.append(events.assign(again=again))

    def events(self) -> pd.DataFrame:
        if sum(len(part) > 0 for part in self._parts) == 1:
            return next(part for part in self._parts if len(part))
        everything = pd.concat(self._parts, ignore_index=True)
        everything["again"] = everything["again"].astype(bool)
        return (
            everything.sort_values("again", ascending=False, kind="stable").drop_duplicates("id").reset_index(drop=True)
        )


def frame(rows: Sequence[tuple]) -> pd.DataFrame:
    """Return stored rows as columns: texts as objects, whole numbers as int64."""
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    types = {name: np.int64 for name in NUMBERS}
    columns = {
        name: pd.Series(np.array(column, types[name]) if name in types else list(column), dtype=types.get(name, object))
        for name, column in zip(COLUMNS, values, strict=True)
    }
    return pd.DataFrame(columns).assign(again=np.zeros(len(rows), bool))


def _of_days(people: Sequence[str], first: date, last: date) -> pd.DataFrame:
    return frame(bulk_rows.select_among(_OF_DAYS, people, first, last) if people else [])


def _of_assets(events: pd.DataFrame, *, month_limited: frozenset[str]) -> pd.DataFrame:
    """Return what is known of the vehicles and meters of ``events`` (with ``business_on``) that bears on them.

    That is their day, the month for acts with a limit a month, and of meters the periods that hang together.
    """
    with_asset = events[events["asset_ref"] != ""]
    monthly = with_asset["act"].isin(month_limited)
    parts = [_of_assets_between(with_asset[~monthly], whole_months=False)]
    parts.append(_of_assets_between(with_asset[monthly], whole_months=True))
    return pd.concat(parts, ignore_index=True).drop_duplicates("id") if any(len(part) for part in parts) else frame([])


def _of_assets_between(events: pd.DataFrame, *, whole_months: bool) -> pd.DataFrame:
    if events.empty:
        return frame([])
    assets = events["asset_ref"].unique().tolist()
    first, last = min(events["business_on"]), max(events["business_on"])
    if whole_months:
        first, last = month_bounds(first)[0], month_bounds(last)[1]
    metered = events[events["act"].isin(METER_PRIORITY)]
    end, start = day_bounds_us(first)  # no period at all
    if len(metered):
        start, end = int(metered["started_us"].min()), int(metered["ended_us"].max())
    known = frame([])
    while True:
        found = frame(bulk_rows.select_among(_OF_ASSETS, assets, first, last, end, start))
        if len(found) == len(known):
            return found
        known, metered = found, found[found["act"].isin(METER_PRIORITY)]
        if len(metered):
            start, end = min(start, int(metered["started_us"].min())), max(end, int(metered["ended_us"].max()))


def month_bounds(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of ``day``."""
    first = day.replace(day=1)
    return first, (first + timedelta(31)).replace(day=1) - timedelta(1)


def _add_days_of(found: _Found, events: pd.DataFrame) -> None:
    """Read the whole days of the residents of ``events``."""
    for day, of_day in events.groupby("business_on"):
        found.add(_of_days(of_day["person_ref"].unique().tolist(), day, day), again=True)


def _add_months(found: _Found, fresh: pd.DataFrame, *, month_limited: frozenset[str]) -> None:
    """Read the whole months of residents with an act that has a limit a month."""
    events = found.events()
    columns = ["person_ref", "act", "business_on"]
    both = pd.concat([fresh[columns], events.loc[events["again"], columns]])
    limited = both[both["act"].isin(month_limited)]
    months = pd.Series([month_bounds(day)[0] for day in limited["business_on"]], index=limited.index, dtype=object)
    for first, of_month in limited.groupby(months):
        found.add(_of_days(of_month["person_ref"].unique().tolist(), *month_bounds(first)), again=True)


def _late_rides_before(fresh: pd.DataFrame, events: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """Return the rides that reach into the days to be decided from the days before."""
    days = [on, *events.loc[events["again"], "business_on"]]
    people = pd.concat([fresh["person_ref"], events.loc[events["again"], "person_ref"]]).unique().tolist()
    if not people:
        return frame([])
    first, last = min(days) - timedelta(1), max(days) - timedelta(1)
    return frame(bulk_rows.select_among(_LATE_RIDES, people, first, last))
