"""Bytes whose form is fixed: PostgreSQL's COPY rows, and the leaves of the public log."""

from datetime import datetime

import numpy as np
import pytest

from bookkeeping import offline_verifier
from bookkeeping.batches import batch_of
from bookkeeping.leaves import Leaf, encode
from bookkeeping.packing import pack_legs, text_matrix


def test_two_rows_as_binary_copy():
    packed = pack_legs(
        source_id=np.array([10, 11]),
        target_id=np.array([18, 19]),
        quantity=np.array([5, 6]),
        occurred_us=np.array([946_684_800_000_001, 946_684_800_000_000]),
        leg=np.array([0, 1]),
        kind=1,
        references=["ab", "县"],
    )
    row = "0007 00000008 {:016x} 00000008 {:016x} 00000008 {:016x} 00000008 {:016x} 00000002 {:04x} 00000002 0001"
    rows = bytes.fromhex(row.format(10, 18, 5, 1, 0)) + b"\x00\x00\x00\x02ab"
    rows += bytes.fromhex(row.format(11, 19, 6, 0, 1)) + b"\x00\x00\x00\x03" + "县".encode()
    assert packed == b"PGCOPY\n\xff\r\n\x00" + bytes(8) + rows + b"\xff\xff"


def test_texts_of_different_lengths_and_scripts():
    matrix, lengths = text_matrix(["a", "抚州", ""])
    assert lengths.tolist() == [1, 6, 0]
    assert bytes(matrix[1]) == "抚州".encode()


LEAF = Leaf(
    reference="r/1", leg=2, kind=5, asset=3, source="fen:a", target="fen:b", quantity=258,
    occurred_us=1, related_reference="q", related_leg=2,
)  # fmt: skip
LEAF_BYTES = (
    b"\x01" b"\x00\x03r/1" b"\x00\x02" b"\x05" b"\x03" b"\x00\x05fen:a" b"\x00\x05fen:b"
    b"\x00\x00\x00\x00\x00\x00\x01\x02" b"\x00\x00\x00\x00\x00\x00\x00\x01" b"\x00\x01q" b"\x00\x02"
)  # fmt: skip


def test_a_leaf_is_encoded_as_documented():
    assert encode(LEAF) == LEAF_BYTES


def test_the_offline_verifier_encodes_the_same():
    fields = {name: getattr(LEAF, name) for name in LEAF.__dataclass_fields__}
    assert offline_verifier.encode_leg(fields) == LEAF_BYTES


GOOD = {"references": ["a"], "sources": "coin:x", "targets": ["coin:y"], "quantities": [1], "occurred_at": 0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantities": [0]}, "a leg moves 1"),
        ({"quantities": [-1]}, "a leg moves 1"),
        ({"quantities": [1.0]}, "whole numbers"),
        ({"quantities": [True]}, "whole numbers"),
        ({"quantities": [10**17 + 1]}, "a leg moves 1"),
        ({"quantities": [1, 2]}, "shape"),
        ({"references": [""]}, "a reference has"),
        ({"references": ["x" * 151]}, "a reference has"),
        ({"references": ["a\0b"]}, "a reference has"),
        ({"targets": []}, "accounts on one side"),
        ({"references": ["order/1/expired"]}, "named by the sweep"),
        ({"references": ["\ud800"]}, "surrogates not allowed"),
        ({"occurred_at": datetime(2026, 11, 1)}, "no offset"),  # noqa: DTZ001
        ({"legs": [1]}, "count up from 0"),
        ({"legs": [0, 1]}, "leg numbers of shape"),
    ],
)
def test_a_batch_that_no_caller_should_make_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        batch_of(**{**GOOD, **change})


def test_legs_of_two_references_are_not_one_posting():
    with pytest.raises(ValueError, match="under one reference"):
        batch_of(**{**GOOD, "references": ["a", "b"], "targets": ["coin:y"] * 2, "quantities": [1, 1], "legs": [0, 1]})


def test_postings_begin_where_the_legs_count_from_zero():
    batch = batch_of(
        references=["a", "a", "b", "a"], sources="coin:x", targets=["coin:y"] * 4, quantities=[1, 2, 3, 4],
        legs=[0, 1, 0, 0], occurred_at=np.array(["2026-11-01T00:00:00"] * 4, dtype="datetime64[us]"),
    )  # fmt: skip
    assert batch.legs.posting.tolist() == [0, 0, 1, 2]
    assert batch.leg.tolist() == [0, 1, 0, 0]
    assert batch.name.tolist() == [0, 1, 0]
    assert batch.occurred_us.tolist() == [1_793_491_200_000_000] * 4
