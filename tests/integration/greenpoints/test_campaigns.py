"""Campaigns add to the usual coins, within their sponsor's money, and stop there; the usual coins go on (LB-07)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from behaviour_lines import AT, DAY, ride
from coins import broken, left

from bookkeeping import queries as book
from bookkeeping.refusals import Overdrawn
from greenpoints.models import Bonus, Campaign
from greenpoints.points import campaigns, funds, grants

TERMS = campaigns.Terms(
    title_zh="污染天气绿色出行",
    title_en="Greener ways on days of bad air",
    sponsor="alliance",
    numerator=10,
    denominator=1,
    valid_from=DAY,
    valid_to=DAY + timedelta(days=30),
    person_cap=100,
    budget_coins=50,
)


@pytest.fixture(autouse=True)
def alliance(scene):
    """Give a second sponsor money for campaigns only: its fund is not the first in force."""
    first = DAY - timedelta(days=1)
    funds.endow(sponsor="alliance", coins=50, fen=250, reference="2026", valid_from=first, at=AT)
    yield
    assert broken() == []


def start(code="bad-air", **changes):
    campaigns.propose(code, replace(TERMS, **changes), by="ann", at=AT)
    campaigns.activate(code, by="bob", at=AT)


def coins_of(person):
    return book.balance(f"coin:resident/{person}").posted


def bonuses():
    return list(Bonus.objects.order_by("person_ref").values_list("coins", "status"))


def test_lb07_the_multiplier_stops_with_its_fund_and_the_base_goes_on(scene, deliver):
    start(budget_coins=1_000)
    rows = [ride(f"e{n}", 8, who=f"tok-{n}") for n in range(10)]  # 128 g each: one coin, and 1152 g more: eleven
    deliver(rows)
    paid = [coins_of(person) for person in sorted(scene)]
    assert paid == [12, 12, 12, 12, 1, 1, 1, 1, 1, 1]
    assert bonuses() == [(11, "paid")] * 4 + [(0, "exhausted")] * 6
    assert (book.balance("coin:fund/alliance").posted, book.balance("fen:fund/alliance").posted) == (6, 30)
    assert (book.balance("fen:reserved/alliance").posted, book.balance("fen:reserved/city").posted) == (220, 50)
    assert Campaign.objects.get().status == "exhausted"
    deliver([ride("later", 12, who="tok-0")], "b2")
    assert Bonus.objects.count() == 10


def test_the_budget_of_the_campaign_binds_before_the_fund(scene, deliver):
    start(budget_coins=22)
    deliver([ride(f"e{n}", 8, who=f"tok-{n}") for n in range(3)])
    assert sorted(coins_of(scene[n]) for n in range(3)) == [1, 12, 12]
    assert Campaign.objects.values_list("paid_coins", "status").get() == (22, "exhausted")


def test_a_resident_gets_no_more_than_the_cap(scene, deliver):
    start(person_cap=5)
    deliver([ride("e1", 8)])
    deliver([ride("e2", 10)], "b2")
    assert coins_of(scene[0]) == 7  # 256 g are two coins, and five from the campaign
    assert bonuses() == [(5, "paid"), (0, "nothing_due")]


def test_a_fifth_more_is_never_lost_between_days(scene, deliver):
    """Rural residents get 1.2 times: a fifth of 128 g is 25.6 g, so that the fourth ride makes the first coin more."""
    start(numerator=6, denominator=5, regions=("361002",))
    for n in range(4):
        deliver([ride(f"e{n}", 8 + 2 * n, metres=2_500)], f"b{n}")  # 100 g a ride
    assert [coins for coins, _status in bonuses()] == [0, 0, 0, 0]
    deliver([ride("e4", 16, metres=2_500)], "b4")
    assert coins_of(scene[0]) == 4  # the day's limit is 10 km: the fifth ride counts nothing
    assert left(f"resident/{scene[0]}") == {"2028-11-30": 4}


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        pytest.param({}, 11, id="all"),
        pytest.param({"acts": ("M02",)}, 11, id="this act"),
        pytest.param({"acts": ("M05", "M07")}, 0, id="other acts"),
        pytest.param({"regions": ("361002",)}, 11, id="this county"),
        pytest.param({"regions": ("361000",)}, 11, id="the whole city"),
        pytest.param({"regions": ("361028",)}, 0, id="another county"),
        pytest.param({"declared_days": True}, 0, id="a day that nobody declared"),
        pytest.param({"valid_to": DAY + timedelta(days=1)}, 11, id="its last day"),
        pytest.param({"valid_from": DAY - timedelta(days=9), "valid_to": DAY}, 0, id="over"),
    ],
)
def test_where_and_when_it_counts(scene, deliver, changes, more):
    start(**changes)
    deliver([ride("e1", 8)])
    assert coins_of(scene[0]) == 1 + more


def test_a_declared_day_counts(scene, deliver):
    start(declared_days=True)
    for _again in range(2):
        campaigns.declare_day("bad-air", DAY, by="cat")
    deliver([ride("e1", 8)])
    assert coins_of(scene[0]) == 12
    with pytest.raises(campaigns.CampaignRefused):
        campaigns.declare_day("bad-air", DAY + timedelta(days=30), by="cat")


def test_two_people_stand_behind_a_campaign(scene, deliver):
    campaigns.propose("bad-air", TERMS, by="ann", at=AT)
    with pytest.raises(grants.SamePersonDecides):
        campaigns.activate("bad-air", by="ann", at=AT)
    deliver([ride("e1", 8)])
    assert coins_of(scene[0]) == 1
    for _again in range(2):
        campaigns.activate("bad-air", by="bob", at=AT)
        campaigns.propose("bad-air", TERMS, by="ann", at=AT)
    with pytest.raises(campaigns.CampaignDiffers):
        campaigns.propose("bad-air", replace(TERMS, numerator=9), by="ann", at=AT)
    campaigns.stop("bad-air", by="ann", at=AT)
    with pytest.raises(campaigns.CampaignNotOpen):
        campaigns.activate("bad-air", by="bob", at=AT)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("sponsor", {"sponsor": "nobody"}), ("factor", {"numerator": 1}), ("factor", {"numerator": 11}),
        ("days", {"valid_to": DAY}), ("acts", {"acts": ("X99",)}), ("regions", {"regions": ("999999",)}),
        ("budget_coins", {"budget_coins": 0}), ("title", {"title_en": ""}),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_are_refused_by_name(field, changes):
    with pytest.raises(campaigns.CampaignRefused) as refused:
        campaigns.propose("c", replace(TERMS, **changes), by="ann", at=AT)
    assert refused.value.detail["field"] == field


def test_where_one_sponsor_of_the_usual_coins_is_empty_the_next_pays(scene, deliver):
    city = book.balance("coin:fund/city").posted
    grants.propose(code="all", person=scene[9], sponsor="city", coins=city, reason="test", by="ann", at=AT)
    grants.approve("all", by="bob", at=AT)
    deliver([ride("e1", 8)])
    assert (coins_of(scene[0]), book.balance("coin:fund/alliance").posted) == (1, 49)


def test_a_grant_takes_two_people_and_what_the_fund_has(scene):
    asked = {"code": "g1", "person": scene[0], "sponsor": "city", "reason": "opening", "by": "ann", "at": AT}
    for _again in range(2):
        grants.propose(coins=5, **asked)
    with pytest.raises(grants.GrantDiffers):
        grants.propose(coins=6, **asked)
    with pytest.raises(grants.SamePersonDecides):
        grants.approve("g1", by="ann", at=AT)
    for _again in range(2):
        grants.approve("g1", by="bob", at=AT)
    assert coins_of(scene[0]) == 5
    with pytest.raises(grants.GrantDiffers):
        grants.refuse("g1", by="bob", at=AT)
    grants.propose(coins=996, **asked | {"code": "g2"})
    with pytest.raises(Overdrawn):
        grants.approve("g2", by="bob", at=AT)
    grants.refuse("g2", by="bob", at=AT)
    with pytest.raises(grants.GrantMissing):
        grants.approve("g3", by="bob", at=AT)
    for field, wrong in (("coins", {"coins": 0}), ("sponsor", {"coins": 1, "sponsor": "nobody"})):
        with pytest.raises(grants.GrantRefused) as refused:
            grants.propose(**asked | {"code": "g4"} | wrong)
        assert refused.value.detail == {"field": field}
