"""Inclusion of many legs at once, as a statement needs it: a constant number of queries for each 256 legs or so."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.db import connection

from bookkeeping import merkle
from bookkeeping.leaves import encode
from bookkeeping.log_store import TILE_SIZE, Edge, leaves_of, split
from bookkeeping.models import Tile

_AT_ONCE = 500
_POSITIONS = """
    SELECT leg.id, (SELECT tile.position FROM bookkeeping_tile AS tile
                    WHERE tile.level = 0 AND tile.last_leg_id >= leg.id ORDER BY tile.last_leg_id LIMIT 1)
    FROM bookkeeping_leg AS leg WHERE leg.id IN ({ids})
"""


def included(leg_ids: Iterable[int], *, size: int, last_leg_id: int) -> list[dict[str, Any]]:
    """Return, for each leg that the log of ``size`` leaves covers, its leaf with its path: ``index, leg, path``.

    ``last_leg_id`` is that of the head. Legs after it are left out: no head covers them yet.
    """
    edge = Edge(last_leg_id=last_leg_id)
    covered = sorted(leg_id for leg_id in set(leg_ids) if leg_id <= last_leg_id)
    proofs = []
    for start in range(0, len(covered), _AT_ONCE):
        block = covered[start : start + _AT_ONCE]
        for index, leaf in _numbered(block, edge=edge, size=size):
            path = merkle.inclusion_path(edge.node, index=index, size=size)
            proofs.append({"index": index, "leg": asdict(leaf), "path": [step.hex() for step in path]})
    return proofs


def _numbered(block: Sequence[int], *, edge: Edge, size: int) -> Iterator[tuple[int, Any]]:
    """Yield the number and the leaf of each leg: a leaf's place in its tile is found by its hash, which is unique."""
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS.format(ids=", ".join(["%s"] * len(block))), list(block))
        positions = dict(cursor.fetchall())
    _load_tiles({position for position in positions.values() if position is not None}, edge=edge)
    for leg_id, leaf in leaves_of(block):
        position = positions[leg_id] if positions[leg_id] is not None else size // TILE_SIZE
        yield position * TILE_SIZE + edge.entries(0, position).index(merkle.leaf_hash(encode(leaf))), leaf


def _load_tiles(positions: set[int], *, edge: Edge) -> None:
    for tile in Tile.objects.filter(level=0, position__in=positions):
        edge.keep(0, tile.position, split(bytes(tile.hashes)))
