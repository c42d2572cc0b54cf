"""Each invariant sees the damage it is there for."""

import pytest
from django.db import connection
from small_market import ENDS, OPENS, PUBLISHED, YUAN, fund, publish, register

from bookkeeping.postings import Leg, post
from core.invariants import Broken
from marketplace import invariants, sessions, settlements, triggers
from marketplace.models import Bid, Encumbrance, Right, Session, SignUp

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold():
    register("R1", 0, 320)
    publish()
    fund("A", "B")
    for party in ("A", "B"):
        sessions.sign_up("L1", party=party, at=PUBLISHED)
    sessions.place_bid("L1", party="A", amount_fen=100_000 * YUAN, key="a", at=OPENS)
    sessions.place_bid("L1", party="B", amount_fen=101_000 * YUAN, key="b", at=OPENS)
    sessions.close("L1", at=ENDS)
    assert everything() == []


def everything():
    checks = (
        invariants.escrow_is_what_it_should_be,
        invariants.the_log_gives_the_winner,
        invariants.one_owner,
        invariants.frozen_means_encumbered,
    )
    return [found for check in checks for found in check() if isinstance(found, Broken)]


def only_row():
    [found] = everything()
    return found.row


def test_all_hold_after_the_settlement(sold):
    settlements.settle("L1", at=ENDS)
    assert everything() == []


def test_a_deposit_that_left_without_the_sale_is_seen(sold):
    legs = [Leg(source="fen:deposit/L1/B", target="fen:party/B", quantity=1)]
    post(reference="theft", legs=legs, occurred_at=ENDS)
    assert only_row() == "session L1"


def test_money_left_in_escrow_is_seen(sold):
    settlements.settle("L1", at=ENDS)
    legs = [Leg(source="fen:party/A", target="fen:escrow/L1", quantity=7)]
    post(reference="stray", legs=legs, occurred_at=ENDS)
    assert only_row() == "session L1"


def test_a_deposit_said_to_be_returned_that_was_not_is_seen(sold):
    SignUp.objects.filter(party="B").update(status="returned")
    assert only_row() == "session L1"


def test_another_winner_is_seen(sold):
    Session.objects.update(winner="A")
    assert "session L1" in {found.row for found in everything()}


def test_a_bid_put_in_after_the_deadline_is_seen(sold):
    triggers.TRIGGERS.remove(connection)
    session = Session.objects.get()
    Bid.objects.create(
        session=session, sequence=3, party="A", amount_fen=102_000 * YUAN, key="c", received_at=ENDS, deadline_at=ENDS
    )
    assert only_row() == "session L1 bid 3"


def test_a_bid_taken_out_of_the_log_is_seen(sold):
    triggers.TRIGGERS.remove(connection)
    Bid.objects.filter(party="B").delete()
    assert {found.row for found in everything()} == {"session L1"}


def test_two_owners_of_the_same_land_are_seen(sold):
    register("R2", 300, 400)
    Right.objects.filter(code="R2").update(holder="somebody-else")
    assert only_row() == "right R2"


def test_a_listed_right_that_is_not_frozen_is_seen(sold):
    Right.objects.update(status="registered")
    assert {found.row for found in everything()} == {"right R1", "listing L1"}


def test_a_lifted_freeze_under_a_frozen_right_is_seen(sold):
    Encumbrance.objects.update(lifted_at=ENDS)
    assert only_row() == "right R1"
