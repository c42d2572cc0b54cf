"""The public log: sealed, proved, verified by a plain interpreter, and refused when forged."""

import copy
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from bookkeeping import bulk, merkle, postings, transparency
from bookkeeping.leaves import encode
from bookkeeping.log_store import leaves
from bookkeeping.models import Leg as LegRow
from bookkeeping.models import SignedTreeHead, Tile
from bookkeeping.postings import Leg
from bookkeeping.refusals import PostingMissing

pytestmark = pytest.mark.usefixtures("accounts")
NOW = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
VERIFIER = Path(__file__).resolve().parents[3] / "bookkeeping" / "offline_verifier.py"


def issue(count, *, batch):
    """Post ``count`` legs."""
    result = bulk.post_many(
        references=[f"batch/{batch}/row/{n}" for n in range(count)],
        sources="coin:fund/bus",
        targets=["coin:resident/a"] * count,
        quantities=[n + 1 for n in range(count)],
        occurred_at=NOW,
    )
    assert set(result.status) == {"posted"}


def verify_offline(tmp_path, proof, *options):
    """Run the verifier with a bare interpreter, away from the site; return its exit code and what it said."""
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof))
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(file), *options]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_sealed_twice():
    assert transparency.head() is None
    assert transparency.seal(at=NOW) is None
    issue(3, batch=1)
    first = transparency.seal(at=NOW)
    assert (first.size, first.previous, first.signature_holds()) == (3, "", True)
    assert transparency.seal(at=NOW) is None
    issue(2, batch=2)
    second = transparency.seal(at=NOW + timedelta(days=1))
    assert (second.size, second.previous) == (5, first.hash())
    assert transparency.head() == second
    assert transparency.head(size=3) == first


@pytest.mark.parametrize("sizes", [[1], [255, 1, 1], [256], [257, 600], [1000]], ids=str)
def test_tiles_give_the_root_of_the_whole_tree(sizes):
    for batch, size in enumerate(sizes):
        issue(size, batch=batch)
        head = transparency.seal(at=NOW)
    hashes = [merkle.leaf_hash(encode(leaf)) for _, leaf in leaves(after=0, until=2**62, limit=10**6)]
    assert len(hashes) == head.size == sum(sizes)
    assert head.root == merkle.root(merkle.nodes_of(hashes), len(hashes)).hex()
    assert Tile.objects.filter(level=0).count() == sum(sizes) // 256
    for index in {0, sizes[0] - 1, head.size - 1}:
        proof = transparency.inclusion_of_leaf(index)
        assert proof["leaf_hash"] == hashes[index].hex()
        path = [bytes.fromhex(step) for step in proof["path"]]
        root = bytes.fromhex(head.root)
        assert merkle.includes(leaf=hashes[index], index=index, size=head.size, path=path, root=root)


def test_a_plain_interpreter_verifies_every_kind_of_leg(tmp_path):
    issue(300, batch=1)
    first = transparency.seal(at=NOW)
    postings.hold(reference="h", legs=[Leg("coin:resident/a", "coin:resident/b", 5)], occurred_at=NOW)
    postings.confirm(hold="h", reference="c", occurred_at=NOW, quantities=[2])
    postings.reverse(posting="c", reference="r", occurred_at=NOW)
    second = transparency.seal(at=NOW)
    for reference in ("batch/1/row/0", "batch/1/row/299", "h", "c", "r"):
        proof = transparency.inclusion_proof(reference)
        code, said = verify_offline(tmp_path, proof, "--key", second.public_key)
        assert (code, reference in said) == (0, True), said
    code, said = verify_offline(tmp_path, transparency.consistency_proof(first.size, second.size))
    assert code == 0, said


