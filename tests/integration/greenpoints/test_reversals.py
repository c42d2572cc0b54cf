"""An act that is taken back leaves the book as if it had never been; what was spent by then is owed."""

import pytest
from behaviour_lines import AT, DAY, ride
from coins import broken, give, left
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_campaigns import TERMS

from bookkeeping import queries as book
from greenpoints.models import Carry, Debt, Reversal
from greenpoints.points import campaigns, funds, reversals
from greenpoints.redemption import redemptions


@pytest.fixture(autouse=True)
def _the_book_holds_afterwards(db):
    yield
    assert broken() == []


def take_back(name, *, cause="refunded"):
    return reversals.reverse_act(partner="bike-co", external_id=name, cause=cause, by="ann", at=AT)


def spend(person, coins, order="o1"):
    redemptions.hold(person=person, merchant="tea-house", coins=coins, order=order, at=AT)
    redemptions.confirm(merchant="tea-house", order=order, at=AT)


def state(person):
    """Return what the book says of a resident and the fund: grams, coins, carry, lots, money."""
    carry = Carry.objects.filter(person_ref=person).first() or Carry()
    return (
        book.balance(f"co2e:resident/{person}").posted, book.balance(f"coin:resident/{person}").posted,
        carry.carried_mg, carry.carried_coins, left(f"resident/{person}"),
        book.balance("coin:fund/city").posted, book.balance("fen:reserved/city").posted,
    )  # fmt: skip


def test_exact_mirror(scene, deliver):
    deliver([ride("e1", 8), ride("e2", 10, metres=6_000)])
    assert state(scene[0])[:3] == (368_000, 3, 68_000)
    told = take_back("e2")
    assert (told.reversed_mg, told.returned_coins, told.owed_coins) == (240_000, 2, 0)
    assert state(scene[0]) == (128_000, 1, 28_000, 0, {"2028-11-30": 1}, 999, 5)
    assert take_back("e2") == told
    assert Reversal.objects.count() == 1


class _Undo(Exception):
    pass


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(metres=st.lists(st.integers(1_000, 2_500), min_size=2, max_size=4), data=st.data())
def test_taking_back_is_never_having_earned(scene, deliver, metres, data):
    """Whatever the acts, whichever is taken back: the state is that of the others alone."""
    gone = data.draw(st.integers(0, len(metres) - 1))
    states = []
    for all_of_them in (True, False):
        try:
            with transaction.atomic():
                rows = [ride(f"e{n}", 8 + 2 * n, metres=m) for n, m in enumerate(metres)]
                deliver(rows if all_of_them else [row for n, row in enumerate(rows) if n != gone])
                if all_of_them:
                    take_back(f"e{gone}")
                states.append(state(scene[0]))
                raise _Undo
        except _Undo:
            pass
    assert states[0] == states[1]


def test_spent_coins_are_owed_block_redeeming_and_are_paid_from_the_next(scene, deliver):
    deliver([ride("e1", 8, metres=6_000)])
    spend(scene[0], 2)
    told = take_back("e1", cause="fraud")
    assert (told.returned_coins, told.owed_coins, told.lost_coins) == (0, 2, 0)
    assert book.balance(f"coin:debt/{scene[0]}").posted == -2
    deliver([ride("e2", 12, metres=3_000)], "b2")  # 120 g: one coin, which pays a half
    assert (book.balance(f"coin:resident/{scene[0]}").posted, Debt.objects.get().coins) == (0, 1)
    give(scene[0], 4, on=DAY)
    assert (book.balance(f"coin:resident/{scene[0]}").posted, Debt.objects.get().coins) == (3, 0)
    assert (book.balance("coin:receivable/city").posted, book.balance("fen:reserved/city").posted) == (0, 15)
    spend(scene[0], 3, "o2")


def test_who_owes_cannot_redeem_and_the_merchant_is_not_told_why(scene, deliver):
    deliver([ride("e1", 8, metres=6_000)])
    redemptions.hold(person=scene[0], merchant="tea-house", coins=2, order="o1", at=AT)
    take_back("e1")
    redemptions.release(merchant="tea-house", order="o1", at=AT)
    assert book.balance(f"coin:resident/{scene[0]}").available == 2
    with pytest.raises(redemptions.CoinsNotAvailable) as refused:
        redemptions.hold(person=scene[0], merchant="tea-house", coins=1, order="o2", at=AT)
    assert refused.value.detail == {"order": "o2"}


def test_debts_are_bounded_and_the_rest_is_written_down_as_lost(scene, deliver, monkeypatch):
    from dataclasses import replace

    from greenpoints import rewards

    deliver([ride("e1", 8, metres=6_000), ride("e2", 10, metres=3_000)])
    spend(scene[0], 3)
    rules = replace(rewards.lot_rules(DAY), debt_limit=2)
    monkeypatch.setattr(rewards, "lot_rules", lambda day: rules)
    first, second = take_back("e1"), take_back("e2")
    assert [(told.owed_coins, told.lost_coins) for told in (first, second)] == [(2, 0), (0, 1)]
    assert book.balance(f"coin:debt/{scene[0]}").posted == -2


def test_the_bonus_of_a_campaign_goes_back_to_its_own_sponsor(scene, deliver):
    funds.endow(sponsor="alliance", coins=50, fen=250, reference="2026", valid_from=DAY.replace(year=2025), at=AT)
    campaigns.propose("bad-air", TERMS, by="ann", at=AT)
    campaigns.activate("bad-air", by="bob", at=AT)
    deliver([ride("e1", 8), ride("e2", 10, metres=1_000)])
    assert book.balance(f"coin:resident/{scene[0]}").posted == 16  # 168 g: one coin, and 1512 g more
    take_back("e1")
    assert book.balance(f"coin:resident/{scene[0]}").posted == 3  # 40 g: none, and 360 g more
    assert (book.balance("coin:fund/alliance").posted, book.balance("fen:fund/alliance").posted) == (47, 235)


def test_what_cannot_be_taken_back(scene, deliver):
    deliver([ride("e1", 8, metres=60_000)])
    for name in ("e1", "e2"):
        with pytest.raises(reversals.ActMissing):
            take_back(name)
    with pytest.raises(reversals.CauseUnknown):
        take_back("e1", cause="because")
