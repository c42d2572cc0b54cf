"""Planning a batch: worked examples, and agreement with a plain ledger that posts one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookkeeping.limits import ACCEPTED, OVER_LIMIT, OVERDRAWN, REPEATED, Legs, Room, plan

A, B, C = 0, 1, 2


def legs_of(rows):
    return Legs(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


def room_of(give, take):
    """None is no limit."""
    return Room(
        can_give=np.array([value or 0 for value in give], dtype=np.int64),
        can_take=np.array([value or 0 for value in take], dtype=np.int64),
        bounded_out=np.array([value is not None for value in give]),
        bounded_in=np.array([value is not None for value in take]),
    )


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        pytest.param([(0, A, B, 10)], [ACCEPTED], id="the last coin can be given"),
        pytest.param([(0, A, B, 11)], [OVERDRAWN], id="one more cannot"),
        pytest.param(
            [(0, A, B, 6), (1, A, B, 6), (2, A, B, 4)], [ACCEPTED, OVERDRAWN, ACCEPTED], id="a smaller one fits"
        ),
        pytest.param([(0, B, A, 5), (1, C, B, 5)], [OVERDRAWN, ACCEPTED], id="money that comes later does not help"),
        pytest.param([(0, C, B, 5), (1, B, A, 5)], [ACCEPTED, ACCEPTED], id="money that came before does"),
        pytest.param([(0, C, B, 5), (0, B, A, 6)], [OVERDRAWN], id="all legs or none"),
        pytest.param(
            [(0, C, B, 5), (0, B, A, 6), (1, B, A, 1)], [OVERDRAWN, OVERDRAWN], id="a refused leg leaves nothing"
        ),
        pytest.param([(0, C, A, 21)], [OVER_LIMIT], id="beyond the ceiling"),
    ],
)
def test_worked_examples(rows, answer):
    # A holds 10 and may take 20 more; B holds nothing; C issues without a limit.
    room = room_of(give=[10, 0, None], take=[20, None, None])
    postings = len({row[0] for row in rows})
    assert plan(legs_of(rows), name=np.arange(postings), room=room).tolist() == answer


def test_a_reference_is_taken_by_the_first_that_stands():
    room = room_of(give=[10, 0, None], take=[None, None, None])
    rows = [(0, A, B, 11), (1, A, B, 4), (2, A, B, 4), (3, C, B, 1), (4, C, B, 1)]
    answer = plan(legs_of(rows), name=np.array([0, 0, 0, 1, 1]), room=room)
    assert answer.tolist() == [OVERDRAWN, ACCEPTED, REPEATED, ACCEPTED, REPEATED]


def test_sums_beyond_int64_are_counted_exactly():
    room = room_of(give=[2**62, 0, None], take=[None, None, None])
    rows = [(n, A, B, 10**17) for n in range(100)]
    answer = plan(legs_of(rows), name=np.arange(100), room=room)
    assert answer.tolist() == [ACCEPTED] * 46 + [OVERDRAWN] * 54  # 2**62 is 46.1 times 10**17


def post_one_by_one(rows, names, give, take):
    give, take, taken, answers = list(give), list(take), set(), []
    for number, name in enumerate(names):
        if name in taken:
            answers.append(REPEATED)
            continue
        trial_give, trial_take, refusal = list(give), list(take), ACCEPTED
        for _, source, target, quantity in (row for row in rows if row[0] == number):
            if trial_give[source] is not None and trial_give[source] < quantity:
                refusal = OVERDRAWN
            elif trial_take[target] is not None and trial_take[target] < quantity:
                refusal = OVER_LIMIT
            if refusal:
                break
            for account, change in ((source, quantity), (target, -quantity)):
                if trial_give[account] is not None:
                    trial_give[account] -= change
                if trial_take[account] is not None:
                    trial_take[account] += change
        if not refusal:
            give, take = trial_give, trial_take
            taken.add(name)
        answers.append(refusal)
    return answers


@st.composite
def batches(draw):
    room = st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=4, max_size=4)
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=25))
    pairs = st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(lambda pair: pair[0] != pair[1])
    rows = [(n, *draw(pairs), draw(st.integers(1, 12))) for n, size in enumerate(sizes) for _ in range(size)]
    names = draw(st.lists(st.integers(0, 30), min_size=len(sizes), max_size=len(sizes)))
    return rows, names, draw(room), draw(room)


@settings(max_examples=300, deadline=None)
@given(batches())
def test_a_batch_is_decided_as_one_by_one(batch):
    rows, names, give, take = batch
    answer = plan(legs_of(rows), name=np.array(names), room=room_of(give, take))
    assert answer.tolist() == post_one_by_one(rows, names, give, take)
