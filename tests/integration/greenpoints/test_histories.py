"""Promise P3: any history of coins keeps the books right, compared at every step with a model of plain dictionaries.

The model knows people, lots by their last day, orders, and what is carried and owed; nothing of the book.
"""

from datetime import date, timedelta

import pytest
from behaviour_lines import AT, DAY, as_bytes, ride
from coins import broken, give, noon
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bookkeeping import queries as book
from bookkeeping.refusals import AccountMissing
from greenpoints.intake import batches
from greenpoints.models import Carry, Lot
from greenpoints.points import debts, expiry, reversals, spending
from greenpoints.redemption import redemptions
from identity import people

PEOPLE = 2
RIDES = 3  # of 3 km each: the fourth would meet the limit of the day
RIDE_MG, COIN_MG, COST_FEN = 120_000, 100_000, 5
LIFE_ENDS = date(2028, 11, 30)


class Wallet:
    """What one resident has, by the rules as they are written down."""

    def __init__(self):
        self.lots = {}  # last day: free coins
        self.carried_mg = 0
        self.debt = 0

    def add(self, until, coins):
        paid = min(self.debt, coins)
        # Debts are paid from what ends first, which may be older coins than the new ones.
        self.lots[until] = self.lots.get(until, 0) + coins
        self.debt -= sum(n for _until, n in self.take(paid, today=date.min)) if paid else 0

    def free(self, today):
        return sum(coins for until, coins in self.lots.items() if until >= today)

    def take(self, coins, *, today, last_first=False):
        taken = []
        for until in sorted(self.lots, reverse=last_first):
            part = min(self.lots[until], coins) if until >= today else 0
            if part:
                self.lots[until] -= part
                coins -= part
                taken.append((until, part))
        return taken