def forgeries():
    """Each changes one thing in a good proof."""
    other = "ab" * 32
    return {
        "another quantity": lambda proof: proof["leaves"][0]["leg"].update(quantity=8),
        "another account": lambda proof: proof["leaves"][0]["leg"].update(target="coin:resident/c"),
        "another time": lambda proof: proof["leaves"][0]["leg"].update(occurred_us=1),
        "another place": lambda proof: proof["leaves"][0].update(index=5),
        "a step left out": lambda proof: proof["leaves"][0]["path"].pop(),
        "a step changed": lambda proof: proof["leaves"][0]["path"].__setitem__(0, other),
        "another size": lambda proof: proof["head"].update(size=9),
        "another root": lambda proof: proof["head"].update(root=other),
        "another signature": lambda proof: proof["head"].update(signature=other * 2),
        "another key": lambda proof: proof["head"].update(public_key=other),
    }


@pytest.mark.parametrize("forge", forgeries().values(), ids=forgeries().keys())
def test_a_forged_proof_is_refuted(tmp_path, forge):
    issue(10, batch=1)
    transparency.seal(at=NOW)
    good = transparency.inclusion_proof("batch/1/row/6")
    assert verify_offline(tmp_path, good)[0] == 0
    forged = copy.deepcopy(good)
    forge(forged)
    code, said = verify_offline(tmp_path, forged)
    assert code == 1, said
    assert "REFUTED" in said


def test_a_second_root_for_one_size_is_told(tmp_path):
    issue(10, batch=1)
    head = transparency.seal(at=NOW)
    saved = tmp_path / "head.json"
    saved.write_text(json.dumps({"size": 10, "root": "cd" * 32}))
    proof = transparency.inclusion_proof("batch/1/row/6")
    code, said = verify_offline(tmp_path, proof, "--known-head", str(saved))
    assert (code, "two different roots" in said) == (1, True)
    assert verify_offline(tmp_path, proof, "--key", "00" * 32)[0] == 1
    assert verify_offline(tmp_path, {"format": "x"})[0] == 2
    assert head.size == 10


def test_what_is_not_sealed_is_not_proved():
    issue(1, batch=1)
    with pytest.raises(transparency.NotSealedYet):
        transparency.inclusion_proof("batch/1/row/0")
    with pytest.raises(PostingMissing):
        transparency.inclusion_proof("batch/1/row/1")
    transparency.seal(at=NOW)
    with pytest.raises(transparency.LeafMissing):
        transparency.inclusion_of_leaf(1)
    with pytest.raises(transparency.LeafMissing):
        transparency.consistency_proof(1, 2)


@pytest.mark.parametrize("model", [Tile, SignedTreeHead])
def test_the_log_only_grows(model):
    issue(256, batch=1)
    transparency.seal(at=NOW)
    for change in (lambda: model.objects.update(root=b"x" if model is Tile else "x"), model.objects.all().delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    again = SignedTreeHead.objects.get()
    again.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save(force_insert=True)


def test_a_gap_in_the_ids_is_no_gap_in_the_log():
    issue(2, batch=1)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        issue(3, batch=2)
        raise ZeroDivisionError
    issue(2, batch=3)
    assert transparency.seal(at=NOW).size == 4
    assert transparency.inclusion_proof("batch/3/row/1")["leaves"][0]["index"] == 3
    assert LegRow.objects.count() == 4
    assert connection.vendor in {"sqlite", "postgresql"}


def test_a_long_queue_is_sealed_block_by_block_with_the_same_root(monkeypatch):
    issue(700, batch=1)
    monkeypatch.setattr(transparency, "SEALED_AT_ONCE", 300)
    assert transparency.seal(at=NOW).size == 700
    assert list(SignedTreeHead.objects.order_by("size").values_list("size", flat=True)) == [300, 600, 700]
    leaf_hashes = [merkle.leaf_hash(encode(leaf)) for _, leaf in leaves(after=0, until=2**62, limit=1000)]
    assert transparency.head().root == merkle.root(merkle.nodes_of(leaf_hashes), 700).hex()
    assert transparency.seal(at=NOW) is None
