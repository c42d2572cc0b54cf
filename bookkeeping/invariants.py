"""What must hold in the book, proved by counting again from the legs; each broken row is named."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Q

from bookkeeping import leaves as leaf_bytes
from bookkeeping import log_store, merkle
from bookkeeping.assets import ID_STEP
from bookkeeping.chart import FROZEN
from bookkeeping.kinds import MOVING
from bookkeeping.models import Account, Leg, SignedTreeHead, Tile
from bookkeeping.transparency import head
from core import events
from core.invariants import Broken, Checked, invariant

_MOVING = ", ".join(str(int(kind)) for kind in MOVING)
BLOCK = 65_536

_LEGS_ASTRAY = f"""
    SELECT leg.reference, leg.leg, source.id IS NULL, target.id IS NULL,
           leg.source_id %% {ID_STEP} <> leg.target_id %% {ID_STEP}, leg.source_id = leg.target_id, leg.quantity
    FROM bookkeeping_leg AS leg
    LEFT JOIN bookkeeping_account AS source ON source.id = leg.source_id
    LEFT JOIN bookkeeping_account AS target ON target.id = leg.target_id
    WHERE source.id IS NULL OR target.id IS NULL OR leg.quantity <= 0 OR leg.source_id = leg.target_id
       OR leg.source_id %% {ID_STEP} <> leg.target_id %% {ID_STEP}
"""  # noqa: S608
_NUMBERING = """
    SELECT reference, count(*), max(leg), count(DISTINCT CASE WHEN kind IN (3, 4) THEN 3 ELSE kind END)
    FROM bookkeeping_leg GROUP BY reference
    HAVING max(leg) + 1 <> count(*) OR count(DISTINCT CASE WHEN kind IN (3, 4) THEN 3 ELSE kind END) > 1
"""
_COUNTED_AGAIN = f"""
    WITH effect AS (
        SELECT leg.source_id, leg.target_id,
               CASE WHEN leg.kind IN ({_MOVING}) THEN leg.quantity ELSE 0 END AS moved,
               CASE WHEN leg.kind = 2 THEN leg.quantity WHEN leg.kind IN (3, 4) THEN -hold.quantity ELSE 0 END AS held
        FROM bookkeeping_leg AS leg LEFT JOIN bookkeeping_leg AS hold ON hold.id = leg.related_id
    ), counted AS (
        SELECT account_id, sum(moved) AS balance, sum(held_out) AS held_out, sum(held_in) AS held_in FROM (
            SELECT source_id AS account_id, -moved AS moved, held AS held_out, 0 AS held_in FROM effect
            UNION ALL SELECT target_id, moved, 0, held FROM effect) AS side
        GROUP BY account_id
    ), kept AS (
        SELECT account.id, account.code, account.balance + coalesce(sum(slot.balance), 0) AS balance,
               account.held_out + coalesce(sum(slot.held_out), 0) AS held_out,
               account.held_in + coalesce(sum(slot.held_in), 0) AS held_in
        FROM bookkeeping_account AS account LEFT JOIN bookkeeping_slot AS slot ON slot.account_id = account.id
        GROUP BY account.id
    )
    SELECT kept.code, kept.balance, coalesce(counted.balance, 0), kept.held_out, coalesce(counted.held_out, 0),
           kept.held_in, coalesce(counted.held_in, 0)
    FROM kept LEFT JOIN counted ON counted.account_id = kept.id
    WHERE kept.balance <> coalesce(counted.balance, 0) OR kept.held_out <> coalesce(counted.held_out, 0)
       OR kept.held_in <> coalesce(counted.held_in, 0)
"""  # noqa: S608
_BEYOND_LIMITS = """
    SELECT code, balance, held_out, held_in, floor, ceiling FROM bookkeeping_account
    WHERE balance - held_out < floor OR balance + held_in > ceiling
"""
_PER_ASSET = f"""
    SELECT account.id %% {ID_STEP}, sum(account.balance + coalesce(slots.balance, 0))
    FROM bookkeeping_account AS account
    LEFT JOIN (SELECT account_id, sum(balance) AS balance FROM bookkeeping_slot GROUP BY account_id) AS slots
      ON slots.account_id = account.id
    GROUP BY 1
