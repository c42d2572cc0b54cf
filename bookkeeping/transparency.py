"""The public log: seal what is posted, prove that a posting is in it and that it only ever grew."""

import time
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import heads, leg_proofs, merkle, statements
from bookkeeping.heads import Head
from bookkeeping.log_store import Edge, append, index_of, leaves
from bookkeeping.models import Leg, SignedTreeHead
from bookkeeping.refusals import PostingMissing
from bookkeeping.statements import TrialLine
from core.errors import RuleViolation

FORMAT = "fuzhou-book-proof/1"
SEALER_LOCK = 7_246_001  # any number that nothing else of ours locks
SEALED_AT_ONCE = 65_536  # on SQLite nobody else writes meanwhile: about a second
PATIENCE_S = 30.0
NAP_S = 0.02


class NotSealedYet(RuleViolation):
    """The posting stands in the book, but no signed head covers it yet."""

    code = "not_sealed_yet"
    message = _("该笔记账尚未封存，请稍后再试。")


class LeafMissing(RuleViolation):
    """The log has no such leaf, or no head of that size."""

    code = "leaf_missing"
    message = _("公开日志中没有该记录。")
    status = 404


class WritersStillAtWork(RuleViolation):
    """A writer that began before the sealing has not ended; the next sealing tries again."""

    code = "writers_still_at_work"
    message = _("仍有记账在进行，稍后自动重试封存。")
    status = 503


def seal(*, at: datetime) -> Head | None:
    """Take every leg posted so far into the log and sign its new head; None where nothing is new.

    Waits for the writers at hand, so that no lower id can appear later, and keeps nobody from writing for long: a head
    is signed for every SEALED_AT_ONCE legs, each in a transaction of its own.
    """
    boundary = _final_leg_id()
    newest = None
    while sealed := _seal_block(boundary, at=at):
        newest = sealed
    return newest


def _seal_block(final: int, *, at: datetime) -> Head | None:
    """Seal at most SEALED_AT_ONCE legs with ids up to ``final``; None where there are none, or somebody else seals."""
    with transaction.atomic():
        if not _only_sealer():
            return None
        last = SignedTreeHead.objects.order_by("-size").first()
        waiting = Leg.objects.filter(id__gt=last.last_leg_id if last else 0, id__lte=final).order_by("id")
        block = list(waiting.values_list("id", flat=True)[:SEALED_AT_ONCE])
        if not block:
            return None
        boundary = block[-1]
        size = append(size=last.size if last else 0, until=boundary)
        root = merkle.root(Edge(last_leg_id=boundary).node, size)
        signed = heads.sign(
            size=size, root=root, at=at, previous=_head(last) if last else None, secret=settings.LEDGER_SIGNING_KEY
        )
        SignedTreeHead.objects.create(**asdict(signed), last_leg_id=boundary)
    return signed


def head(*, size: int | None = None) -> Head | None:
    """Return the newest head, or that of ``size`` leaves; None where there is none."""
    row = _row(size)
    return _head(row) if row else None


def balances_at_head() -> tuple[Head, list[TrialLine]] | None:
    """Return the newest head and what each heading of the chart held when its last leg was written; None without one.

    Anybody who has the leaves of the log can add the same sums up.
    """
    row = _row(None)
    return None if row is None else (_head(row), statements.trial_balance_of(row.last_leg_id))


def inclusion_proof(reference: str) -> dict[str, Any]:
    """Return what bookkeeping/offline_verifier.py needs to prove every leg of the posting against the newest head.

    PostingMissing where nothing has this name; NotSealedYet where no head covers it.
    """
    ids = list(Leg.objects.named(reference).order_by("leg").values_list("id", flat=True))
    if not ids:
        raise PostingMissing(posting=reference)
    newest = _row(None)
    if newest is None or ids[-1] > newest.last_leg_id:
        raise NotSealedYet(posting=reference)
    edge = Edge(last_leg_id=newest.last_leg_id)
    proofs = []
    for leg_id in ids:
        index = index_of(leg_id)
        ((_, leaf),) = leaves(after=leg_id - 1, until=leg_id, limit=1)
        path = merkle.inclusion_path(edge.node, index=index, size=newest.size)
        proofs.append({"index": index, "leg": asdict(leaf), "path": [step.hex() for step in path]})
    return {"format": FORMAT, "head": asdict(_head(newest)), "leaves": proofs}


