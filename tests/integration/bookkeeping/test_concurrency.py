"""Writers at the same time: nobody deadlocks, nothing is lost, one reference is posted once."""

import random
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from bookkeeping import bulk, chart, invariants, postings, queries, transparency
from bookkeeping.postings import Leg
from bookkeeping.refusals import AlreadyReversed, HoldResolved, Overdrawn
from core.invariants import Broken

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
RESIDENTS = [f"coin:resident/{n}" for n in range(20)]


@pytest.fixture(autouse=True)
def chart_of_accounts(transactional_db):
    chart.open_accounts(["coin:fund/bus"], nature=chart.Nature.SOURCE, striped=True)
    chart.open_accounts(RESIDENTS, nature=chart.Nature.HOLDER)


def at_once(*works):
    """Run every work on a connection of its own; return what each returned or raised."""
    outcomes, start = [None] * len(works), threading.Barrier(len(works))

    def run(number, work):
        try:
            start.wait()
            outcomes[number] = work()
        except Exception as error:
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def whole():
    checks = (invariants.legs_balance, invariants.balances_follow_legs, invariants.assets_add_up_to_zero)
    assert [found for check in checks for found in check() if isinstance(found, Broken)] == []


def test_overlapping_batches_never_deadlock():
    """Traps T4 and T5: accounts are locked in one order, and no isolation level is asked to sort writers out."""
    bulk.post_many(
        references=[f"gift/{n}" for n in range(20)],
        sources="coin:fund/bus",
        targets=RESIDENTS,
        quantities=[100_000] * 20,
        occurred_at=NOW,
    )

    def work(seed):
        chance = random.Random(seed)
        answers = set()
        for batch in range(6):
            pairs = [chance.sample(RESIDENTS, 2) for _ in range(150)]
            answers |= set(
                bulk.post_many(
                    references=[f"w/{seed}/{batch}/{n}" for n in range(150)],
                    sources=[pair[0] for pair in pairs],
                    targets=[pair[1] for pair in pairs],
                    quantities=[chance.randint(1, 9) for _ in pairs],
                    occurred_at=NOW,
                ).status
            )
            legs = [Leg("coin:fund/bus", code, 1) for code in chance.sample(RESIDENTS, 6)]
            postings.post(reference=f"s/{seed}/{batch}", legs=legs, occurred_at=NOW)
        return answers

    assert at_once(*(lambda seed=seed: work(seed) for seed in range(4))) == [{"posted"}] * 4
    held = queries.balances(RESIDENTS)
    assert sum(balance.posted for balance in held.values()) == 20 * 100_000 + 4 * 6 * 6
    whole()


def test_one_reference_is_posted_once():
    def one():
        legs = [Leg("coin:fund/bus", RESIDENTS[0], 5)]
        return postings.post(reference="same", legs=legs, occurred_at=NOW).replayed

    def batch():
        status = bulk.post_many(
            references=["same"], sources="coin:fund/bus", targets=[RESIDENTS[0]], quantities=[5], occurred_at=NOW
        ).status.tolist()
        return status == ["replayed"]

    assert sorted(at_once(one, one, one, batch, batch)) == [False, True, True, True, True]
    assert queries.balance(RESIDENTS[0]).posted == 5


def test_the_last_coin_is_spent_once():
    postings.post(reference="gift", legs=[Leg("coin:fund/bus", RESIDENTS[0], 5)], occurred_at=NOW)

    def spend(number):
        legs = [Leg(RESIDENTS[0], RESIDENTS[number], 5)]
        return postings.post(reference=f"spend/{number}", legs=legs, occurred_at=NOW).replayed

    outcomes = at_once(*(lambda number=number: spend(number) for number in range(1, 6)))
    assert outcomes.count(False) == 1
    assert sum(isinstance(outcome, Overdrawn) for outcome in outcomes) == 4
    whole()


def test_a_hold_ends_once_and_a_posting_is_reversed_once():
    postings.post(reference="gift", legs=[Leg("coin:fund/bus", RESIDENTS[0], 5)], occurred_at=NOW)
    postings.hold(reference="h", legs=[Leg(RESIDENTS[0], RESIDENTS[1], 4)], occurred_at=NOW, expires_at=NOW)
    outcomes = at_once(
        lambda: postings.release(hold="h", reference="r1", occurred_at=NOW).replayed,
        lambda: postings.release(hold="h", reference="r2", occurred_at=NOW).replayed,
        lambda: postings.release_expired(now=NOW),
    )
    ended = [outcome for outcome in outcomes[:2] if outcome is False]
    assert len(ended) + outcomes[2] == 1
    assert all(outcome is False or isinstance(outcome, HoldResolved) for outcome in outcomes[:2])
    outcomes = at_once(
        *(lambda n=n: postings.reverse(posting="gift", reference=f"back/{n}", occurred_at=NOW).replayed for n in (1, 2))
    )
    assert sorted(map(str, outcomes))[1] == "False" or sorted(map(str, outcomes))[0] == "False"
    assert sum(isinstance(outcome, AlreadyReversed) for outcome in outcomes) == 1
    assert queries.balance(RESIDENTS[0]).posted == 0
    whole()


def test_sealing_beside_writers_leaves_no_leg_out():
    def write(seed):
        for batch in range(8):
            bulk.post_many(
                references=[f"w/{seed}/{batch}/{n}" for n in range(40)],
                sources="coin:fund/bus",
                targets=RESIDENTS * 2,
                quantities=[1] * 40,
                occurred_at=NOW,
            )

    def seal():
        for _ in range(8):
            transparency.seal(at=NOW)

    assert at_once(lambda: write(1), lambda: write(2), seal) == [None] * 3
    transparency.seal(at=NOW)
    assert transparency.head().size == 2 * 8 * 40
    assert [found for found in invariants.log_matches_book() if isinstance(found, Broken)] == []


def test_chains_of_legs_both_ways_never_deadlock():
    bulk.post_many(
        references=[f"gift/{n}" for n in range(2)],
        sources="coin:fund/bus",
        targets=RESIDENTS[:2],
        quantities=[10_000] * 2,
        occurred_at=NOW,
    )

    def pass_through(buyer, seller, name):
        for n in range(40):  # as a settlement does: in and out of the same account
            legs = [Leg(buyer, RESIDENTS[5], 3), Leg(RESIDENTS[5], seller, 3)]
            postings.post(reference=f"sale/{name}/{n}", legs=legs, occurred_at=NOW)
        return "done"

    first, second = RESIDENTS[0], RESIDENTS[1]
    outcomes = at_once(lambda: pass_through(first, second, "a"), lambda: pass_through(second, first, "b"))
    assert outcomes == ["done", "done"]
    whole()


def test_the_same_references_in_another_order_never_deadlock():
    names = [f"act/{n}" for n in range(400)]

    def send(order):
        chosen = [names[n] for n in order]
        status = bulk.post_many(
            references=chosen,
            sources="coin:fund/bus",
            targets=[RESIDENTS[int(name[4:]) % 20] for name in chosen],
            quantities=[1] * 400,
            occurred_at=NOW,
        ).status
        return set(status) <= {"posted", "replayed"}

    forwards, backwards = list(range(400)), list(range(399, -1, -1))
    outcomes = at_once(*(lambda order=order: send(order) for order in (forwards, backwards, forwards, backwards)))
    assert outcomes == [True] * 4
    assert sum(balance.posted for balance in queries.balances(RESIDENTS).values()) == 400
    whole()