"""  # noqa: S608
_WRONG_REVERSALS = """
    SELECT back.reference, back.leg, first.reference, first.leg, first.kind FROM bookkeeping_leg AS back
    LEFT JOIN bookkeeping_leg AS first ON first.id = back.related_id
    WHERE back.kind = 5 AND (first.id IS NULL OR first.kind NOT IN (1, 3) OR back.quantity <> first.quantity
       OR back.source_id <> first.target_id OR back.target_id <> first.source_id)
"""
_RELATED_TWICE = """
    SELECT first.reference, first.leg, count(*), sum(later.quantity), first.quantity FROM bookkeeping_leg AS later
    JOIN bookkeeping_leg AS first ON first.id = later.related_id
    GROUP BY first.id, first.reference, first.leg, first.quantity HAVING count(*) > 1
"""


@invariant(
    code="I1",
    zh="每笔记账按资产借贷相抵",
    en="Every posting moves equal amounts out and in, of one asset, all its legs",
)
def legs_balance() -> Iterator[Broken | Checked]:
    """Each leg joins two existing accounts of one asset; the legs of a posting are numbered without a gap."""
    yield Checked(Leg.objects.count())
    for reference, leg, no_source, no_target, mixed, same, quantity in _rows(_LEGS_ASTRAY):
        faults = {
            "its source does not exist": no_source,
            "its target does not exist": no_target,
            "its accounts hold different assets": mixed,
            "it leads from an account to itself": same,
            f"it moves {quantity}": quantity <= 0,
        }
        yield Broken(f"leg {reference}#{leg}", "; ".join(text for text, holds in faults.items() if holds))
    for reference, count, highest, kinds in _rows(_NUMBERING):
        what = f"it has {count} legs, the highest number is {highest}" if highest + 1 != count else f"{kinds} kinds"
        yield Broken(f"posting {reference}", what)


@invariant(code="I2", zh="账户余额等于分录之和", en="Every balance is the sum of its legs")
def balances_follow_legs() -> Iterator[Broken | Checked]:
    """The kept balances and held sums are those that the legs give."""
    yield Checked(_count("bookkeeping_account"))
    for code, balance, counted, held_out, counted_out, held_in, counted_in in _rows(_COUNTED_AGAIN):
        told = [
            f"{name} is {kept}, its legs give {legs}"
            for name, kept, legs in (
                ("balance", balance, counted),
                ("held out", held_out, counted_out),
                ("held in", held_in, counted_in),
            )
            if kept != legs
        ]
        yield Broken(f"account {code}", "; ".join(told))


@invariant(
    code="I3",
    zh="没有账户越过其限额，冻结的账户没有变动",
    en="No account is beyond its floor or its ceiling, and frozen ones stand still",
)
def accounts_keep_limits() -> Iterator[Broken | Checked]:
    """What is held aside counts as gone on one side, and as there on the other."""
    yield from _moved_while_frozen()
    yield Checked(_count("bookkeeping_account"))
    for code, balance, held_out, held_in, floor, ceiling in _rows(_BEYOND_LIMITS):
        yield Broken(
            f"account {code}",
            f"balance {balance}, held out {held_out}, held in {held_in}; floor {floor}, ceiling {ceiling}",
        )


def _moved_while_frozen() -> Iterator[Broken]:
    """Compare every frozen account's legs with the last leg of the book when it was frozen."""
    frozen = dict(Account.objects.filter(frozen=True).values_list("code", "id"))
    since = {code: last for code, last in _last_legs().items() if code in frozen}
    for code, account in frozen.items():
        if code not in since:
            yield Broken(f"account {code}", "it is frozen, and the journal does not say since when")
            continue
        later = Leg.objects.filter(id__gt=since[code]).filter(Q(source_id=account) | Q(target_id=account)).count()
        if later:
            yield Broken(f"account {code}", f"{later} legs moved it while it was frozen")


def _last_legs() -> dict[str, int]:
    """Return the last leg of the book at the latest freezing of each account."""
    found: dict[str, int] = {}
    sequence = 0
    while page := events.since(sequence, kinds=[FROZEN]):
        found |= {event.subject: event.detail["last_leg"] for event in page}
        sequence = page[-1].sequence
    return found


