"""The order of the legs decides, one by one and in a batch alike: each leg keeps both accounts within their limits."""

import pytest

from bookkeeping import bulk, postings, queries
from bookkeeping.postings import Leg
from core.errors import RuleViolation

pytestmark = pytest.mark.usefixtures("accounts")
A, B, C, TEA, BIKE = "coin:resident/a", "coin:resident/b", "coin:resident/c", "coin:merchant/tea", "coin:fund/bike"

# Residents begin with 5, 0 and 0 and have a floor of 0; the merchant begins with 0 and has a ceiling of 50.
CASES = [
    pytest.param([(A, B, 8), (BIKE, A, 10)], "overdrawn", [5, 0, 0, 0], id="gives before it takes"),
    pytest.param([(BIKE, A, 10), (A, B, 8)], "posted", [7, 8, 0, 0], id="takes before it gives"),
    pytest.param([(A, B, 5), (B, C, 5), (C, TEA, 5)], "posted", [0, 0, 0, 5], id="passes through"),
    pytest.param([(B, C, 5), (A, B, 5)], "overdrawn", [5, 0, 0, 0], id="passes through too early"),
    pytest.param([(A, B, 3), (A, C, 3)], "overdrawn", [5, 0, 0, 0], id="gives twice"),
    pytest.param([(BIKE, TEA, 51), (TEA, A, 5)], "over_limit", [5, 0, 0, 0], id="takes too much before it gives"),
    pytest.param([(BIKE, TEA, 50), (TEA, A, 5), (BIKE, TEA, 5)], "posted", [10, 0, 0, 50], id="makes room"),
]


def one_by_one(legs, now):
    try:
        postings.post(reference="order", legs=[Leg(*leg) for leg in legs], occurred_at=now)
    except RuleViolation as refusal:
        return refusal.code
    return "posted"


def in_a_batch(legs, now):
    sources, targets, quantities = zip(*legs, strict=True)
    result = bulk.post_many(
        references=["order"] * len(legs),
        legs=range(len(legs)),
        sources=sources,
        targets=targets,
        quantities=quantities,
        occurred_at=now,
    )
    (status,) = set(result.status.tolist())
    return status


@pytest.mark.parametrize("post", [one_by_one, in_a_batch])
@pytest.mark.parametrize(("legs", "answer", "held"), CASES)
def test_each_leg_in_its_turn(post, legs, answer, held, now):
    postings.post(reference="gift", legs=[Leg(BIKE, A, 5)], occurred_at=now)
    assert post(legs, now) == answer
    assert [queries.balance(code).posted for code in (A, B, C, TEA)] == held


def test_postings_of_a_batch_stand_in_their_order(now):
    postings.post(reference="gift", legs=[Leg(BIKE, A, 5)], occurred_at=now)
    result = bulk.post_many(
        references=["early", "refill", "late"],
        sources=[A, BIKE, A],
        targets=[B, A, B],
        quantities=[8, 10, 8],
        occurred_at=now,
    )
    assert result.status.tolist() == ["overdrawn", "posted", "posted"]
    assert [queries.balance(code).posted for code in (A, B)] == [7, 8]
