"""Goals and circles: opt-in, five at least, aliases that change, and nothing of the past carried in or out."""

from datetime import UTC, date, datetime

import pytest
from behaviour_lines import AT, DAY

from greenpoints.models import Batch, Behaviour
from greenpoints.queries import leaderboards
from greenpoints.residents import circles, goals
from identity import guardians, people, real_names

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture
def village(scene):
    circles.open_circle("wangjia", kind="village", name_zh="王家村", name_en="Wangjia", region="361002", at=AT)
    return scene


def saved(person, mg, on=DAY):
    batch, _made = Batch.objects.get_or_create(
        partner="bike-co", code="b", defaults={"business_on": DAY, "digest": "d", "received_at": AT}
    )
    Behaviour.objects.create(
        batch=batch, row=1, partner="bike-co", external_id=f"{person}/{on}/{mg}", act="M02", person_ref=person,
        business_on=on, posted_mg=mg, status="credited",
    )  # fmt: skip


def all_join(refs, on=NOVEMBER):
    for ref in refs:
        circles.join(ref, "wangjia", on=on)


def board(reader=""):
    return leaderboards.ranking("wangjia", NOVEMBER, after=DECEMBER, reader=reader)


def test_four_members_are_not_shown_and_five_are(village):
    all_join(village[:4])
    for ref in village[:4]:
        saved(ref, 1_000)
    assert board().places is None
    assert leaderboards.circles(NOVEMBER, after=DECEMBER) == []
    all_join(village[4:5])
    assert [(row.place, row.posted_mg) for row in board().places] == [(1, 1_000)] * 4 + [(5, 0)]
    (told,) = leaderboards.circles(NOVEMBER, after=DECEMBER)
    assert (told.members, told.posted_mg, told.mg_each) == (5, 4_000, 800)


def test_nobody_is_in_without_having_joined(village):
    all_join(village[:5])
    saved(village[7], 9_000)
    assert sum(row.posted_mg for row in board().places) == 0


def test_what_was_saved_before_joining_or_after_leaving_stays_out(village):
    all_join(village[:5], on=date(2026, 11, 20))
    saved(village[0], 100, on=date(2026, 11, 19))
    saved(village[0], 10, on=date(2026, 11, 20))
    circles.leave(village[0], "wangjia", on=date(2026, 11, 22))
    saved(village[0], 1, on=date(2026, 11, 22))
    assert board().places[0].posted_mg == 10
    assert leaderboards.ranking("wangjia", DECEMBER, after=date(2027, 1, 1), reader="").places is None


def test_a_reader_finds_their_own_place_beyond_those_shown(village, monkeypatch):
    monkeypatch.setattr(leaderboards, "PLACES_SHOWN", 2)
    all_join(village)
    for n, ref in enumerate(village):
        saved(ref, 1_000 * (n + 1))
    places = board(reader=village[0]).places
    assert [(row.place, row.own) for row in places] == [(1, False), (2, False), (10, True)]


def test_an_alias_leads_nowhere(village):
    names = {leaderboards.alias(village[0], month=month, circle=circle)
             for month in (NOVEMBER, DECEMBER) for circle in ("wangjia", "school-1")}  # fmt: skip
    assert len(names) == 4
    assert not any(name in village[0] for name in names)


def test_a_child_joins_no_circle(village):
    real_names.confirm(village[0], token="gov-1", age_group="adult", at=AT)
    child = people.register("小禾", region="361002", at=AT)
    guardians.bind(child, guardian=village[0], at=AT)
    real_names.confirm(child, token="gov-2", age_group="child", at=AT)
    with pytest.raises(circles.MayNotJoin):
        circles.join(child, "wangjia", on=NOVEMBER)


def test_three_circles_are_enough_and_joining_again_is_nothing(village):
    for n in range(3):
        circles.open_circle(f"unit-{n}", kind="unit", name_zh="单位", name_en="Unit", region="361002", at=AT)
        circles.join(village[0], f"unit-{n}", on=NOVEMBER)
        circles.join(village[0], f"unit-{n}", on=NOVEMBER)
    with pytest.raises(circles.MayNotJoin):
        circles.join(village[0], "wangjia", on=NOVEMBER)
    assert [row.code for row in leaderboards.circles_of(village[0])] == ["unit-0", "unit-1", "unit-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "Bad Code"},
        {"kind": "club"},
        {"name_en": ""},
        {"region": "110000"},
        {"code": "wangjia", "kind": "unit"},
    ],
)
def test_a_circle_that_is_none_is_refused(village, wrong):
    told = {"code": "lijia", "kind": "village", "name_zh": "李家", "name_en": "Lijia", "region": "361002"} | wrong
    with pytest.raises(circles.CircleRefused):
        circles.open_circle(told.pop("code"), **told, at=AT)


def test_the_last_goal_counts(village):
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert leaderboards.goal(village[0]) is None
    goals.choose(village[0], monthly_g=5_000, at=at)
    goals.choose(village[0], monthly_g=8_000, at=at)
    assert leaderboards.goal(village[0]) == 8_000
    for wrong in (0, 1_000_001):
        with pytest.raises(goals.GoalRefused):
            goals.choose(village[0], monthly_g=wrong, at=at)
    goals.drop(village[0])
    assert leaderboards.goal(village[0]) is None