class Histories(RuleBasedStateMachine):
    """Residents earn, redeem at one shop, get refunds; acts are taken back; days go by and coins end."""

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        tokens = [f"tok-{n}" for n in range(PEOPLE)]
        self.refs = people.enrol_many(partner="bike-co", subject_refs=tokens, region="361002", at=AT)
        self.wallets = [Wallet() for _n in range(PEOPLE)]
        self.today = DAY
        self.held, self.confirmed, self.acts = {}, {}, {}
        self.orders = self.rides = 0
        self.rides_of = [0] * PEOPLE
        self.issued = self.expired = 0

    @rule(who=st.integers(0, PEOPLE - 1), coins=st.integers(1, 40))
    def given(self, who, coins):
        give(self.refs[who], coins, on=self.today)
        months = self.today.year * 12 + self.today.month + 24  # the month after the 24th
        until = date(months // 12, months % 12 + 1, 1) - timedelta(days=1)
        self.wallets[who].add(until, coins)
        self.issued += coins

    @rule(who=st.integers(0, PEOPLE - 1))
    def rides(self, who):
        if self.rides_of[who] == RIDES:
            return
        name = f"e{self.rides}"
        row = ride(name, 6 + 3 * self.rides_of[who], who=f"tok-{who}", metres=3_000)
        kept = batches.receive(partner="bike-co", batch=name, business_on=DAY, content=as_bytes([row]), received_at=AT)
        batches.credit(kept.id, as_of=noon(self.today))
        self.acts[name] = who
        self.rides += 1
        self.rides_of[who] += 1
        wallet = self.wallets[who]
        coins, wallet.carried_mg = divmod(wallet.carried_mg + RIDE_MG, COIN_MG)
        self.issued += coins
        wallet.add(LIFE_ENDS, coins)

    @precondition(lambda self: self.acts)
    @rule(data=st.data())
    def taken_back(self, data):
        name = data.draw(st.sampled_from(sorted(self.acts)))
        who = self.acts.pop(name)
        told = reversals.reverse_act(partner="bike-co", external_id=name, cause="fraud", by="ann", at=noon(self.today))
        wallet = self.wallets[who]
        coins = 0
        while wallet.carried_mg < RIDE_MG - coins * COIN_MG:
            coins += 1
        wallet.carried_mg += coins * COIN_MG - RIDE_MG
        returned = sum(n for _until, n in wallet.take(coins, today=date.min, last_first=True))
        wallet.debt += coins - returned
        self.issued -= returned
        assert (told.returned_coins, told.owed_coins, told.lost_coins) == (returned, coins - returned, 0)

    @rule(who=st.integers(0, PEOPLE - 1), coins=st.integers(1, 15))
    def holds(self, who, coins):
        order = f"o{self.orders}"
        self.orders += 1
        asked = {"person": self.refs[who], "merchant": "tea-house", "coins": coins, "order": order}
        wallet = self.wallets[who]
        if wallet.debt or wallet.free(self.today) < coins:
            with pytest.raises(redemptions.CoinsNotAvailable):
                redemptions.hold(at=noon(self.today), **asked)
            return
        for _again in range(2):
            redemptions.hold(at=noon(self.today), **asked)
        self.held[order] = (who, wallet.take(coins, today=self.today))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def confirms(self, data):
        order = data.draw(st.sampled_from(sorted(self.held)))
        who, taken = self.held.pop(order)
        coins = data.draw(st.integers(1, sum(n for _until, n in taken)))
        for _again in range(2):
            redemptions.confirm(merchant="tea-house", order=order, coins=coins, at=noon(self.today))
        spent, left = [], coins
        for until, n in taken:
            part = min(n, left)
            left -= part
            spent.append([until, part])
            self._back(who, until, n - part)
        self.confirmed[order] = (who, spent)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def releases(self, data):
        order = data.draw(st.sampled_from(sorted(self.held)))
        for _again in range(2):
            redemptions.release(merchant="tea-house", order=order, at=noon(self.today))
        self._freed(order)

    @precondition(lambda self: self.confirmed)
    @rule(data=st.data(), line=st.integers(0, 9))
    def refunds(self, data, line):
        order = data.draw(st.sampled_from(sorted(self.confirmed)))
        who, spent = self.confirmed[order]
        coins = data.draw(st.integers(1, sum(n for _until, n in spent) + 2))
        asked = {"merchant": "tea-house", "order": order, "line": f"{self.today}/{line}", "coins": coins}
        if coins > sum(n for _until, n in spent):
            with pytest.raises((spending.RefundTooLarge, redemptions.RefundLineReused)):
                redemptions.refund(at=noon(self.today), **asked)
            return
        before = book.balance("coin:merchant/tea-house").posted
        try:
            redemptions.refund(at=noon(self.today), **asked)
        except redemptions.RefundLineReused:
            return
        if book.balance("coin:merchant/tea-house").posted == before:
            return  # the line was there with as many coins
        for use in reversed(spent):
            part = min(use[1], coins)
            use[1] -= part
            coins -= part
            self._back(who, max(use[0], self.today + timedelta(days=30)), part)

    @rule(days=st.sampled_from([1, 20, 200, 720]))
    def days_go_by(self, days):
        self.today += timedelta(days=days)
        redemptions.release_expired(at=noon(self.today))
        for order in sorted(self.held):
            self._freed(order)
        ended = 0
        for wallet in self.wallets:
            ended += sum(n for until, n in wallet.lots.items() if until < self.today)
            wallet.lots = {until: n for until, n in wallet.lots.items() if until >= self.today}
        assert expiry.expire(today=self.today, at=noon(self.today)).coins == ended
        assert expiry.expire(today=self.today, at=noon(self.today)).coins == 0
        self.expired += ended

    @invariant()
    def the_book_says_the_same(self):
        for ref, wallet in zip(self.refs, self.wallets, strict=True):
            lots = {lot.expires_on: lot.coins - lot.held_coins for lot in Lot.objects.filter(holder=f"resident/{ref}")}
            assert {day: n for day, n in lots.items() if n} == {day: n for day, n in wallet.lots.items() if n}
            assert _available(ref) == sum(wallet.lots.values())
            assert debts.owed(ref) == wallet.debt
            carry = Carry.objects.filter(person_ref=ref).first() or Carry()
            assert (carry.carried_mg, carry.carried_coins) == (wallet.carried_mg, 0)
        assert broken("I4", "I4b", "I4c", "I4d", "I3") == []

    def teardown(self):
        assert broken() == []
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def _freed(self, order):
        who, taken = self.held.pop(order)
        for until, n in taken:
            self._back(who, until, n)

    def _back(self, who, until, coins):
        wallet = self.wallets[who]
        if coins:
            wallet.lots[until] = wallet.lots.get(until, 0) + coins


def _available(ref):
    try:
        return book.balance(f"coin:resident/{ref}").available
    except AccountMissing:
        return 0


def _run(examples, steps):
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Histories, settings=chosen)


@pytest.fixture
def shop(scene):
    """Return the scene with a fund that lasts; its residents are enrolled again by each history."""
    from greenpoints.points import funds

    funds.endow(sponsor="city", coins=100_000, fen=500_000, reference="more", valid_from=DAY, at=AT)


def test_p3_any_history_keeps_the_books_right(shop):
    _run(10, 25)


@pytest.mark.long
def test_p3_ten_thousand_steps(shop):
    _run(200, 50)
