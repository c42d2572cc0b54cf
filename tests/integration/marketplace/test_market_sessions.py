"""Listings and auctions on a real database: W06, W08 and every refusal."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from small_market import ENDS, FREE_UNTIL, OPENS, PUBLISHED, YUAN, fund, publish, register

from bookkeeping import postings
from bookkeeping import queries as book
from bookkeeping.postings import Leg
from bookkeeping.refusals import AccountMissing, Overdrawn
from core import jobs
from marketplace import custody, listings, queries, rights, sessions, tasks
from marketplace.models import Bid, Listing, Right, Session

pytestmark = pytest.mark.django_db


@pytest.fixture
def auction():
    register("R1", 0, 320)
    publish()
    fund("A", "B", "C")
    for party in ("A", "B", "C"):
        sessions.sign_up("L1", party=party, at=PUBLISHED)


def bid(party, yuan, at, key=None):
    key = key or f"{party}-{yuan}-{at.timestamp()}"
    return sessions.place_bid("L1", party=party, amount_fen=yuan * YUAN, key=key, at=at)


def available(account):
    return book.balance(account).available


def test_publishing_freezes_the_right_and_a_second_offer_is_refused():
    register("R1", 0, 320)
    register("R2", 300, 400)
    publish()
    assert Right.objects.get(code="R1").status == "frozen"
    with pytest.raises(rights.RightsConflict) as refused:
        publish("L2", "R2")
    [conflict] = refused.value.detail["conflicts"]
    assert (conflict["right"], conflict["area_m2"], conflict["area_mu"]) == ("R1", 4_000.0, 6.0)
    assert conflict["intersection"]["type"] == "MultiPolygon"
    assert Right.objects.get(code="R2").status == "registered"
    with pytest.raises(rights.RightNotFree):
        publish("L3", "R1")
    with pytest.raises(rights.RightNotFree):
        rights.transfer("R1", to="buyer", cause="gift", at=PUBLISHED)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        pytest.param({"mode": "continuous"}, listings.MarketLicenceMissing, id="continuous"),
        pytest.param({"mode": "call_auction"}, listings.MarketLicenceMissing, id="call auction"),
        pytest.param({"mode": "listing_select"}, listings.MarketLicenceMissing, id="select from the book"),
        pytest.param({"mode": "continuous", "market_licence": "X-1"}, listings.ModeNotHeld, id="licensed, not held"),
        pytest.param({"mode": "sealed"}, listings.ModeNotHeld, id="allowed, not held"),
        pytest.param({"mode": "raffle"}, listings.ModeNotHeld, id="unheard of"),
        pytest.param({"deposit_fen": 2_000_001}, listings.DepositTooHigh, id="deposit over a fifth"),
        pytest.param({"start_fen": 0}, listings.TermsRefused, id="no price"),
        pytest.param({"step_fen": 10**15 + 1}, listings.TermsRefused, id="absurd step"),
        pytest.param({"extension_s": 0}, listings.TermsRefused, id="no extension"),
        pytest.param({"free_until": OPENS}, listings.TermsRefused, id="no free period"),
        pytest.param({"opens_at": PUBLISHED - timedelta(1)}, listings.TermsRefused, id="opens in the past"),
    ],
)
def test_terms_that_are_refused(terms, refusal):
    register("R1", 0, 320)
    with pytest.raises(refusal):
        publish(**{"start_fen": 10_000_000, "deposit_fen": 2_000_000, **terms})
    assert Right.objects.get(code="R1").status == "registered"


def test_a_right_that_ends_before_the_auction_is_not_offered():
    register("R1", 0, 320, valid_to=timezone.localdate(ENDS))
    with pytest.raises(listings.RightNotInForce):
        publish()


def test_signing_up_moves_the_deposit_once(auction):
    assert available("fen:deposit/L1/A") == 20_000 * YUAN
    assert available("fen:party/A") == 180_000 * YUAN
    assert sessions.sign_up("L1", party="A", at=PUBLISHED).replayed
    assert available("fen:party/A") == 180_000 * YUAN


def test_who_may_not_sign_up(auction):
    with pytest.raises(sessions.SellerMayNotBid):
        sessions.sign_up("L1", party="zixi-bamboo", at=PUBLISHED)
    with pytest.raises(AccountMissing):
        sessions.sign_up("L1", party="stranger", at=PUBLISHED)
    fund("poor", yuan=19_999)
    with pytest.raises(Overdrawn):
        sessions.sign_up("L1", party="poor", at=PUBLISHED)
    fund("late")
    with pytest.raises(sessions.DeadlinePassed):
        sessions.sign_up("L1", party="late", at=ENDS)


def test_the_auction_runs_by_server_sequence(auction):
    assert bid("A", 100_000, OPENS).sequence == 1
    assert bid("B", 101_000, FREE_UNTIL - timedelta(seconds=1)).deadline_at == ENDS
    late = bid("C", 104_000, ENDS - timedelta(seconds=1))
    assert (late.sequence, late.deadline_at) == (3, ENDS + timedelta(seconds=119))
    view = queries.session_view("L1", at=ENDS)
    assert (view.phase, view.price_fen, view.least_next_fen) == ("timed", 104_000 * YUAN, 105_000 * YUAN)
    assert [(step.bidder, step.amount_fen) for step in view.ladder] == [
        (1, 10_000_000), (2, 10_100_000), (3, 10_400_000),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("party", "yuan", "at", "refusal", "next_yuan"),
    [
        pytest.param("B", 102_500, OPENS, sessions.StepGrid, 103_000, id="W08 between two steps"),
        pytest.param("B", 100_000, OPENS, sessions.StepGrid, 101_000, id="no raise"),
        pytest.param("A", 101_000, OPENS, sessions.LeaderRaises, 101_000, id="own lead"),
        pytest.param("B", 101_000, OPENS - timedelta(seconds=1), sessions.SessionNotOpen, 101_000, id="too early"),
        pytest.param("B", 101_000, ENDS, sessions.DeadlinePassed, 101_000, id="at the deadline"),
    ],
)
def test_bids_that_do_not_count(auction, party, yuan, at, refusal, next_yuan):
    bid("A", 100_000, OPENS)
    with pytest.raises(refusal) as refused:
        bid(party, yuan, at)
    assert refused.value.detail["next_fen"] == next_yuan * YUAN
    assert Session.objects.get(code="L1").bid_count == 1


def test_who_may_not_bid(auction):
    with pytest.raises(sessions.DepositMissing):
        bid("stranger", 100_000, OPENS)
    with pytest.raises(sessions.SellerMayNotBid):
        bid("zixi-bamboo", 100_000, OPENS)
    with pytest.raises(sessions.BelowStart):
        bid("A", 99_999, OPENS)
    for yuan in (0, -1, 10**14):
        with pytest.raises(sessions.BidOutOfRange):
            bid("A", yuan, OPENS)


def test_one_bid_for_one_key(auction):
    first = bid("A", 100_000, OPENS, key="k")
    again = bid("A", 100_000, OPENS + timedelta(seconds=5), key="k")
    assert again.replayed
    assert (again.sequence, again.received_at) == (first.sequence, first.received_at)
    with pytest.raises(sessions.BidKeyReused):
        bid("A", 101_000, OPENS, key="k")
    assert Bid.objects.count() == 1


def test_closing_awards_and_returns_the_losers_deposits(auction):
    bid("A", 100_000, OPENS)
    bid("B", 101_000, OPENS)
    with pytest.raises(sessions.SessionRunning):
        sessions.close("L1", at=ENDS - timedelta(microseconds=1))
    assert sessions.close("L1", at=ENDS).phase == "awarded"
    assert sessions.close("L1", at=ENDS + timedelta(days=1)).phase == "awarded"
    row = Session.objects.get(code="L1")
    assert (row.winner, row.price_fen, row.closed_at) == ("B", 101_000 * YUAN, ENDS)
    assert available("fen:party/A") == available("fen:party/C") == 200_000 * YUAN
    assert available("fen:deposit/L1/B") == 20_000 * YUAN
    with pytest.raises(sessions.DeadlinePassed):
        bid("A", 102_000, ENDS - timedelta(seconds=1))


@pytest.mark.parametrize(("bids", "reason"), [(False, "no_bid"), (True, "reserve_not_met")])
def test_an_unsold_lot_gives_back_deposits_and_the_right(bids, reason):
    register("R1", 0, 320)
    publish(reserve_fen=150_000 * YUAN)
    fund("A")
    sessions.sign_up("L1", party="A", at=PUBLISHED)
    if bids:
        bid("A", 149_000, OPENS)
    view = sessions.close("L1", at=ENDS)
    assert (view.phase, view.unsold_reason) == ("unsold", reason)
    assert available("fen:party/A") == 200_000 * YUAN
    assert Right.objects.get(code="R1").status == "registered"
    publish("L2", at=ENDS, opens_at=ENDS + timedelta(days=1), free_until=ENDS + timedelta(days=1, hours=1))
    assert Listing.objects.filter(right__code="R1").count() == 2


def test_a_frozen_account_does_not_keep_others_waiting(auction):
    from bookkeeping import chart

    bid("B", 100_000, OPENS)
    chart.freeze("fen:party/A", at=ENDS)
    sessions.close("L1", at=ENDS)
    assert available("fen:party/C") == 200_000 * YUAN
    assert available("fen:deposit/L1/A") == 20_000 * YUAN
    assert queries.codes_with_deposits_to_return() == ["L1"]
    chart.unfreeze("fen:party/A", at=ENDS)
    assert sessions.return_deposits("L1", at=ENDS) == 1
    assert available("fen:party/A") == 200_000 * YUAN
    assert queries.codes_with_deposits_to_return() == []


def test_the_recurring_job_closes_what_is_due(auction):
    bid("A", 100_000, OPENS)
    assert queries.due_session_codes(as_of=ENDS - timedelta(seconds=1)) == []
    tasks.close_due_sessions({}, as_of=ENDS)
    assert Session.objects.get(code="L1").winner == "A"


def run_jobs(at):
    jobs.discover()
    jobs.run_due(as_of=at)


def test_an_awarded_session_is_settled_by_the_job_once_the_money_is_there(auction):
    register("R2", 400, 500)
    publish("L2", "R2")
    sessions.sign_up("L2", party="C", at=PUBLISHED)
    sessions.place_bid("L2", party="C", amount_fen=100_000 * YUAN, key="c", at=OPENS)
    bid("A", 190_000, OPENS)  # 20,000 of the 200,000 are the deposit of this auction
    custody_out = Leg("fen:party/A", "fen:bank/custody", 15_000 * YUAN)
    postings.post(reference="out", legs=[custody_out], occurred_at=OPENS)  # 165,000 are left, 170,000 are owed
    for minute in (1, 2):
        run_jobs(ENDS + timedelta(minutes=minute))
        assert queries.session_view("L1", at=ENDS).phase == "awarded"
    assert queries.session_view("L2", at=ENDS).phase == "settled"  # not kept waiting by the one that is not paid
    assert Right.objects.get(code="R1").holder == "zixi-bamboo"
    custody.record_inflow(party="A", amount_fen=5_000 * YUAN, bank_reference="rest", at=ENDS)
    paid_at = ENDS + timedelta(minutes=3)
    run_jobs(paid_at)
    assert queries.session_view("L1", at=ENDS).phase == "settled"
    assert (queries.settlement("L1").buyer, queries.settlement("L1").settled_at) == ("A", paid_at)
    assert Right.objects.get(code="R1").holder == "A"
    assert available("fen:party/A") == 0


def test_the_database_itself_keeps_bids_and_their_time(auction):
    bid("A", 100_000, OPENS)
    session = Session.objects.get(code="L1")
    for statement in ("UPDATE marketplace_bid SET amount_fen = 1", "DELETE FROM marketplace_bid"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    late = {"session": session, "sequence": 2, "party": "B", "amount_fen": 10_100_000, "key": "x", "deadline_at": ENDS}
    with pytest.raises(IntegrityError), transaction.atomic():
        Bid.objects.create(received_at=ENDS, **late)
    with pytest.raises(IntegrityError), transaction.atomic():
        Listing.objects.create(
            code="L2", right=session.listing.right, seller="s", mode="english", start_fen=1, step_fen=1, deposit_fen=1,
            opens_at=OPENS, free_until=ENDS, extension_s=1, published_at=PUBLISHED,
        )  # fmt: skip
    Bid.objects.create(received_at=ENDS - timedelta(microseconds=1), **late)
