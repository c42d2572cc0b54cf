"""Promise P6: duplicates, reorders, splits, overlaps and late parts of deliveries change nothing.

Each example is a random day of two residents at three partners, delivered once cleanly, and once cut, shuffled,
repeated, interleaved between the partners, and credited in several rounds, so that later parts meet earlier answers.
"""

import pytest
from behaviour_lines import AT, DAY, ride
from books import books_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenpoints.models import OwnAct
from identity import organisations
from identity.models import Organisation, PartnerBinding, Person

PARTNERS = ("bike-co", "bus-co", "city-app")
KINDS = {
    "M02": ("m", "operator_record", (900, 6_300)), "M05": ("m", "fare_record", (900, 9_000)),
    "M06": ("trip", "fare_record", (1, 1)), "M01": ("step", "health_api", (1_500, 9_000)),
    "W01": ("day", "station_scan", (1, 1)), "W03": ("g", "scale", (100, 15_000)),
    "C03": ("item", "order_record", (1, 1)),    "D01": ("item", "tax_record", (1, 4)),
}  # fmt: skip


@st.composite
def event(draw):
    act = draw(st.sampled_from(sorted(KINDS)))
    unit, evidence, (least, most) = KINDS[act]
    hour, minute, length = draw(st.integers(6, 12)), draw(st.integers(0, 39)), draw(st.integers(10, 50))
    end = hour * 60 + minute + length
    name = f"e{draw(st.integers(0, 25))}"
    quantity = draw(st.integers(least, most))
    row = ride(name, hour, who=f"tok-{draw(st.integers(0, 1))}", act=act, unit=unit, quantity=quantity,
               evidence={"type": evidence}, place=draw(st.sampled_from(["", "wtdeyu", "wtdeyv"])))  # fmt: skip
    row["started_at"] = f"2026-11-20T{hour:02}:{minute:02}:00+08:00"
    row["ended_at"] = f"2026-11-20T{end // 60:02}:{end % 60:02}:00+08:00"
    return draw(st.sampled_from(PARTNERS)), row


def one_content_per_id(day):
    """Return the day with one content per id: which of two an id names depends on what came first."""
    return list({(partner, row["external_id"]): (partner, row) for partner, row in day}.values())


DAYS = st.lists(event(), min_size=1, max_size=22).map(one_content_per_id)


def clean(day):
    return [[(partner, [row for sender, row in day if sender == partner]) for partner in PARTNERS]]


def scrambled(day, random):
    """Return the day with repetitions, shuffled, cut at random into rounds, and each round by partner."""
    events = day + random.choices(day, k=max(1, len(day) // 2))
    random.shuffle(events)
    cuts = sorted(random.choices(range(len(events) + 1), k=random.randint(1, 4)))
    rounds = [events[a:b] for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    return [part for one in rounds for part in clean(one)]


@pytest.fixture
def three_partners(scene):
    for code in PARTNERS[1:]:
        organisations.register(code=code, name=code, kind="partner", region="361000", at=AT)
        for n in range(2):
            bind(code, f"tok-{n}", scene[n])
    OwnAct.objects.create(partner="bike-co", act="M02")
    OwnAct.objects.create(partner="bus-co", act="M05")


def bind(partner, token, ref):
    PartnerBinding.objects.create(
        partner=Organisation.objects.get(code=partner),
        subject_ref=token,
        person=Person.objects.get(ref=ref),
        bound_at=AT,
    )


def check(day, random):
    whole = books_after(clean(day))
    assert whole[-1] == []
    assert books_after(scrambled(day, random)) == whole


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DAYS, st.randoms(use_true_random=False))
def test_p6_any_delivery_of_a_day_gives_the_same_books(three_partners, day, random):
    check(day, random)


@pytest.mark.long
@settings(max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DAYS, st.randoms(use_true_random=False))
def test_p6_two_thousand_schedules(three_partners, day, random):
    check(day, random)


def at(row, started, ended):
    return row | {"started_at": f"{started}+08:00", "ended_at": f"{ended}+08:00"}


def test_p6_a_ride_over_midnight_keeps_the_next_day_the_same(three_partners):
    late = at(ride("late", 8), "2026-11-20T23:50:00", "2026-11-21T00:05:00")
    early = at(ride("early", 8), "2026-11-21T00:00:00", "2026-11-21T00:15:00")
    first, second = ("bike-co", [late]), ("bike-co", [early])
    one = books_after([[first], [second]], days=[DAY, DAY.replace(day=21)])
    other = books_after([[second], [first]], days=[DAY.replace(day=21), DAY])
    assert one == other
    assert [(row[1], row[3]) for row in one[0]] == [("early", "overlapping_ride"), ("late", "")]
