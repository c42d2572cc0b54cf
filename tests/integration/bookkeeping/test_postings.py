"""Single postings: what they move, what they refuse, and that twice is once."""

from datetime import timedelta

import pytest
from django.db import transaction

from bookkeeping import chart, postings, queries, refusals
from bookkeeping.postings import Leg
from bookkeeping.statements import CursorRefused

pytestmark = pytest.mark.usefixtures("accounts")
A, B, C, TEA = "coin:resident/a", "coin:resident/b", "coin:resident/c", "coin:merchant/tea"
BUS, BIKE = "coin:fund/bus", "coin:fund/bike"


def give(quantity, to=A, *, now, reference="gift"):
    return postings.post(reference=reference, legs=[Leg(BUS, to, quantity)], occurred_at=now)


def holds(code):
    balance = queries.balance(code)
    return balance.posted, balance.held


def test_a_posting_moves_every_leg(now):
    posted = postings.post(reference="p", legs=[Leg(BUS, A, 5), Leg(BIKE, B, 7)], occurred_at=now)
    assert posted == postings.Posted("p", replayed=False)
    assert [holds(code) for code in (BUS, BIKE, A, B)] == [(-5, 0), (-7, 0), (5, 0), (7, 0)]
    assert [(leg.source, leg.target, leg.quantity) for leg in queries.posting("p")] == [(BUS, A, 5), (BIKE, B, 7)]


def test_twice_is_once_whatever_the_time(now):
    give(5, now=now)
    again = postings.post(reference="gift", legs=[Leg(BUS, A, 5)], occurred_at=now + timedelta(days=1))
    assert again.replayed
    assert holds(A) == (5, 0)


@pytest.mark.parametrize(
    "legs", [[Leg(BUS, A, 6)], [Leg(BUS, B, 5)], [Leg(BIKE, A, 5)], [Leg(BUS, A, 5), Leg(BUS, B, 1)]]
)
def test_a_reference_names_one_content(now, legs):
    give(5, now=now)
    with pytest.raises(refusals.ReferenceReused):
        postings.post(reference="gift", legs=legs, occurred_at=now)
    assert holds(A) == (5, 0)
    assert holds(B) == (0, 0)


@pytest.mark.parametrize(
    ("legs", "refusal"),
    [
        ([Leg(A, B, 6)], refusals.Overdrawn),
        ([Leg(BUS, B, 1), Leg(A, B, 6)], refusals.Overdrawn),
        ([Leg(BUS, TEA, 51)], refusals.OverLimit),
        ([Leg(BUS, "coin:resident/nobody", 1)], refusals.AccountMissing),
        ([Leg("coin:resident/nobody", A, 1)], refusals.AccountMissing),
        ([Leg("fen:bank/custody", A, 1)], refusals.AssetsDiffer),
        ([Leg(A, A, 1)], refusals.SameAccount),
        ([Leg(C, B, 1), Leg(BUS, C, 1)], refusals.Overdrawn),
    ],
)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside a transaction"])
def test_a_refused_posting_leaves_no_trace(now, legs, refusal, inside):
    give(5, now=now)
    with transaction.atomic():
        with pytest.raises(refusal):
            postings.post(reference="p", legs=legs, occurred_at=now)
        assert holds(A) == (5, 0)  # the transaction around it goes on
    with pytest.raises(refusals.PostingMissing):
        queries.posting("p")
    assert [holds(code) for code in (B, C, TEA)] == [(0, 0)] * 3


def test_legs_stand_in_order(now):
    """What a resident receives in a posting can be given on in the same posting."""
    postings.post(reference="p", legs=[Leg(BUS, C, 3), Leg(C, B, 3)], occurred_at=now)
    assert (holds(C), holds(B)) == ((0, 0), (3, 0))


@pytest.mark.parametrize("quantity", [0, -1, 10**17 + 1])
def test_a_quantity_that_no_caller_should_make(now, quantity):
    with pytest.raises(ValueError, match="a leg moves 1 to"):
        postings.post(reference="p", legs=[Leg(BUS, A, quantity)], occurred_at=now)


def test_a_frozen_account_stands_still(now):
    give(5, now=now)
    chart.freeze(A, at=now)
    chart.freeze(BUS, at=now)
    for legs in ([Leg(A, B, 1)], [Leg(BIKE, A, 1)], [Leg(BUS, B, 1)]):
        with pytest.raises(refusals.AccountFrozen):
            postings.post(reference="p", legs=legs, occurred_at=now)
    chart.unfreeze(A, at=now)
    postings.post(reference="p", legs=[Leg(A, B, 1)], occurred_at=now)
    assert holds(A) == (4, 0)
    assert give(5, now=now).replayed  # a retry is answered, frozen or not


