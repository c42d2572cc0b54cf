"""The Merkle tree of RFC 9162 (section 2): hashes, roots, inclusion and consistency paths, and their checks.

Pure. A tree is any function ``node(height, index)`` that returns the hash over the 2**height leaves from
index * 2**height on; where the leaves are kept is somebody else's business.
"""

import hashlib
from collections.abc import Callable, Sequence

Node = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf with this content."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above ``left`` and ``right``."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the node above 2**k neighbouring hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def nodes_of(leaves: Sequence[bytes]) -> Node:
    """Return the tree over leaf hashes that are at hand."""
    return lambda height, index: fold(leaves[index << height : (index + 1) << height])


def root(node: Node, size: int) -> bytes:
    """Return the root over the first ``size`` leaves."""
    return _over(node, 0, size) if size else EMPTY_ROOT


def inclusion_path(node: Node, *, index: int, size: int) -> list[bytes]:
    """Return the path from leaf ``index`` to the root of the first ``size`` leaves, lowest first."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_over(node, middle, end))
            end = middle
        else:
            path.append(_over(node, start, middle))
            start = middle
    return path[::-1]


def consistency_path(node: Node, *, first: int, second: int) -> list[bytes]:
    """Return the path which shows that the tree of ``first`` leaves is the beginning of that of ``second``."""
    if not 0 < first <= second:
        raise ValueError(f"a tree of {first} leaves cannot be the beginning of one of {second}")
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first - start < end - start:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_over(node, middle, end))
            end = middle
        else:
            path.append(_over(node, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_over(node, start, end))
    return path[::-1]


def includes(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether ``path`` leads from the leaf hash at ``index`` to ``root`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, above = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            above = node_hash(sibling, above)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            above = node_hash(above, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and above == root


def consistent(*, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether ``path`` shows that the first tree is the beginning of the second (RFC 9162, 2.1.4.2)."""
    if first == second:
        return not path and first_root == second_root
    if not 0 < first < second or not path:
        return False
    hashes = [first_root, *path] if first & (first - 1) == 0 else list(path)
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while number & 1 == 0 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _over(node: Node, start: int, end: int) -> bytes:
    """Return the hash over leaves ``start`` to ``end``; ``start`` is where a subtree of that size begins."""
    size = end - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(size)
    return node_hash(_over(node, start, middle), _over(node, middle, end))
