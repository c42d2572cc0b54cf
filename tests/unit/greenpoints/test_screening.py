"""Which rows count: plausibility, repetition, exclusion and limits, each by a small case; and order does not matter."""

import json
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenpoints.reasons import PRECEDENCE
from greenpoints.screening import checks, row_checks, rows
from greenpoints.screening.candidates import COUNTS, numbered

DAY = date(2026, 11, 20)
RECEIVED_AT = datetime(2026, 11, 21, 1, tzinfo=UTC)
UNITS = {"M01": "step", "M02": "m", "M05": "m", "M06": "trip", "D01": "item", "W01": "day", "W03": "g", "C05": "item"}
EVIDENCE = {"M01": "health_api", "M02": "operator_record", "M05": "fare_record", "M06": "fare_record",
            "D01": "tax_record", "W01": "station_scan", "W03": "scale", "C05": "photo"}  # fmt: skip
LIMITS = {
    "M01.least": 2000, "M01.day_quantity": 12_000, "M01.day_count": 1, "M01.cadence": 220, "M02.slowest": 4,
    "M02.fastest": 25, "M02.most": 50_000, "M02.day_quantity": 10_000, "M02.day_count": 8, "M05.fastest": 80,
    "M05.slowest": 2, "M06.day_count": 4, "D01.day_quantity": 5, "W.day_quantity": 20_000, "C05.day_count": 2,
}  # fmt: skip


def row(name, act, start, end, quantity, *, who="a", place="", material="", **other):
    full = {
        "external_id": name, "act": act, "subject_ref": who, "started_at": f"2026-11-20T{start}:00+08:00",
        "ended_at": f"2026-11-20T{end}:00+08:00", "quantity": quantity, "unit": UNITS[act],
        "evidence": {"type": EVIDENCE[act]}, "place": place, "material": material,
    }  # fmt: skip
    return full | other


def screened(given_rows, *, limits=LIMITS, channels=(), own_acts=(), partners=None):
    """Answer rows that are events of their own; ``partners``: who sent each, one partner where it is left out."""
    parsed = rows.parse("\n".join(json.dumps(r) for r in given_rows).encode())
    assert parsed.bad == ()
    reason = np.full(len(parsed), COUNTS, np.int8)
    row_checks.check(parsed, reason, limits=limits, business_on=DAY, received_at=RECEIVED_AT)
    counted = np.zeros(len(parsed), np.int64)
    left = np.flatnonzero(reason == COUNTS)
    names = ("act", "material", "place", "asset_ref", "started_us", "ended_us", "quantity", "fingerprint")
    frame = pd.DataFrame({name: getattr(parsed, name)[left] for name in names})
    frame["person_ref"] = parsed.subject_ref[left]
    frame["business_on"] = np.full(len(left), DAY, object)
    frame["partner"] = np.array(partners or ["p"] * len(parsed), object)[left]
    _days, events = numbered(frame, channels=dict(channels), own_acts=own_acts)
    answer = checks.screen(events, limits=[limits])
    reason[left], counted[left] = answer.reason, answer.quantity
    return [(PRECEDENCE[code], quantity) for code, quantity in zip(reason.tolist(), counted.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        pytest.param(row("e", "M02", "08:00", "08:15", 3200), "", id="a plain ride"),
        pytest.param(row("e", "M02", "08:00", "08:15", 3200) | {"act": "X99"}, "unknown_act", id="unknown act"),
        pytest.param(
            row("e", "M02", "08:00", "08:15", 1, unit="day") | {"act": "D04"}, "act_of_a_unit", id="an office's paper"
        ),
        pytest.param(row("e", "M02", "08:00", "08:15", 3200, unit="step"), "wrong_unit", id="wrong unit"),
        pytest.param(row("e", "M02", "08:00", "08:15", 3, material="pet"), "wrong_material", id="wrong material"),
        pytest.param(
            row("e", "M02", "08:00", "08:15", 3, evidence={"type": "photo"}), "wrong_evidence", id="wrong evidence"
        ),
        pytest.param(row("e", "M02", "08:15", "08:00", 3200), "ends_before_start", id="backwards"),
        pytest.param(
            row("e", "M02", "08:00", "08:15", 3200, ended_at="2026-11-22T08:00:00+08:00"), "in_the_future", id="future"
        ),
        pytest.param(
            row("e", "M02", "08:00", "08:15", 3200, started_at="2026-11-19T23:59:59+08:00"),
            "wrong_day",
            id="day before",
        ),
        pytest.param(row("e", "M02", "08:00", "08:15", 0), "not_positive", id="zero"),
        pytest.param(row("e", "M02", "08:00", "08:15", -5), "not_positive", id="negative"),
        pytest.param(row("e", "M02", "08:00", "08:15", 50_001), "over_limit", id="beyond belief"),
        pytest.param(row("e", "M02", "08:00", "08:15", 6_251), "implausible_speed", id="25.004 km/h"),
        pytest.param(row("e", "M02", "08:00", "08:15", 6_250), "", id="25 km/h"),
        pytest.param(row("e", "M02", "08:00", "08:15", 999), "implausible_speed", id="3.996 km/h"),
        pytest.param(row("e", "M02", "08:00", "08:00", 3200), "implausible_speed", id="no time at all"),
        pytest.param(row("e", "M01", "08:00", "08:10", 2201), "implausible_cadence", id="220.1 steps a minute"),
        pytest.param(row("e", "M01", "08:00", "08:10", 2200), "", id="220 steps a minute"),
        pytest.param(row("e", "M01", "08:00", "09:00", 1999), "below_least", id="1,999 steps"),
        pytest.param(row("e", "M02", "08:00", "08:15", -5, unit="step"), "wrong_unit", id="the first fault is told"),
    ],
)
def test_one_row(one, reason):
    assert screened([one])[0][0] == reason