def test_a_hold_is_confirmed_in_part_and_the_rest_is_free_again(now):
    give(10, now=now)
    postings.hold(reference="h", legs=[Leg(A, TEA, 6), Leg(A, B, 3)], occurred_at=now)
    assert holds(A) == (10, 9)
    assert queries.balance(A).available == 1
    with pytest.raises(refusals.Overdrawn):
        postings.post(reference="p", legs=[Leg(A, C, 2)], occurred_at=now)
    postings.confirm(hold="h", reference="c", occurred_at=now, quantities=[4, 0])
    assert [holds(code) for code in (A, TEA, B)] == [(6, 0), (4, 0), (0, 0)]
    assert postings.confirm(hold="h", reference="c", occurred_at=now, quantities=[4, 0]).replayed
    with pytest.raises(refusals.HoldResolved):
        postings.release(hold="h", reference="again", occurred_at=now)
    with pytest.raises(refusals.HoldResolved):
        postings.confirm(hold="h", reference="again", occurred_at=now)


def test_a_hold_reserves_room_under_the_ceiling(now):
    give(60, now=now)
    postings.hold(reference="h", legs=[Leg(A, TEA, 40)], occurred_at=now)
    with pytest.raises(refusals.OverLimit):
        postings.post(reference="p", legs=[Leg(A, TEA, 11)], occurred_at=now)
    postings.release(hold="h", reference="r", occurred_at=now)
    postings.post(reference="p", legs=[Leg(A, TEA, 11)], occurred_at=now)
    assert (holds(A), holds(TEA)) == ((49, 0), (11, 0))


def test_a_hold_from_a_striped_account(now):
    postings.hold(reference="h", legs=[Leg(BUS, A, 4)], occurred_at=now)
    assert holds(BUS) == (0, 4)
    postings.confirm(hold="h", reference="c", occurred_at=now)
    assert (holds(BUS), holds(A)) == ((-4, 0), (4, 0))


@pytest.mark.parametrize("quantities", [[7], [-1], [0], [1, 1]])
def test_no_more_is_confirmed_than_is_held(now, quantities):
    give(10, now=now)
    postings.hold(reference="h", legs=[Leg(A, B, 6)], occurred_at=now)
    with pytest.raises(ValueError, match="h"):
        postings.confirm(hold="h", reference="c", occurred_at=now, quantities=quantities)


def test_expired_holds_are_released_and_no_longer_confirmed(now):
    give(10, now=now)
    later = now + timedelta(minutes=15)
    postings.hold(reference="h1", legs=[Leg(A, B, 1), Leg(A, C, 1)], occurred_at=now, expires_at=later)
    postings.hold(reference="h2", legs=[Leg(A, B, 2)], occurred_at=now, expires_at=later + timedelta(seconds=1))
    postings.hold(reference="h3", legs=[Leg(A, B, 4)], occurred_at=now)
    with pytest.raises(refusals.HoldExpired):
        postings.confirm(hold="h1", reference="c", occurred_at=later)
    assert postings.release_expired(now=later) == 2
    assert postings.release_expired(now=later) == 0
    assert holds(A) == (10, 6)
    assert [leg.kind for leg in queries.posting("h1/expired")] == [4, 4]
    with pytest.raises(refusals.HoldResolved):
        postings.release(hold="h1", reference="r", occurred_at=later)


def test_a_reversal_goes_back_the_same_way_once(now):
    postings.post(reference="p", legs=[Leg(BUS, C, 3), Leg(C, B, 3)], occurred_at=now)
    postings.reverse(posting="p", reference="r", occurred_at=now)
    assert [holds(code) for code in (BUS, C, B)] == [(0, 0)] * 3
    assert postings.reverse(posting="p", reference="r", occurred_at=now).replayed
    with pytest.raises(refusals.AlreadyReversed):
        postings.reverse(posting="p", reference="r2", occurred_at=now)
    with pytest.raises(refusals.NotReversible):
        postings.reverse(posting="r", reference="r2", occurred_at=now)


def test_a_reversal_cannot_take_what_is_spent(now):
    give(5, now=now)
    postings.post(reference="p", legs=[Leg(A, B, 4)], occurred_at=now)
    with pytest.raises(refusals.Overdrawn):
        postings.reverse(posting="gift", reference="r", occurred_at=now)


