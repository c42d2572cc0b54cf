"""The tree of RFC 9162 against known answers, and against everything that should not pass."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookkeeping import merkle, offline_verifier

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
HASHES = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]
NODE = merkle.nodes_of(HASHES)
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size):
    assert merkle.root(NODE, size).hex() == ROOTS[size]


def test_known_inclusion_path_of_the_sixth_leaf_of_eight():
    path = [step.hex() for step in merkle.inclusion_path(NODE, index=5, size=8)]
    assert [step[:8] for step in path] == ["bc1a0643", "ca854ea1", "d37ee418"]


def test_known_consistency_path_from_six_to_eight():
    path = [step.hex() for step in merkle.consistency_path(NODE, first=6, second=8)]
    assert [step[:8] for step in path] == ["0ebc5d34", "ca854ea1", "d37ee418"]


def recursive_root(leaves):
    """The definition of RFC 9162 2.1.1, word by word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = recursive_root(leaves[:split]), recursive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def many(size):
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(size)]


@given(st.data())
def test_every_leaf_proves_itself_and_no_other(data):
    leaves = many(data.draw(st.integers(1, 70)))
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1))
    root = merkle.root(merkle.nodes_of(leaves), len(leaves))
    path = merkle.inclusion_path(merkle.nodes_of(leaves), index=index, size=len(leaves))
    assert root == recursive_root(leaves)
    for holds, leaf, place, size in (
        (True, leaves[index], index, len(leaves)),
        (other == index, leaves[other], index, len(leaves)),
        (other == index, leaves[index], other, len(leaves)),
    ):
        assert merkle.includes(leaf=leaf, index=place, size=size, path=path, root=root) is holds
        assert (offline_verifier._root_from_leaf(leaf, place, size, path) == root) is holds


@given(st.data())
def test_a_log_is_consistent_with_its_own_beginnings_only(data):
    leaves = many(data.draw(st.integers(2, 70)))
    first = data.draw(st.integers(1, len(leaves)))
    rewritten = [*leaves]
    rewritten[data.draw(st.integers(0, first - 1))] = merkle.leaf_hash(b"another past")
    for holds, past in ((True, leaves), (False, rewritten)):
        given_roots = recursive_root(past[:first]), recursive_root(leaves)
        path = merkle.consistency_path(merkle.nodes_of(leaves), first=first, second=len(leaves))
        assert holds is merkle.consistent(
            first=first, second=len(leaves), first_root=given_roots[0], second_root=given_roots[1], path=path
        )
        assert holds is offline_verifier._consistent(first, len(leaves), *given_roots, path)


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param([*HASHES[:3], merkle.leaf_hash(b"\x20\x22"), *HASHES[4:]], id="a flipped byte"),
        pytest.param(HASHES[:3] + HASHES[4:], id="a dropped leaf"),
        pytest.param([HASHES[1], HASHES[0], *HASHES[2:]], id="two leaves in another order"),
        pytest.param(HASHES[:7], id="a tree cut short"),
        pytest.param([*HASHES, HASHES[7]], id="the last leaf twice"),
    ],
)
def test_another_log_has_another_root(tampered):
    assert merkle.root(merkle.nodes_of(tampered), len(tampered)).hex() != ROOTS[8]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7, 9, 16, 1_000_000])
def test_a_proof_for_another_size_fails(size):
    path = merkle.inclusion_path(NODE, index=5, size=8)
    root = bytes.fromhex(ROOTS[8])
    assert merkle.includes(leaf=HASHES[5], index=5, size=8, path=path, root=root)
    if size not in (6, 7):  # the path of leaf 5 has the same turns there, and the head's signature covers the size
        assert not merkle.includes(leaf=HASHES[5], index=5, size=size, path=path, root=root)


@pytest.mark.parametrize("wrong", [[], [bytes(32)], [bytes(32)] * 4])
def test_a_forged_path_fails(wrong):
    root = bytes.fromhex(ROOTS[8])
    assert not merkle.includes(leaf=HASHES[5], index=5, size=8, path=wrong, root=root)
    assert not merkle.consistent(first=6, second=8, first_root=merkle.root(NODE, 6), second_root=root, path=wrong)


def test_one_size_has_one_root():
    assert not merkle.consistent(
        first=8, second=8, first_root=bytes.fromhex(ROOTS[8]), second_root=bytes.fromhex(ROOTS[7]), path=[]
    )


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0)])
def test_there_is_no_path_of_a_leaf_that_is_not_there(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_path(NODE, index=index, size=size)