@invariant(code="I4", zh="各资产的发行总量等于持有总量", en="Of every asset, what was issued is what is held")
def assets_add_up_to_zero() -> Iterator[Broken | Checked]:
    """Sources are below zero by exactly what holders and sinks hold."""
    for asset, total in _rows(_PER_ASSET):
        yield Checked(1)
        if total:
            yield Broken(f"asset {asset}", f"its accounts add up to {total}, not to zero")


@invariant(code="I7", zh="冲正不超过原记账，且不冲正冲正", en="A posting is reversed once, in full, and no reversal is")
def reversals_mirror() -> Iterator[Broken | Checked]:
    """A reversal mirrors a posted or confirmed leg; no leg is reversed, and no hold is ended, twice."""
    yield Checked(Leg.objects.filter(related_id__isnull=False).count())
    for reference, leg, first, first_leg, kind in _rows(_WRONG_REVERSALS):
        yield Broken(f"leg {reference}#{leg}", f"it does not mirror {first}#{first_leg}, which is of kind {kind}")
    for reference, leg, times, total, quantity in _rows(_RELATED_TWICE):
        yield Broken(f"leg {reference}#{leg}", f"ended or reversed {times} times, {total} of {quantity}")


@invariant(
    code="I8", zh="公开日志与账簿一致，签名有效", en="The public log is what was posted, and every head verifies"
)
def log_matches_book() -> Iterator[Broken | Checked]:
    """Every leaf is hashed again, every tile folded again, every head's root, chain and signature checked."""
    sealed = head()
    if sealed is None:
        yield Checked(0)
        return
    yield Checked(sealed.size)
    yield from _wrong_leaves()
    yield from _wrong_tiles()
    yield from _wrong_heads()


def _wrong_leaves() -> Iterator[Broken]:
    """Compare the stored leaf hashes with the legs that stand there now."""
    after = 0
    for tile in Tile.objects.filter(level=0).order_by("position").iterator(chunk_size=256):
        stored = log_store.split(bytes(tile.hashes))
        found = list(log_store.leaves(after=after, until=tile.last_leg_id, limit=log_store.TILE_SIZE + 1))
        for number, (_, leaf) in enumerate(found[: len(stored)]):
            if merkle.leaf_hash(leaf_bytes.encode(leaf)) != stored[number]:
                index = tile.position * log_store.TILE_SIZE + number
                yield Broken(f"leg {leaf.reference}#{leaf.leg}", f"it is not what was sealed as leaf {index}")
                break  # after a missing or added leg every further leaf would be named
        if len(found) != len(stored):
            yield Broken(f"tile 0/{tile.position}", f"{len(stored)} legs were sealed, {len(found)} stand there")
        after = tile.last_leg_id


def _wrong_tiles() -> Iterator[Broken]:
    below: dict[int, list[bytes]] = {}
    for tile in Tile.objects.order_by("level", "position").iterator(chunk_size=256):
        hashes = log_store.split(bytes(tile.hashes))
        below.setdefault(tile.level, []).append(bytes(tile.root))
        if tile.level:
            first = tile.position * log_store.TILE_SIZE
            if below.get(tile.level - 1, [])[first : first + log_store.TILE_SIZE] != hashes:
                yield Broken(f"tile {tile.level}/{tile.position}", "it is not made of the roots below")
        if merkle.fold(hashes) != bytes(tile.root):
            yield Broken(f"tile {tile.level}/{tile.position}", "its root is not that of its hashes")


def _wrong_heads() -> Iterator[Broken]:
    previous = None
    for row in SignedTreeHead.objects.order_by("size").iterator():
        one = head(size=row.size)
        assert one is not None
        root = _root_at(row)
        if root != row.root:
            yield Broken(f"head {row.size}", f"its root is {row.root}, the log gives {root}")
        if not one.signature_holds():
            yield Broken(f"head {row.size}", "its signature is wrong")
        if one.previous != (previous.hash() if previous else ""):
            yield Broken(f"head {row.size}", "it does not name the head before it")
        previous = one


def _root_at(row: SignedTreeHead) -> str:
    """Return the root that the log gives for the size of ``row``, or why it gives none."""
    try:
        return merkle.root(log_store.Edge(last_leg_id=row.last_leg_id).node, row.size).hex()
    except (IndexError, ValueError, Tile.DoesNotExist):
        return "no root: leaves are missing"


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        return cursor.fetchall()


def _count(table: str) -> int:
    return int(_rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own table names
