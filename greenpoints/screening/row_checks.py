"""What one row shows by itself: does it keep to the contract, to its day, to what is possible. No other row is read."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from greenpoints.quantification.acts import ACTS, Act
from greenpoints.screening.candidates import ACT_CODES, NOBODY, Ints, act_numbers, limit_table, per_act
from greenpoints.screening.checks import day_bounds_us
from greenpoints.screening.exclusion import DAY_US, SECOND_US, Reasons, mark
from greenpoints.screening.rows import Rows

LONGEST_PERIOD_US = 200 * DAY_US  # a half year, and some days
LIMIT_NAMES = ("most", "slowest", "fastest", "cadence")


def check(rows: Rows, reason: Reasons, *, limits: Mapping[str, int], business_on: date, received_at: datetime) -> None:
    """Mark in ``reason``, shape (n,), the first fault of each row."""
    act = act_numbers(rows.act)
    _check_contract(rows, act, reason)
    _check_times(rows, act, reason, business_on=business_on, received_at=received_at)
    _check_plausible(rows, act, reason, limits=limits)


def _check_contract(rows: Rows, act: Ints, reason: Reasons) -> None:
    mark(reason, act == NOBODY, "unknown_act")
    checks: tuple[tuple[str, NDArray, Callable[[Act, str], bool]], ...] = (
        # Whoever deals for a unit is not credited with what it saved: no resident's token carries such an act.
        ("act_of_a_unit", rows.unit, lambda act, _unit: act.account == "resident"),
        ("wrong_unit", rows.unit, lambda act, unit: unit == act.unit),
        ("wrong_material", rows.material, lambda act, material: material in ("", *act.materials)),
        ("wrong_evidence", rows.evidence, lambda act, kind: kind in act.evidence),
        ("wrong_measures", _names_of(rows.measures), _measures_fit),
        ("wrong_asset", _presence(rows.asset_ref), _asset_fits),
        ("wrong_counterpart", _presence(rows.counterpart_ref), _counterpart_fits),
    )
    for code, column, fits in checks:
        number, texts = pd.factorize(column)
        pair = act * max(len(texts), 1) + number
        distinct, where = np.unique(pair, return_inverse=True)
        fit = [n >= 0 and fits(ACTS[ACT_CODES[n // len(texts)]], str(texts[n % len(texts)])) for n in distinct.tolist()]
        mark(reason, ~np.array(fit, bool)[where], code)


def _names_of(measures: NDArray) -> NDArray:
    """Return the names of the measures of each row, as one text: few distinct ones, however many numbers."""
    where, distinct = pd.factorize(measures)
    names = np.array([" ".join(json.loads(text)) if text else "" for text in distinct], dtype=object)
    return names[where] if len(measures) else measures


def _presence(texts: NDArray) -> NDArray:
    return np.where(texts == "", "", "given").astype(object)


def _measures_fit(act: Act, names: str) -> bool:
    given = frozenset(names.split())
    return act.required_measures <= given <= act.measures.keys()


def _asset_fits(act: Act, given: str) -> bool:
    return bool(act.asset if given else not act.asset_required)


def _counterpart_fits(act: Act, given: str) -> bool:
    return bool(act.counterpart if given else not act.counterpart_required)


def _check_times(rows: Rows, act: Ints, reason: Reasons, *, business_on: date, received_at: datetime) -> None:
    first_us, next_us = day_bounds_us(business_on)
    mark(reason, rows.ended_us < rows.started_us, "ends_before_start")
    mark(reason, rows.ended_us > int(received_at.timestamp() * SECOND_US), "in_the_future")
    outside = (rows.started_us < first_us) | (rows.started_us >= next_us) | (rows.ended_us > next_us + DAY_US)
    # What a meter shows over a period belongs to the day on which the period ends.
    period = (rows.started_us < first_us - LONGEST_PERIOD_US) | (rows.ended_us <= first_us) | (rows.ended_us > next_us)
    metered = (act != NOBODY) & per_act(lambda one: one.asset.endswith("meter"), bool)[act]
    mark(reason, np.where(metered, period, outside), "wrong_day")


def _check_plausible(rows: Rows, act: Ints, reason: Reasons, *, limits: Mapping[str, int]) -> None:
    most, slowest, fastest, cadence = (
        limit_table(name, [limits], missing=10**9 if name == "most" else 0)[0][act] for name in LIMIT_NAMES
    )
    mark(reason, rows.quantity <= 0, "not_positive")
    mark(reason, rows.quantity > most, "over_limit")
    seconds = (rows.ended_us - rows.started_us) / SECOND_US
    with np.errstate(divide="ignore", invalid="ignore"):
        km_per_h = np.where(seconds > 0, rows.quantity * 3.6 / seconds, np.inf)
        steps_per_min = np.where(seconds > 0, rows.quantity * 60 / seconds, np.inf)
    mark(reason, (fastest > 0) & ((km_per_h > fastest) | (km_per_h < slowest)), "implausible_speed")
    mark(reason, (cadence > 0) & (steps_per_min > cadence), "implausible_cadence")
