"""Where the public log is kept: complete tiles of 256 hashes, and the legs of the unfinished edge."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection

from bookkeeping import merkle
from bookkeeping.assets import ID_STEP
from bookkeeping.leaves import Leaf, encode
from bookkeeping.models import Leg, Tile

TILE_SIZE = 256
TILE_HEIGHT = 8
HASH_SIZE = 32
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COLUMNS = """
    SELECT leg.id, leg.reference, leg.leg, leg.kind, leg.source_id, source.code, target.code, leg.quantity,
           leg.occurred_at, related.reference, related.leg
    FROM bookkeeping_leg AS leg
    JOIN bookkeeping_account AS source ON source.id = leg.source_id
    JOIN bookkeeping_account AS target ON target.id = leg.target_id
    LEFT JOIN bookkeeping_leg AS related ON related.id = leg.related_id
"""
_LEAVES = f"{_COLUMNS} WHERE leg.id > %s AND leg.id <= %s ORDER BY leg.id LIMIT %s"


def leaves(*, after: int, until: int, limit: int) -> Iterator[tuple[int, Leaf]]:
    """Yield the id and the leaf of at most ``limit`` legs with ids above ``after`` and up to ``until``, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_LEAVES, [after, until, limit])
        for row in cursor.fetchall():
            yield row[0], _leaf(row)


def leaves_of(leg_ids: Sequence[int]) -> Iterator[tuple[int, Leaf]]:
    """Yield the id and the leaf of each of these legs, in order."""
    marks = ", ".join(["%s"] * len(leg_ids))
    with connection.cursor() as cursor:
        cursor.execute(f"{_COLUMNS} WHERE leg.id IN ({marks}) ORDER BY leg.id", list(leg_ids))
        for row in cursor.fetchall():
            yield row[0], _leaf(row)


class Edge:
    """The log as of the leg ``last_leg_id``: a tree of nodes over stored tiles and the legs after the last of them."""

    def __init__(self, *, last_leg_id: int) -> None:
        self.last_leg_id = last_leg_id
        self._entries: dict[tuple[int, int], list[bytes]] = {}

    def node(self, height: int, index: int) -> bytes:
        """Return the hash over the 2**height leaves from index * 2**height on."""
        level, rest = divmod(height, TILE_HEIGHT)
        first = index << rest
        entries = self.entries(level, first // TILE_SIZE)
        start = first % TILE_SIZE
        return merkle.fold(entries[start : start + (1 << rest)])

    def entries(self, level: int, position: int) -> list[bytes]:
        """Return the hashes of one tile, complete or not."""
        known = self._entries.get((level, position))
        if known is None:
            known = self._entries[level, position] = self._load(level, position)
        return known

    def keep(self, level: int, position: int, entries: list[bytes]) -> None:
        """Take the hashes of a complete tile that was read elsewhere."""
        self._entries[(level, position)] = entries

    def _load(self, level: int, position: int) -> list[bytes]:
        tile = Tile.objects.filter(level=level, position=position).first()
        if tile is not None:
            return split(bytes(tile.hashes))
        if level == 0:
            after = last_leg_of(position - 1)
            found = leaves(after=after, until=self.last_leg_id, limit=TILE_SIZE)
            return [merkle.leaf_hash(encode(leaf)) for _, leaf in found]
        below = Tile.objects.filter(
            level=level - 1, position__gte=position * TILE_SIZE, position__lt=(position + 1) * TILE_SIZE
        )
        return [bytes(root) for root in below.order_by("position").values_list("root", flat=True)]


def last_leg_of(position: int) -> int:
    """Return the id of the last leg in the complete leaf tile at ``position``; 0 before the first."""
    if position < 0:
        return 0
    return Tile.objects.values_list("last_leg_id", flat=True).get(level=0, position=position)


def index_of(leg_id: int) -> int:
    """Return the number of the leaf that the leg became."""
    tile = Tile.objects.filter(level=0, last_leg_id__lt=leg_id).order_by("-last_leg_id").first()
    before = (tile.position + 1) * TILE_SIZE if tile else 0
    return before + Leg.objects.filter(id__gt=tile.last_leg_id if tile else 0, id__lt=leg_id).count()


def append(*, size: int, until: int) -> int:
    """Hash the legs up to ``until`` into tiles that are complete; return how many leaves the log has now.

    ``size`` is the number of leaves so far.
    """
    position = size // TILE_SIZE
    after = last_leg_of(position - 1)
    while True:
        block = [
            (leg_id, merkle.leaf_hash(encode(leaf)))
            for leg_id, leaf in leaves(after=after, until=until, limit=TILE_SIZE * TILE_SIZE)
        ]
        complete = len(block) // TILE_SIZE
        Tile.objects.bulk_create(
            _tile(0, position + n, block[n * TILE_SIZE : (n + 1) * TILE_SIZE]) for n in range(complete)
        )
        position += complete
        if len(block) < TILE_SIZE * TILE_SIZE:
            _raise_levels()
            return position * TILE_SIZE + len(block) - complete * TILE_SIZE
        after = block[-1][0]


def split(hashes: bytes) -> list[bytes]:
    """Return the single hashes of a tile."""
    return [hashes[start : start + HASH_SIZE] for start in range(0, len(hashes), HASH_SIZE)]


def _raise_levels() -> None:
    """Store every tile above that has become complete."""
    level = 0
    while True:
        have = Tile.objects.filter(level=level).count()
        above = Tile.objects.filter(level=level + 1).count()
        if have < TILE_SIZE:
            return
        for position in range(above, have // TILE_SIZE):
            below = Tile.objects.filter(
                level=level, position__gte=position * TILE_SIZE, position__lt=(position + 1) * TILE_SIZE
            ).order_by("position")
            entries = [(leg_id, bytes(root)) for leg_id, root in below.values_list("last_leg_id", "root")]
            _tile(level + 1, position, entries).save(force_insert=True)
        level += 1


def _tile(level: int, position: int, entries: list[tuple[int, bytes]]) -> Tile:
    hashes = [entry for _, entry in entries]
    return Tile(
        level=level,
        position=position,
        last_leg_id=entries[-1][0],
        root=merkle.fold(hashes),
        hashes=b"".join(hashes),
    )


def _leaf(row: tuple) -> Leaf:
    _, reference, leg, kind, source_id, source, target, quantity, occurred_at, related, related_leg = row
    return Leaf(
        reference=reference,
        leg=leg,
        kind=kind,
        asset=source_id % ID_STEP,
        source=source,
        target=target,
        quantity=quantity,
        occurred_us=_microseconds(occurred_at),
        related_reference=related or "",
        related_leg=related_leg or 0,
    )


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:  # SQLite keeps no zone; Django writes UTC
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)
