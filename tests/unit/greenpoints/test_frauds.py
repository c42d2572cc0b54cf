"""P34: thirty scripted frauds are flagged, each by its reason; ten thousand honest people are left alone."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from greenpoints.detectors import organisations, people
from greenpoints.detectors.findings import EVENT_COLUMNS, REASONS, limits

DAY = date(2026, 11, 20)
LIMITS = limits(DAY)
MIDNIGHT_US = 1_795_104_000_000_000  # 2026-11-20T00:00+08:00
MINUTE_US = 60_000_000
HOME, NEAR, NANCHANG = "wt5ge1", "wt5ge3", "wt47qm"


def event(person="cheat", minute=480, act="M02", quantity=3_217, lasts=15, **other):
    told = dict.fromkeys(("device", "place", "counterpart", "asset", "evidence_ref"), "")
    started = MIDNIGHT_US + round(minute * MINUTE_US)
    return told | {
        "person": person, "partner": "bike-co", "act": act, "quantity": quantity, "started_us": started,
        "ended_us": started + round(lasts * MINUTE_US),
    } | other  # fmt: skip


def table(rows):
    return pd.DataFrame(list(rows), columns=EVENT_COLUMNS)


def spread(n, **other):
    """n rides over the day, none like another."""
    return [event(minute=400 + 37 * k + k * k % 11, quantity=1_500 + 137 * k, **other) for k in range(n)]


FRAUDS = {
    "a bike share loop of twenty rides": (spread(20), "too_many_rides"),
    "bus taps by the dozen": ([event(minute=360 + 41 * k + k * k % 7, act="M06", quantity=1) for k in range(16)],
                              "too_many_rides"),
    "an account that never sleeps": ([event(minute=60 * h + h * h % 13, act="C03", quantity=1) for h in range(21)],
                                     "round_the_clock"),
    "an account sold to three shifts": ([event(minute=66 * h + h % 5, act="W03", quantity=700 + h) for h in range(21)],
                                        "round_the_clock"),
    "in Fuzhou and in Nanchang within ten minutes": (
        [event(minute=480, place=HOME), event(minute=490, place=NANCHANG, quantity=2_900)], "impossible_travel"),
    "a mocked location that jumps there and back": (
        [event(minute=480 + 15 * k, place=(HOME, NANCHANG)[k % 2], quantity=2_000 + k) for k in range(4)],
        "impossible_travel"),
    "a script every ten minutes": ([event(minute=480 + 10 * k, quantity=1_000 + 17 * k) for k in range(8)],
                                   "machine_rhythm"),
    "a script with two seconds of noise": (
        [event(minute=480 + 10 * k + (k % 2) / 30, act="C03", quantity=1) for k in range(7)], "machine_rhythm"),
    "the same ride pasted five times": ([event(minute=(400, 463, 571, 689, 900)[k]) for k in range(5)],
                                        "copied_quantity"),
    "the same tram pasted six times": (
        [event(minute=(400, 463, 571, 689, 900, 1010)[k], act="M07", quantity=11_500) for k in range(6)],
        "copied_quantity"),
    "five accounts on a phone": ([event(f"p{k}", 400 + 31 * k + k * k, device="phone", quantity=900 + k)
                                  for k in range(5)], "shared_device"),
    "a drawer of phones on one charger": ([event(f"p{k}", 480 + k, act="M01", quantity=9_000 + 71 * k, device="cradle")
                                           for k in range(40)], "shared_device"),
    "one account on six phones": ([event(minute=400 + 43 * k + k * k, quantity=1_000 + k, device=f"d{k}")
                                   for k in range(6)], "many_devices"),
    "a carpool of the same two all day": (
        [event(minute=400 + 70 * k + k * k, act="M12", quantity=8_000 + k, counterpart="friend") for k in range(3)],
        "same_pair"),
    "used goods sold back and forth": (
        [event("a", 500, "W10", 1, counterpart="b"), event("b", 700, "W10", 1, counterpart="a")], "mutual_pair"),
    "used goods in a ring of three": (
        [event(one, 500 + 90 * k, "W10", 1, counterpart=other) for k, (one, other) in enumerate(("ab", "bc", "ca"))],
        "closed_ring"),
    "one passenger for nine drivers": (
        [event(f"d{k}", 400 + 35 * k, "M12", 7_000 + k, counterpart="star") for k in range(9)], "star"),
    "one meter for three flats": ([event(f"p{k}", 0, "H01", 5_000 + k, 1440, asset="meter") for k in range(3)],
                                  "shared_asset"),
    "one car of four drivers": ([event(f"p{k}", 400 + 120 * k, "M09", 20_000 + k, asset="vin") for k in range(4)],
                                "shared_asset"),
    "one photo of two plates": ([event("a", 720, "C05", 1, evidence_ref="hash"),
                                 event("b", 760, "C05", 1, evidence_ref="hash")], "shared_evidence"),
    "one train ticket for two": ([event("a", 300, "M08", 90_000, evidence_ref="t1"),
                                  event("b", 300, "M08", 90_001, evidence_ref="t1")], "shared_evidence"),
    "ten accounts start the same ride": ([event(f"p{k}", 480 + k / 60, place=HOME, quantity=3_300) for k in range(10)],
                                         "synchronised"),
    "a farm of e-bikes in step": (
        [event(f"p{k}", 1080 + k / 90, "M04", 7_400, place=NEAR, device=f"d{k}") for k in range(12)], "synchronised"),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAUDS)
def test_p34_frauds_of_residents(name):
    rows, reason = FRAUDS[name]
    found = {one.reason for detect in people.ALL for one in detect(table(rows), LIMITS)}
    assert reason in found
    assert found <= set(REASONS)


def test_p34_steps_replayed_from_another_day():
    days = pd.DataFrame(
        [("cheat", date(2026, 11, n), 9_137) for n in (16, 17, 18)] + [("walker", date(2026, 11, 16), 9_137)],
        columns=["person", "business_on", "quantity"],
    )
    (found,) = people.replayed(days, LIMITS)
    assert (found.subject, found.reason, found.facts["days"]) == ("cheat", "replayed_steps", 3)


PARTNER_FRAUDS = {
    "a partner that makes records up at night": (
        [event(f"p{k}", 60 + k % 230, quantity=1_000 + 37 * k) for k in range(200)], "partner_night"),
    "a partner that makes figures up": (
        [event(f"p{k}", 480 + k, quantity=1_000 * (1 + k % 9)) for k in range(150)], "partner_round"),
    "a partner that fills one account": (
        [event("boss" if k % 2 else f"p{k}", 480 + k, "W03", 501 + k) for k in range(150)], "partner_one"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTNER_FRAUDS)
def test_p34_frauds_of_partners(name):
    rows, reason = PARTNER_FRAUDS[name]
    assert reason in {one.reason for one in organisations.partners(table(rows), LIMITS)}


def test_p34_a_partner_that_sends_tenfold():
    usual = [980, 1_010, 1_000, 995, 1_040, 960, 1_005, 1_020]
    (found,) = organisations.spike("bike-co", today=10_000, before=usual, limits=LIMITS)
    assert found.reason == "partner_spike"
    assert organisations.spike("bike-co", today=1_200, before=usual, limits=LIMITS) == []
    assert organisations.spike("bike-co", today=10_000, before=usual[:6], limits=LIMITS) == []


def orders(rows):
    return pd.DataFrame(rows, columns=["merchant", "person", "coins", "held_us", "returned"])


MERCHANT_FRAUDS = {
    "a merchant redeems with itself": (
        [("tea", "boss" if k % 3 else f"p{k}", 20, MIDNIGHT_US + k * 9 * MINUTE_US, False) for k in range(30)],
        "merchant_one"),
    "a merchant empties accounts in a minute": (
        [("tea", f"p{k}", 10, MIDNIGHT_US + k * 4_000_000, False) for k in range(12)], "merchant_burst"),
}  # fmt: skip


@pytest.mark.parametrize("name", MERCHANT_FRAUDS)
def test_p34_frauds_of_merchants(name):
    rows, reason = MERCHANT_FRAUDS[name]
    assert reason in {one.reason for one in organisations.merchants(orders(rows), LIMITS)}


def test_p34_a_merchant_and_a_friend_pass_coins_back_and_forth():
    rows = [("tea", "friend", 10, MIDNIGHT_US + k * 30 * MINUTE_US, True) for k in range(4)]
    assert [one.reason for one in organisations.merchants(orders(rows), LIMITS)] == ["merchant_returns"]


def test_p34_there_are_thirty_scripted_frauds():
    by_hand = 3  # replayed steps, tenfold records, back and forth
    assert len(FRAUDS) + len(PARTNER_FRAUDS) + len(MERCHANT_FRAUDS) + by_hand >= 30


def honest_day(seed, people_count):
    """Return a day of a town: commuters who fill one bus, riders, a few couriers, walkers, recyclers, families on one
    phone and one meter, neighbours who take turns to drive."""
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(people_count):
        device = f"d{n // 2 if n % 10 == 0 else n}"
        common = {"person": f"h{n}", "device": device, "place": (HOME, NEAR)[n % 2]}
        rows += HONEST[n % len(HONEST)](n, rng, common)
    return table(rows)


def commuter(n, rng, common):
    """There and back, one line: twenty at a time have the same minute, stop and distance."""
    line = n // 140
    return [event(minute=470 + line % 40, act="M05", quantity=7_400 + 100 * (line % 9), partner="bus", **common),
            event(minute=float(rng.normal(1_080, 40)), act="M05", quantity=7_400, partner="bus", **common)]  # fmt: skip


def rider(n, rng, common, *, least=1, most=5):
    rides = rng.integers(least, most)
    starts = np.sort(rng.uniform(360, 1_350, rides))
    return [event(minute=float(start), quantity=int(rng.integers(400, 9_000)), evidence_ref=f"r{n}-{k}", **common)
            for k, start in enumerate(starts)]  # fmt: skip


def courier(n, rng, common):
    """One in twenty of these rides all day; the others little."""
    return rider(n, rng, common, least=10, most=17) if n % 20 == 3 else rider(n, rng, common)


def walker(n, rng, common):
    return [event(minute=0, act="M01", quantity=int(rng.integers(2_000, 18_000)), partner="steps", **common)]


def recycler(n, rng, common):
    return [event(minute=float(rng.uniform(420, 1_200)), act="W03", quantity=int(rng.integers(120, 6_000)),
                  partner="recycler", **common)]  # fmt: skip


def neighbour(n, rng, common):
    """Drives one way and is driven the other, with the same person."""
    other = f"h{n + 7 if n // 7 % 2 == 0 else n - 7}"
    return [event(minute=float(rng.normal(475, 20)), act="M12", quantity=int(rng.integers(5_000, 20_000)),
                  partner="carpool", counterpart=other, **common)]  # fmt: skip


def household(n, rng, common):
    return [event(minute=0, act="H01", quantity=int(rng.integers(500, 5_000)), lasts=1_440, partner="grid",
                  asset=f"meter-{n // 14}", **common)]  # fmt: skip


HONEST = (commuter, rider, walker, courier, recycler, neighbour, household)


def test_p34_of_ten_thousand_honest_people_less_than_one_in_two_hundred_is_flagged():
    """18 of 10,000, all of them couriers with more than fourteen rides: 0.18 %, where 0.5 % is the most."""
    events = honest_day(20261120, 10_000)
    found = [one for detect in people.ALL for one in detect(events, LIMITS)]
    flagged = {one.subject for one in found}
    assert {one.reason for one in found} == {"too_many_rides"}
    assert len(flagged) == 18
    assert organisations.partners(events, LIMITS) == []


def test_a_day_without_events_has_no_suspicion():
    empty = table([])
    assert [one for detect in people.ALL for one in detect(empty, LIMITS)] == []
    assert organisations.partners(empty, LIMITS) == []