def inclusion_of_legs(leg_ids: Iterable[int]) -> dict[str, Any]:
    """Return the proof of many legs against the newest head; legs that no head covers yet are left out.

    NotSealedYet where there is no head at all.
    """
    newest = _row(None)
    if newest is None:
        raise NotSealedYet
    proofs = leg_proofs.included(leg_ids, size=newest.size, last_leg_id=newest.last_leg_id)
    return {"format": FORMAT, "head": asdict(_head(newest)), "leaves": proofs}


def inclusion_of_leaf(index: int, *, size: int | None = None) -> dict[str, Any]:
    """Return the hash of a leaf and its path, and nothing of what the leaf says."""
    row = _row(size)
    if row is None or not 0 <= index < row.size:
        raise LeafMissing(index=index)
    edge = Edge(last_leg_id=row.last_leg_id)
    path = merkle.inclusion_path(edge.node, index=index, size=row.size)
    return {
        "index": index,
        "leaf_hash": edge.node(0, index).hex(),
        "path": [step.hex() for step in path],
        "head": asdict(_head(row)),
    }


def consistency_proof(first: int, second: int) -> dict[str, Any]:
    """Return both heads and the path showing that the second log begins with the first; LeafMissing without them."""
    rows = _row(first), _row(second)
    if rows[0] is None or rows[1] is None or first > second:
        raise LeafMissing(first=first, second=second)
    path = merkle.consistency_path(Edge(last_leg_id=rows[1].last_leg_id).node, first=first, second=second)
    return {
        "format": FORMAT,
        "first_head": asdict(_head(rows[0])),
        "head": asdict(_head(rows[1])),
        "consistency": [step.hex() for step in path],
    }


def _row(size: int | None) -> SignedTreeHead | None:
    found = SignedTreeHead.objects.order_by("-size")
    return (found if size is None else found.filter(size=size)).first()


def _head(row: SignedTreeHead) -> Head:
    return Head(
        size=row.size,
        root=row.root,
        at=row.at,
        previous=row.previous,
        key_id=row.key_id,
        public_key=row.public_key,
        signature=row.signature,
    )


def _final_leg_id() -> int:
    """Return an id up to which no leg can still appear."""
    if connection.vendor != "postgresql":
        return Leg.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM bookkeeping_leg_id_seq")
        boundary = cursor.fetchone()[0]
        _await_writers(cursor)
        cursor.execute("SELECT coalesce(max(id), 0) FROM bookkeeping_leg WHERE id <= %s", [boundary])
        return cursor.fetchone()[0]


def _await_writers(cursor: Any) -> None:
    """Wait until everybody who is writing legs at this moment has committed or rolled back.

    A writer locks the table before it draws an id, so whoever drew a lower one is among those seen here. Locking the
    table ourselves would do too, but would make all new writers queue behind us.
    """
    query = """
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'bookkeeping_leg'::regclass AND mode = 'RowExclusiveLock'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND granted AND pid IS DISTINCT FROM pg_backend_pid()
    """
    cursor.execute(query)
    writing = {row[0] for row in cursor.fetchall()}
    deadline = time.monotonic() + PATIENCE_S
    while writing:
        if time.monotonic() > deadline:
            raise WritersStillAtWork(writers=len(writing))
        time.sleep(NAP_S)
        cursor.execute(query)
        writing &= {row[0] for row in cursor.fetchall()}


def _only_sealer() -> bool:
    """Tell whether nobody else is sealing, and keep it so until the transaction ends."""
    if connection.vendor != "postgresql":
        return True  # BEGIN IMMEDIATE lets one writer in
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return bool(cursor.fetchone()[0])