def test_a_ride_at_23_59_belongs_to_its_own_day():
    late = row("e", "M02", "23:59", "23:59", 1500, ended_at="2026-11-21T00:09:00+08:00")
    assert screened([late]) == [("", 1500)]


def test_p2_eighteen_thousand_steps_count_as_twelve():
    assert screened([row("e", "M01", "00:00", "23:59", 18_000)]) == [("partly_over_limit", 12_000)]


def test_the_same_ride_under_another_id():
    first = row("e", "M02", "08:00", "08:15", 3200, place="wtdeyu")
    assert screened([first, first | {"external_id": "f"}]) == [("", 3200), ("same_event_other_id", 0)]
    elsewhere = row("f", "M02", "08:16", "08:31", 3200, place="wtdeyv")
    assert screened([first, elsewhere]) == [("", 3200), ("", 3200)]


def test_bus_in_and_out_supersedes_the_tap_of_the_same_ride():
    tap, ride = row("a1", "M06", "08:00", "08:00", 1), row("z9", "M05", "08:00", "08:30", 7400)
    assert screened([tap, ride]) == [("overlapping_ride", 0), ("", 7400)]
    assert screened([tap, ride | {"subject_ref": "b"}]) == [("", 1), ("", 7400)]


def test_weighed_recycling_replaces_the_drop_off_of_the_day():
    drop, weighed = row("e", "W01", "07:00", "19:00", 1), row("f", "W03", "10:00", "10:00", 800, material="pet")
    assert screened([drop, weighed]) == [("weighed_instead", 0), ("", 800)]
    assert screened([drop]) == [("", 1)]


def test_daily_limits_cut_the_later_rows():
    rides = [row(f"e{n}", "M02", f"{n + 8:02}:00", f"{n + 8:02}:20", 4_000) for n in range(4)]
    assert screened(rides) == [("", 4000), ("", 4000), ("partly_over_limit", 2000), ("day_quantity", 0)]
    plates = [row(f"p{n}", "C05", f"{n + 8:02}:00", f"{n + 8:02}:00", 1) for n in range(3)]
    assert screened(plates) == [("", 1), ("", 1), ("day_count", 0)]


def test_one_limit_for_all_weighed_materials():
    plastic = row("e", "W03", "08:00", "08:00", 15_000, material="pet")
    more = row("f", "W03", "10:00", "10:00", 15_000, material="hdpe")
    assert screened([plastic, more]) == [("", 15_000), ("partly_over_limit", 5_000)]


EV = {"asset_ref": "vin-1", "unit": "m", "evidence": {"type": "telematics"}}
PILE = {"asset_ref": "vin-1", "unit": "Wh", "evidence": {"type": "pile_record"}}
STOPPED = {
    "asset_ref": "vin-1", "unit": "day", "evidence": {"type": "plate_log"}, "measures": {"daily_mean_m": 30_000}
}  # fmt: skip
MONTH = DAY.year * 12 + DAY.month


def ev_row(name, act, start, end, quantity, **other):
    return row(name, "M02", start, end, quantity) | {"act": act} | other


def test_m09_m10_a_vehicle_counts_on_the_channel_of_its_month():
    """P9 of the worked cases: twenty kWh count, the trip of 32 km arrives too and is excluded by G1."""
    trip, charge = (
        ev_row("t", "M09", "08:00", "08:40", 32_000, **EV),
        ev_row("c", "M10", "09:00", "10:00", 20_000, **PILE),
    )
    charging = {("vin-1", MONTH): 2}
    assert screened([trip, charge], channels=charging) == [("other_channel", 0), ("", 20_000)]
    assert screened([charge, trip], channels=charging) == [("", 20_000), ("other_channel", 0)]
    assert screened([trip, charge], channels={("vin-1", MONTH): 1}) == [("", 32_000), ("other_channel", 0)]
    assert screened([trip, charge]) == [("vehicle_not_enrolled", 0)] * 2