def test_opening_again_is_nothing_on_the_same_terms_only():
    chart.open_accounts([A, B], nature="holder")
    with pytest.raises(refusals.AccountTermsDiffer):
        chart.open_accounts([A], nature="holder", ceiling=100)
    with pytest.raises(refusals.AccountTermsDiffer):
        chart.open_accounts(["coin:resident/new", BUS], nature="source")  # not striped
    with pytest.raises(refusals.AccountMissing):
        queries.balance("coin:resident/new")
    with pytest.raises(ValueError, match="an account code is"):
        chart.open_accounts(["gold:x"], nature="holder")


def test_a_statement_runs_backwards_page_by_page(now):
    for number, quantity in enumerate([10, 20, 30]):
        give(quantity, now=now + timedelta(days=number), reference=f"g{number}")
    postings.post(reference="spent", legs=[Leg(A, TEA, 15)], occurred_at=now + timedelta(days=1))
    first = queries.statement(A, limit=3)
    assert [(line.reference, line.quantity, line.balance) for line in first.lines] == [
        ("spent", -15, 45),
        ("g2", 30, 60),
        ("g1", 20, 30),
    ]
    second = queries.statement(A, limit=3, after=first.next)
    assert [(line.reference, line.quantity, line.balance) for line in second.lines] == [("g0", 10, 10)]
    assert second.next is None
    early = queries.statement(A, until=now + timedelta(days=1))
    assert [(line.reference, line.balance) for line in early.lines] == [("spent", 15), ("g1", 30), ("g0", 10)]
    assert first.lines[0].occurred_at == now + timedelta(days=1)
    for forged in ("x", first.next + "x"):
        with pytest.raises(CursorRefused):
            queries.statement(A, after=forged)
    with pytest.raises(CursorRefused):
        queries.statement(B, after=first.next)


def test_a_trial_balance_adds_up_to_zero_at_any_time(now):
    give(10, now=now, reference="g0")
    give(20, now=now + timedelta(days=1), reference="g1")
    postings.hold(reference="h", legs=[Leg(A, TEA, 5)], occurred_at=now)
    lines = {line.heading: (line.accounts, line.balance, line.held) for line in queries.trial_balance()}
    assert lines["coin:fund"] == (2, -30, 0)
    assert lines["coin:resident"] == (3, 30, 5)
    then = {line.heading: line.balance for line in queries.trial_balance(at=now)}
    assert then == {"coin:fund": -10, "coin:merchant": 0, "coin:resident": 10, "fen:bank": 0, "fen:budget": 0}


@pytest.mark.parametrize("quantity", [1.5, 1.0, True, "1"])
def test_only_a_whole_number_moves(now, quantity):
    with pytest.raises(ValueError, match="whole number"):
        postings.post(reference="x", legs=[Leg("coin:fund/bike", "coin:resident/a", quantity)], occurred_at=now)


def test_only_a_whole_number_is_confirmed(now):
    postings.post(reference="gift", legs=[Leg("coin:fund/bike", "coin:resident/a", 9)], occurred_at=now)
    postings.hold(reference="h", legs=[Leg("coin:resident/a", "coin:resident/b", 4)], occurred_at=now)
    with pytest.raises(ValueError, match="whole number"):
        postings.confirm(hold="h", reference="c", occurred_at=now, quantities=[2.5])


def test_an_instant_has_an_offset(now):
    with pytest.raises(ValueError, match="no offset"):
        postings.post(
            reference="x", legs=[Leg("coin:fund/bike", "coin:resident/a", 1)], occurred_at=now.replace(tzinfo=None)
        )


def test_a_hold_with_a_frozen_account_expires_as_a_whole_or_not_yet(now):
    postings.post(reference="gift", legs=[Leg("coin:fund/bike", "coin:resident/a", 9)], occurred_at=now)
    legs = [Leg("coin:resident/a", "coin:resident/b", 2), Leg("coin:resident/a", "coin:resident/c", 3)]
    postings.hold(reference="h", legs=legs, occurred_at=now, expires_at=now)
    chart.freeze("coin:resident/c", at=now)
    assert postings.release_expired(now=now) == 0
    assert queries.balance("coin:resident/a").held == 5
    chart.unfreeze("coin:resident/c", at=now)
    assert postings.release_expired(now=now, limit=1) == 2  # one hold, both its legs
    assert queries.balance("coin:resident/a").held == 0


def test_nobody_can_take_the_name_that_the_sweep_will_use(now):
    with pytest.raises(ValueError, match="named by the sweep"):
        postings.post(reference="h/expired", legs=[Leg("coin:fund/bike", "coin:resident/a", 1)], occurred_at=now)
