"""The English auction on the cases W06, W07 and W08, and what holds for any log of bids."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.clearing import english

TEN = datetime(2025, 12, 12, 2, 0, tzinfo=UTC)  # ten in the morning in Fuzhou
YUAN = 100


def at(clock: str) -> datetime:
    minutes, seconds = clock.split(":")
    return TEN + timedelta(minutes=int(minutes), seconds=float(seconds))


TAIHE = english.Terms(
    start_fen=2_525_292 * YUAN, step_fen=5_000 * YUAN, opens_at=TEN, free_until=at("10:00"), extension_s=120
)
TAIHE_BIDS = [
    english.Bid(1, "A", 2_525_292 * YUAN, at("02:10")),
    english.Bid(2, "B", 2_530_292 * YUAN, at("07:30")),
    english.Bid(3, "C", 2_545_292 * YUAN, at("09:59.5")),
    english.Bid(4, "A", 2_550_292 * YUAN, at("11:58")),
    english.Bid(5, "B", 2_555_292 * YUAN, at("13:58")),
]


def test_w06_a_bid_at_the_deadline_is_too_late():
    outcome = english.clear(TAIHE, TAIHE_BIDS)
    assert outcome == english.Outcome(
        winner="A",
        price_fen=255_029_200,
        deadline_at=at("13:58"),
        reserve_met=True,
        refused=((5, "deadline_passed"),),
    )


def test_w06_the_first_timed_deadline_is_two_minutes_after_the_free_period():
    assert english.opening(TAIHE).deadline_at == at("12:00")
    assert english.clear(TAIHE, TAIHE_BIDS[:3]).deadline_at == at("12:00")


def test_w06_a_hidden_reserve_that_is_not_met_leaves_the_lot_unsold():
    terms = english.Terms(
        start_fen=TAIHE.start_fen, step_fen=TAIHE.step_fen, opens_at=TAIHE.opens_at, free_until=TAIHE.free_until,
        extension_s=120, reserve_fen=2_600_000 * YUAN,
    )  # fmt: skip
    outcome = english.clear(terms, TAIHE_BIDS)
    assert (outcome.winner, outcome.price_fen, outcome.reserve_met) == (None, 255_029_200, False)


def test_w07_only_a_bid_in_the_last_five_minutes_puts_the_end_off():
    terms = english.Terms(
        start_fen=100, step_fen=10, opens_at=TEN - timedelta(hours=1), free_until=TEN - timedelta(minutes=5),
        extension_s=300,
    )  # fmt: skip
    early, late = TEN - timedelta(seconds=301), TEN - timedelta(seconds=160)
    log = [english.Bid(1, "A", 100, early), english.Bid(2, "B", 110, late)]
    assert english.clear(terms, log[:1]).deadline_at == TEN
    assert english.clear(terms, log).deadline_at == TEN + timedelta(minutes=2, seconds=20)
    last = english.Bid(3, "A", 120, TEN + timedelta(minutes=2, seconds=19.9))
    assert english.clear(terms, [*log, last]).deadline_at == TEN + timedelta(minutes=7, seconds=19.9)


def test_w08_a_bid_off_the_grid_is_told_the_next_amount():
    state = english.State(deadline_at=at("12:00"), leader="C", price_fen=2_545_292 * YUAN, accepted=3)
    refusal = english.judge(TAIHE, state, english.Bid(4, "A", 2_548_000 * YUAN, at("10:30")))
    assert refusal == english.Refused("step_grid", 255_029_200)


@pytest.mark.parametrize(
    ("bid", "reason", "next_fen"),
    [
        pytest.param(english.Bid(2, "B", 252_529_200, at("03:00")), "step_grid", 253_029_200, id="no raise"),
        pytest.param(english.Bid(2, "B", 252_000_000, at("03:00")), "step_grid", 253_029_200, id="a lower bid"),
        pytest.param(english.Bid(2, "B", 253_500_000, at("03:00")), "step_grid", 253_529_200, id="between two steps"),
        pytest.param(english.Bid(2, "A", 253_029_200, at("03:00")), "leader_raises", 253_029_200, id="own lead"),
        pytest.param(english.Bid(2, "B", 253_029_200, at("-1:00")), "not_open", 253_029_200, id="before the opening"),
        pytest.param(english.Bid(2, "B", 253_029_200, at("12:00")), "deadline_passed", 253_029_200, id="at the end"),
    ],
)
def test_refusals_say_why_and_what_would_do(bid, reason, next_fen):
    state = english.after(TAIHE, english.opening(TAIHE), TAIHE_BIDS[0])
    assert english.judge(TAIHE, state, bid) == english.Refused(reason, next_fen)


def test_the_first_bid_is_at_least_the_start_price():
    bid = english.Bid(1, "A", 252_529_199, at("01:00"))
    assert english.judge(TAIHE, english.opening(TAIHE), bid) == english.Refused("below_start", 252_529_200)


BIDS = st.lists(
    st.tuples(
        st.sampled_from("ABCD"),
        st.integers(min_value=0, max_value=12),  # steps above the start
        st.sampled_from([0, 0, 0, 1]),  # fen off the grid
        st.integers(min_value=0, max_value=900),  # seconds between bids, in tenths
    ),
    max_size=25,
)


def made(drawn):
    moment, log = TEN + timedelta(minutes=8), []
    for number, (party, steps, off, tenths) in enumerate(drawn, start=1):
        moment += timedelta(seconds=tenths / 10)
        log.append(english.Bid(number, party, TAIHE.start_fen + steps * TAIHE.step_fen + off, moment))
    return log


@given(BIDS, st.randoms(use_true_random=False))
def test_the_same_log_in_any_order_of_arrival_gives_the_same_outcome(drawn, random):
    log = made(drawn)
    shuffled = list(log)
    random.shuffle(shuffled)
    assert english.clear(TAIHE, shuffled) == english.clear(TAIHE, log)


@given(BIDS)
def test_the_winner_made_the_best_valid_bid_and_valid_bids_rise_by_whole_steps(drawn):
    log = made(drawn)
    outcome = english.clear(TAIHE, log)
    void = {sequence for sequence, _ in outcome.refused}
    valid = [bid for bid in log if bid.sequence not in void]
    if not valid:
        assert outcome.winner is None
        return
    assert (outcome.winner, outcome.price_fen) == (valid[-1].party, max(bid.amount_fen for bid in valid))
    rises = [later.amount_fen - earlier.amount_fen for earlier, later in zip(valid, valid[1:], strict=False)]
    assert all(rise > 0 and rise % 500_000 == 0 for rise in rises)
    assert all(bid.received_at < outcome.deadline_at for bid in valid)


@given(BIDS)
def test_a_refused_bid_changes_nothing(drawn):
    log = made(drawn)
    outcome = english.clear(TAIHE, log)
    void = {sequence for sequence, _ in outcome.refused}
    clean = english.clear(TAIHE, [bid for bid in log if bid.sequence not in void])
    assert (clean.winner, clean.price_fen, clean.deadline_at) == (
        outcome.winner,
        outcome.price_fen,
        outcome.deadline_at,
    )