def test_m13_a_day_on_which_the_vehicle_drove_is_no_day_without_driving():
    stopped = ev_row("s", "M13", "00:00", "23:59", 1, **STOPPED)
    trip = ev_row("t", "M09", "08:00", "08:40", 32_000, **EV)
    assert screened([stopped]) == [("", 1)]
    assert screened([stopped, trip], channels={("vin-1", MONTH): 2})[0] == ("vehicle_driven", 0)
    assert screened([stopped, trip | {"asset_ref": "vin-2"}], channels={("vin-1", MONTH): 2})[0] == ("", 1)


def test_two_partners_report_one_act_and_the_operator_itself_counts():
    one = row("a", "M02", "08:00", "08:15", 3200, place="wtdeyu")
    other = row("b", "M02", "08:02", "08:16", 3100, place="wtdeyv")
    said = ("same_event_other_id", 0)
    assert screened([one, other], partners=["app", "bikes"], own_acts={("bikes", "M02")}) == [said, ("", 3100)]
    assert screened([one, other], partners=["bikes", "app"], own_acts={("bikes", "M02")}) == [("", 3200), said]
    far = other | {
        "place": "wtdeb0",
        "started_at": "2026-11-20T08:16:00+08:00",
        "ended_at": "2026-11-20T08:31:00+08:00",
    }
    assert screened([one, far], partners=["app", "bikes"]) == [("", 3200), ("", 3100)]


def test_steps_within_a_ride_are_taken_off():
    """A walk of two hours with 6,000 steps, of which a ride of half an hour takes 1,500."""
    walk, bike = row("w", "M01", "08:00", "10:00", 6_000), row("r", "M02", "08:30", "09:00", 5_000)
    assert screened([walk, bike]) == [("partly_in_ride", 4_500), ("", 5_000)]
    inside = row("w", "M01", "08:31", "08:59", 3_000)
    assert screened([inside, bike]) == [("steps_in_ride", 0), ("", 5_000)]
    assert screened([row("w", "M01", "08:30", "09:10", 2_400), bike])[0] == ("below_least", 0)
    assert screened([walk, bike | {"subject_ref": "b"}]) == [("", 6_000), ("", 5_000)]


def test_nobody_has_more_than_so_many_records_a_day():
    limits = LIMITS | {"resident.day_count": 2}
    day = [row(f"e{n}", "D01", f"{n + 8:02}:00", f"{n + 8:02}:00", 1) for n in range(4)]
    assert screened(day, limits=limits) == [("", 1), ("", 1), ("resident_day_count", 0), ("resident_day_count", 0)]


def test_a_month_has_its_limit_beside_the_day():
    limits = LIMITS | {"W.month_quantity": 16_000}
    first, more = row("e", "W03", "08:00", "08:00", 15_000), row("f", "W03", "10:00", "10:00", 4_000)
    last = row("g", "W03", "11:00", "11:00", 500)
    assert screened([first, more, last], limits=limits) == [
        ("", 15_000),
        ("partly_over_month", 1_000),
        ("month_quantity", 0),
    ]


DAYS = st.lists(
    st.builds(
        lambda n, act, hour, minute, length, amount, who: row(
            f"e{n}", act, f"{hour:02}:{minute:02}", f"{hour:02}:{min(59, minute + length):02}", amount, who=who,
            place="wtdeyu",
        ),
        st.integers(0, 12), st.sampled_from(["M02", "M05", "M06", "D01", "W03", "C05"]), st.integers(7, 9),
        st.integers(0, 50), st.integers(5, 20), st.integers(-1, 6_000), st.sampled_from("ab"),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(DAYS, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_no_answer(day, random):
    shuffled = list(range(len(day)))
    random.shuffle(shuffled)
    first, second = screened(day), screened([day[n] for n in shuffled])

    def told(lines, answers):
        return sorted((json.dumps(r), *answer) for r, answer in zip(lines, answers, strict=True))

    assert told(day, first) == told([day[n] for n in shuffled], second)


@settings(max_examples=60, deadline=None)
@given(DAYS)
def test_no_limit_is_ever_passed_and_no_two_rides_overlap(day):
    answers = screened(day)
    counted = [(r, quantity) for r, (_, quantity) in zip(day, answers, strict=True) if quantity]
    for who in "ab":
        mine = [(r, quantity) for r, quantity in counted if r["subject_ref"] == who]
        assert sum(q for r, q in mine if r["act"] == "M02") <= 10_000
        assert sum(1 for r, _ in mine if r["act"] == "C05") <= 2
        rides = sorted((r["started_at"], r["ended_at"]) for r, _ in mine if r["act"] in {"M02", "M05", "M06"})
        assert all(earlier[1] < later[0] for earlier, later in zip(rides, rides[1:], strict=False))
