"""Sealed and multi-unit auctions on the cases W05, W09, W10 and W11; the modes that need a licence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.clearing import modes, multi_unit, sealed

P, R, Q, S = (
    sealed.SealedBid(1, "P", 350_000),
    sealed.SealedBid(2, "R", 362_000),
    sealed.SealedBid(3, "Q", 362_000),
    sealed.SealedBid(4, "S", 290_000),
)


@pytest.mark.parametrize(
    ("bids", "pricing", "winner", "price"),
    [
        pytest.param([P, R, Q, S], "first_price", "R", 362_000, id="W09 first price, the earlier of equals"),
        pytest.param([P, R, Q, S], "second_price", "R", 362_000, id="W09 second price: Q ties"),
        pytest.param([P, R, S], "second_price", "R", 350_000, id="W09 second price without Q"),
        pytest.param([R], "second_price", "R", 300_000, id="W09 R alone pays the reserve"),
        pytest.param([S], "first_price", None, None, id="W09 below the reserve nobody wins"),
    ],
)
def test_w09_sealed(bids, pricing, winner, price):
    outcome = sealed.clear(bids, reserve_fen=300_000, pricing=pricing)
    assert (outcome.winner, outcome.price_fen) == (winner, price)
    assert outcome.void == ((4,) if S in bids else ())


def test_the_last_version_of_a_sealed_bid_counts_with_its_own_number():
    raised = sealed.SealedBid(5, "Q", 362_000)
    outcome = sealed.clear([sealed.SealedBid(1, "Q", 900_000), R, raised], reserve_fen=300_000)
    assert (outcome.winner, outcome.price_fen) == ("R", 362_000)


PHCER = [
    multi_unit.UnitBid(1, "A", 50_000, 32_50),
    multi_unit.UnitBid(2, "B", 40_000, 31_00),
    multi_unit.UnitBid(3, "C", 30_000, 30_50),
    multi_unit.UnitBid(4, "D", 20_000, 30_50),
    multi_unit.UnitBid(5, "E", 10_000, 29_98),
    multi_unit.UnitBid(6, "F", 5_000, 29_90),
]


def quantities(outcome):
    return {allotment.party: allotment.quantity for allotment in outcome.allotments}


def test_w05_uniform_price():
    outcome = multi_unit.clear(PHCER, supply=123_760, floor_fen=29_98)
    assert outcome.price_fen == 30_50
    assert quantities(outcome) == {"A": 50_000, "B": 40_000, "C": 30_000, "D": 3_760, "E": 0}
    assert outcome.revenue_fen == 3_774_680_00
    assert outcome.void == (6,)


def test_w05_pro_rata_at_the_margin():
    outcome = multi_unit.clear(PHCER, supply=123_760, floor_fen=29_98, at_margin="pro_rata")
    assert quantities(outcome) == {"A": 50_000, "B": 40_000, "C": 20_256, "D": 13_504, "E": 0}


def test_w05_paid_as_bid_would_raise_more():
    assert multi_unit.clear(PHCER, supply=123_760, floor_fen=29_98, pricing="pay_as_bid").revenue_fen == 3_894_680_00


def test_w10_three_equal_units_go_to_the_three_best_ranks():
    bids = [
        multi_unit.UnitBid(1, "a", 1, 12_800),
        multi_unit.UnitBid(2, "b", 1, 13_500),
        multi_unit.UnitBid(3, "c", 1, 12_800),
        multi_unit.UnitBid(4, "d", 1, 11_000),
        multi_unit.UnitBid(5, "e", 1, 12_700),
    ]
    outcome = multi_unit.clear(bids, supply=3, floor_fen=10_000, pricing="pay_as_bid")
    winners = [(allotment.party, allotment.sequence) for allotment in outcome.allotments if allotment.quantity]
    assert winners == [("b", 2), ("a", 1), ("c", 3)]
    assert outcome.price_fen == 12_800


def test_w11_quota_paid_as_bid_in_kilograms_at_a_price_per_tonne():
    bids = [
        multi_unit.UnitBid(1, "X", 2_000, 24_000_00),
        multi_unit.UnitBid(2, "Y", 1_500, 23_500_00),
        multi_unit.UnitBid(3, "Z", 1_500, 23_500_00),
    ]
    outcome = multi_unit.clear(bids, supply=4_048, floor_fen=21_000_00, pricing="pay_as_bid", scale=1_000)
    assert [(a.party, a.quantity, a.due_fen) for a in outcome.allotments] == [
        ("X", 2_000, 48_000_00),
        ("Y", 1_500, 35_250_00),
        ("Z", 548, 12_878_00),
    ]


UNIT_BIDS = st.lists(st.tuples(st.integers(1, 50), st.integers(8, 14)), max_size=12).map(
    lambda drawn: [multi_unit.UnitBid(n, f"p{n}", q, price) for n, (q, price) in enumerate(drawn, start=1)]
)


@given(UNIT_BIDS, st.integers(0, 200), st.sampled_from(["time", "pro_rata"]), st.randoms(use_true_random=False))
def test_units_are_never_oversold_nor_left_while_somebody_asks(bids, supply, at_margin, random):
    outcome = multi_unit.clear(bids, supply=supply, floor_fen=10, at_margin=at_margin)
    asked = sum(bid.quantity for bid in bids if bid.price_fen >= 10)
    assert sum(quantities(outcome).values()) == min(supply, asked)
    assert all(a.quantity <= bids[a.sequence - 1].quantity for a in outcome.allotments)
    shuffled = list(bids)
    random.shuffle(shuffled)
    assert multi_unit.clear(shuffled, supply=supply, floor_fen=10, at_margin=at_margin) == outcome


def test_only_the_modes_that_the_law_names_need_a_licence():
    assert {mode for mode in ("continuous", "call_auction", "listing_select") if modes.needs_licence(mode)} == {
        "continuous", "call_auction", "listing_select",
    }  # fmt: skip
    assert not any(modes.needs_licence(mode) for mode in ("english", "sealed", "uniform_price", "negotiated"))
