"""References are found, refused and kept apart however they begin and end, and a leg with its indexes stays small."""

import pytest
from django.db import connection

from bookkeeping import bulk, postings, queries, refusals, transparency
from bookkeeping.postings import Leg

pytestmark = pytest.mark.usefixtures("accounts")
ALIKE = ["a", "ab", "abc", "abcd", "babcd", "aabcd", "row/1", "row/01", "row/10001", "row/20001", "row/1 ", "Row/1",
         "县", "抚州市临川区", "临川区", "\\x41", "%s", "'"]  # fmt: skip


def test_references_that_begin_or_end_alike_are_kept_apart(now):
    for number, reference in enumerate(ALIKE, 1):
        legs = [Leg("coin:fund/bike", "coin:resident/a", number)]
        assert postings.post(reference=reference, legs=legs, occurred_at=now).replayed is False
        assert postings.post(reference=reference, legs=legs, occurred_at=now).replayed is True
    assert [queries.posting(reference)[0].quantity for reference in ALIKE] == list(range(1, len(ALIKE) + 1))
    transparency.seal(at=now)
    assert [transparency.inclusion_proof(reference)["leaves"][0]["index"] for reference in ALIKE] == list(
        range(len(ALIKE))
    )
    again = bulk.post_many(
        references=ALIKE, sources="coin:fund/bike", targets="coin:resident/a", quantities=[1] * len(ALIKE),
        occurred_at=now,
    )  # fmt: skip
    assert again.status.tolist() == ["replayed"] + ["reference_reused"] * (len(ALIKE) - 1)
    with pytest.raises(refusals.ReferenceReused):
        postings.post(reference="县", legs=[Leg("coin:fund/bike", "coin:resident/a", 99)], occurred_at=now)


@pytest.fixture
def alike():
    """Let references share a key that begin and end alike; a true collision of 64 bits nobody can bring about."""
    if connection.vendor == "sqlite":
        return False  # its index holds the text itself
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX bookkeeping_leg_reference")
        cursor.execute("CREATE UNIQUE INDEX bookkeeping_leg_reference ON bookkeeping_leg"
                       " (left(reference, 1), right(reference, 4), leg)")  # fmt: skip
    return True


def test_a_reference_whose_key_another_one_has_is_refused_and_not_taken_for_a_repetition(alike, now):
    legs = [Leg("coin:fund/bike", "coin:resident/a", 5)]
    postings.post(reference="bus/1/0001", legs=legs, occurred_at=now)
    if alike:
        with pytest.raises(refusals.ReferenceReused):
            postings.post(reference="bus/2/0001", legs=legs, occurred_at=now)
        with pytest.raises(refusals.PostingMissing):
            queries.posting("bus/2/0001")
    else:
        assert postings.post(reference="bus/2/0001", legs=legs, occurred_at=now).replayed is False
    assert postings.post(reference="bus/1/0001", legs=legs, occurred_at=now).replayed is True
    assert queries.balance("coin:resident/a").posted == (5 if alike else 10)


def test_a_batch_goes_on_without_the_references_whose_keys_others_have(alike, now):
    postings.post(reference="bus/1/0001", legs=[Leg("coin:fund/bike", "coin:resident/a", 5)], occurred_at=now)
    batch = {
        # new, key of one in the book, the book's own, new, key of the one just before, too much for its giver
        "references": ["bus/1/0002", "bus/2/0001", "bus/1/0001", "bus/3/0003", "bus/4/0003", "bus/1/0004"],
        "sources": [*["coin:fund/bike"] * 5, "coin:resident/c"],
        "targets": ["coin:resident/a", "coin:resident/b", "coin:resident/a", "coin:resident/b", "coin:resident/c",
                    "coin:resident/a"],
        "quantities": [1, 2, 5, 4, 8, 16],
        "occurred_at": now,
    }  # fmt: skip
    told = bulk.post_many(**batch).status.tolist()
    if alike:
        assert told == ["posted", "reference_reused", "replayed", "posted", "reference_reused", "overdrawn"]
        assert [queries.balance(f"coin:resident/{name}").posted for name in "abc"] == [6, 4, 0]
        again = ["replayed", "reference_reused", "replayed", "replayed", "reference_reused", "overdrawn"]
        assert bulk.post_many(**batch).status.tolist() == again
    else:
        assert told == ["posted", "posted", "replayed", "posted", "posted", "overdrawn"]
        assert [queries.balance(f"coin:resident/{name}").posted for name in "abc"] == [6, 6, 8]
    assert queries.posting("bus/3/0003")[0].occurred_at == now


def test_a_leg_takes_at_most_two_hundred_bytes_with_its_indexes(now):
    for batch in range(3):
        bulk.post_many(
            references=[f"batch/bus/{batch}/row/{n}" for n in range(10_000)], sources="coin:fund/bus",
            targets=[f"coin:resident/{'abc'[n % 3]}" for n in range(10_000)], quantities=[1] * 10_000, occurred_at=now,
        )  # fmt: skip
    if connection.vendor == "sqlite":  # it indexes the text itself; the promise is for the database of production
        assert queries.posting("batch/bus/2/row/9999")[0].quantity == 1
        return
    with connection.cursor() as cursor:  # a copy, since the table itself keeps room that earlier tests left
        cursor.execute("CREATE TABLE leg_copy (LIKE bookkeeping_leg INCLUDING ALL)")
        cursor.execute("INSERT INTO leg_copy SELECT * FROM bookkeeping_leg ORDER BY id")
        cursor.execute("SELECT pg_relation_size('leg_copy') + pg_indexes_size('leg_copy')")
        assert cursor.fetchone()[0] / 30_000 <= 200
