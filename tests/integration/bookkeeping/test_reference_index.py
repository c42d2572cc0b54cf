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
