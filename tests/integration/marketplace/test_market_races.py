"""Real threads on a real database: the last second of an auction, and two who want the same land."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from small_market import ENDS, PUBLISHED, YUAN, fund, publish, register

from core.errors import RuleViolation
from marketplace import invariants, listings, rights, sessions
from marketplace.clearing import english
from marketplace.models import Bid, Listing, Right, Session

pytestmark = pytest.mark.django_db(transaction=True)
BIDDERS = [f"bidder-{n}" for n in range(20)]


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run every work in a thread of its own from one start; return what each gave or how it was refused."""
    answers: list[object] = [None] * len(works)
    barrier = Barrier(len(works))

    def run(place: int) -> None:
        barrier.wait()
        try:
            answers[place] = works[place]()
        except RuleViolation as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def broken(check):
    return [found for found in check() if isinstance(found, invariants.Broken)]


def test_p26_twenty_bidders_in_the_last_second():
    register("R1", 0, 320)
    publish()
    fund(*BIDDERS)
    for party in BIDDERS:
        sessions.sign_up("L1", party=party, at=PUBLISHED)

    def bidder(place: int) -> Callable[[], object]:
        received_at = ENDS - timedelta(milliseconds=50 * (place + 1))
        amount_fen = (100_000 + 1_000 * (place % 7)) * YUAN
        return lambda: sessions.place_bid("L1", party=BIDDERS[place], amount_fen=amount_fen, key="k", at=received_at)

    answers = at_once(*(bidder(place) for place in range(20)))
    row = Session.objects.select_related("listing").get(code="L1")
    log = list(Bid.objects.order_by("sequence"))
    accepted = [answer for answer in answers if isinstance(answer, sessions.BidView)]
    assert [bid.sequence for bid in log] == list(range(1, len(accepted) + 1))
    assert all(earlier.amount_fen < later.amount_fen for earlier, later in zip(log, log[1:], strict=False))
    assert (row.leader, row.price_fen, row.bid_count) == (log[-1].party, 106_000 * YUAN, len(log))
    outcome = english.clear(listings.terms_of(row.listing), sessions.log_of(row))
    assert (outcome.winner, outcome.price_fen, outcome.deadline_at) == (row.leader, row.price_fen, row.deadline_at)
    assert outcome.refused == ()
    at_once(*(lambda: sessions.close("L1", at=ENDS + timedelta(minutes=3)) for _ in range(4)))
    assert Session.objects.get(code="L1").winner == log[-1].party
    assert broken(invariants.escrow_is_what_it_should_be) == broken(invariants.the_log_gives_the_winner) == []


def test_one_key_sent_five_times_at_once_is_one_bid():
    register("R1", 0, 320)
    publish()
    fund("A")
    sessions.sign_up("L1", party="A", at=PUBLISHED)
    bid = {"party": "A", "amount_fen": 100_000 * YUAN, "key": "same", "at": ENDS - timedelta(minutes=1)}
    answers = at_once(*(lambda: sessions.place_bid("L1", **bid) for _ in range(5)))
    assert {answer.sequence for answer in answers} == {1}
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_offers_over_the_same_land_one_stands(attempt):
    register("R1", 0, 320)
    register("R2", 300, 500)
    answers = at_once(lambda: publish("L1", "R1"), lambda: publish("L2", "R2"))
    assert sorted(type(answer).__name__ for answer in answers) == ["ListingView", "RightsConflict"]
    assert Listing.objects.count() == 1
    assert Right.objects.filter(status="frozen").count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_registrations_over_the_same_land_one_stands(attempt):
    works = [lambda n=n: register(f"R{n}", 20 * n, 320, holder=f"holder-{n}") for n in range(4)]
    answers = at_once(*works)
    assert sorted(type(answer).__name__ for answer in answers) == ["RightView"] + 3 * ["RightsConflict"]
    assert Right.objects.count() == 1
    assert broken(invariants.one_owner) == []


def test_neighbours_on_the_same_sheets_do_not_deadlock():
    works = [lambda n=n: register(f"R{n}", 400 * n, 400 * n + 350, holder=f"holder-{n}") for n in range(8)]
    answers = at_once(*works)
    assert [answer for answer in answers if not isinstance(answer, rights.RightView)] == []


def test_a_bid_and_the_close_never_both_win():
    register("R1", 0, 320)
    publish()
    fund("A", "B")
    for party in ("A", "B"):
        sessions.sign_up("L1", party=party, at=PUBLISHED)
    sessions.place_bid("L1", party="A", amount_fen=100_000 * YUAN, key="a", at=ENDS - timedelta(minutes=5))
    late = {"party": "B", "amount_fen": 101_000 * YUAN, "key": "b", "at": ENDS - timedelta(microseconds=1)}
    at_once(lambda: sessions.place_bid("L1", **late), lambda: sessions.close("L1", at=ENDS))
    row = Session.objects.get(code="L1")
    assert (row.winner, row.bid_count) in {("A", 1), ("", 2)}
    assert broken(invariants.the_log_gives_the_winner) == []
