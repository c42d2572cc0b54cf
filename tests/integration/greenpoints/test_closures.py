"""Leaving: time to think, coins that go back to the sponsor, and a book that still adds up about nobody."""

from datetime import date, timedelta

import pytest
from behaviour_lines import AT, DAY, ride
from coins import broken

from bookkeeping import queries as book
from greenpoints.models import Behaviour, CircleMember, Closure
from greenpoints.redemption import redemptions
from greenpoints.residents import circles, closures
from identity import guardians, people, real_names
from identity import queries as identity_queries

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
AFTER = TODAY + timedelta(days=31)


@pytest.fixture
def rider(scene, deliver):
    """Return a resident who rode 10 km: 400 g, 4 coins."""
    deliver([ride("e1", 8, metres=3_200), ride("e2", 10, metres=4_800), ride("e3", 12, metres=2_000)])
    return scene[0]


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


def test_an_account_ends_after_thirty_days_and_the_book_stays(rider):
    assert closures.ask(rider, today=TODAY, at=AT) == date(2026, 12, 21)
    assert closures.carry_out(today=TODAY + timedelta(days=30), at=AT) == 0
    assert book.balance(f"coin:resident/{rider}").available == 4
    assert closures.carry_out(today=AFTER, at=AT) == 1
    assert book.balance(f"coin:resident/{rider}").posted == 0
    assert book.balance("coin:breakage/city").posted == 4
    assert book.balance("fen:fund/city").posted == 5000
    assert book.balance(f"co2e:resident/{rider}").posted == 400_000
    assert identity_queries.person(rider).partners == []
    assert Closure.objects.get().ended_coins == 4
    assert closures.carry_out(today=AFTER, at=AT) == 0


def test_nothing_of_the_acts_leads_back(rider):
    assert Behaviour.objects.filter(person_ref=rider).exclude(evidence_ref="").count() == 3
    closures.ask(rider, today=TODAY, at=AT)
    closures.carry_out(today=AFTER, at=AT)
    rows = Behaviour.objects.filter(person_ref=rider)
    assert rows.count() == 3
    assert not rows.exclude(evidence_ref="", device="", place="", asset_ref="", counterpart_ref="").exists()
    assert sum(rows.values_list("posted_mg", flat=True)) == 400_000


def test_who_thinks_again_keeps_everything(rider):
    closures.ask(rider, today=TODAY, at=AT)
    closures.take_back(rider, at=AT)
    assert closures.carry_out(today=AFTER, at=AT) == 0
    assert book.balance(f"coin:resident/{rider}").available == 4
    with pytest.raises(closures.ClosureMissing):
        closures.take_back(rider, at=AT)


def test_coins_set_aside_are_waited_for(rider):
    closures.ask(rider, today=TODAY, at=AT)
    redemptions.hold(person=rider, merchant="tea-house", coins=3, order="o1", at=AT)
    assert closures.carry_out(today=AFTER, at=AT) == 0
    redemptions.confirm(merchant="tea-house", order="o1", at=AT)
    assert closures.carry_out(today=AFTER, at=AT) == 1
    assert book.balance("coin:breakage/city").posted == 1


def test_circles_are_left(rider):
    circles.open_circle("wangjia", kind="village", name_zh="王家村", name_en="Wangjia", region="361002", at=AT)
    circles.join(rider, "wangjia", on=DAY)
    closures.ask(rider, today=TODAY, at=AT)
    closures.carry_out(today=AFTER, at=AT)
    assert CircleMember.objects.get().left_on == AFTER


def test_a_guardian_sees_to_the_children_first(rider):
    real_names.confirm(rider, token="gov-1", age_group="adult", at=AT)
    child = people.register("小禾", region="361002", at=AT)
    guardians.bind(child, guardian=rider, at=AT)
    with pytest.raises(closures.WardsLeft):
        closures.ask(rider, today=TODAY, at=AT)
    closures.ask(child, today=TODAY, at=AT)
    assert closures.carry_out(today=AFTER, at=AT) == 1
    closures.ask(rider, today=AFTER, at=AT)
