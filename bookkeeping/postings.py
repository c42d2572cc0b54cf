"""Postings, one at a time: move, hold, confirm, release, reverse. All legs or none."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from bookkeeping import legs as leg_rows
from bookkeeping.assets import asset_of
from bookkeeping.batches import EXPIRED_SUFFIX, check_instant, check_reference
from bookkeeping.kinds import MAX_QUANTITY, Kind
from bookkeeping.locking import lock_accounts
from bookkeeping.refusals import (
    RELATED_TAKEN,
    SAID_BY,
    AccountFrozen,
    AccountMissing,
    AlreadyReversed,
    AssetsDiffer,
    HoldExpired,
    HoldResolved,
    NotReversible,
    PostingMissing,
    ReferenceReused,
    SameAccount,
    constraint_of,
)

MAX_LEGS = 1_000


@dataclass(frozen=True, slots=True)
class Leg:
    """Moves ``quantity`` (whole units of the accounts' asset, at least 1) from ``source`` to ``target``."""

    source: str
    target: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Posted:
    """What a posting came to; ``replayed`` where it stood in the book already."""

    reference: str
    replayed: bool


def post(*, reference: str, legs: Sequence[Leg], occurred_at: datetime) -> Posted:
    """Move every leg, in order, or none.

    The same reference with the same legs again changes nothing and answers ``replayed=True``, whatever its time;
    with other legs it is ReferenceReused. Raises Overdrawn, OverLimit, AccountMissing, AccountFrozen, AssetsDiffer,
    SameAccount; ValueError for a reference or a quantity that no caller should ever make.
    """
    _check(reference, legs)
    rows = [leg_rows.NewLeg(n, Kind.POSTED, leg.source, leg.target, leg.quantity) for n, leg in enumerate(legs)]
    return _write(reference, rows, occurred_at=occurred_at)


def hold(*, reference: str, legs: Sequence[Leg], occurred_at: datetime, expires_at: datetime | None = None) -> Posted:
    """Set every leg aside, so that neither side can use it, until it is confirmed, released, or expires."""
    _check(reference, legs)
    rows = [leg_rows.NewLeg(n, Kind.HELD, leg.source, leg.target, leg.quantity) for n, leg in enumerate(legs)]
    return _write(reference, rows, occurred_at=occurred_at, expires_at=expires_at)


def confirm(*, hold: str, reference: str, occurred_at: datetime, quantities: Sequence[int] | None = None) -> Posted:
    """Move what was held: all of it, or ``quantities`` (one per leg, 0 to what is held); the rest is released."""
    held = _held_legs(hold)
    if quantities is not None:
        _check_parts(quantities, held)
    rows = [
        leg_rows.NewLeg(leg.leg, Kind.CONFIRMED, leg.source, leg.target, quantity, related_id=leg.id)
        if quantity
        else leg_rows.NewLeg(leg.leg, Kind.RELEASED, leg.source, leg.target, leg.quantity, related_id=leg.id)
        for leg, quantity in zip(held, quantities or [leg.quantity for leg in held], strict=True)
    ]
    expires_at = held[0].expires_at
    if expires_at is not None and occurred_at >= expires_at and not leg_rows.find(reference):
        raise HoldExpired(hold=hold, expires_at=expires_at.isoformat())
    return _write(reference, rows, occurred_at=occurred_at, taken=lambda: HoldResolved(hold=hold))


def release(*, hold: str, reference: str, occurred_at: datetime) -> Posted:
    """Give back what was held; nothing moves."""
    rows = [
        leg_rows.NewLeg(leg.leg, Kind.RELEASED, leg.source, leg.target, leg.quantity, related_id=leg.id)
        for leg in _held_legs(hold)
    ]
    return _write(reference, rows, occurred_at=occurred_at, taken=lambda: HoldResolved(hold=hold))


def release_expired(*, now: datetime, limit: int = 1000) -> int:
    """Release at most ``limit`` holds that expired by ``now``, each as a whole; return how many legs were."""
    with transaction.atomic():
        return leg_rows.release_expired(now=now, limit=limit, suffix=EXPIRED_SUFFIX)


def reverse(*, posting: str, reference: str, occurred_at: datetime) -> Posted:
    """Move everything that ``posting`` moved back. Once; a reversal itself is not reversed."""
    moved = leg_rows.find(posting)
    if not moved:
        raise PostingMissing(posting=posting)
    moved = [leg for leg in moved if leg.kind in {Kind.POSTED, Kind.CONFIRMED}]
    if not moved:
        raise NotReversible(posting=posting)
    # Last leg first, so that what passed through an account passes back the same way.
    rows = [
        leg_rows.NewLeg(n, Kind.REVERSAL, leg.target, leg.source, leg.quantity, related_id=leg.id)
        for n, leg in enumerate(reversed(moved))
    ]
    return _write(reference, rows, occurred_at=occurred_at, taken=lambda: AlreadyReversed(posting=posting))


def _check(reference: str, legs: Sequence[Leg]) -> None:
    check_reference(reference)
    if not 0 < len(legs) <= MAX_LEGS:
        raise ValueError(f"{reference}: a posting has 1 to {MAX_LEGS} legs, not {len(legs)}")
    for leg in legs:
        _check_whole(reference, leg.quantity)
        if not 0 < leg.quantity <= MAX_QUANTITY:
            raise ValueError(f"{reference}: a leg moves 1 to {MAX_QUANTITY}, not {leg.quantity}")
        if leg.source == leg.target:
            raise SameAccount(reference=reference, account=leg.source)
        if asset_of(leg.source) != asset_of(leg.target):
            raise AssetsDiffer(reference=reference, source=leg.source, target=leg.target)


def _check_whole(reference: str, quantity: object) -> None:
    """Refuse what only looks like a whole number: one database would cut it off, the other round it."""
    if not isinstance(quantity, int) or isinstance(quantity, bool):
        raise ValueError(f"{reference}: a quantity is a whole number (int), not {quantity!r}")


def _held_legs(hold: str) -> list[leg_rows.StoredLeg]:
    held = leg_rows.find(hold)
    if not held or held[0].kind != Kind.HELD:
        raise PostingMissing(hold=hold)
    return held


def _check_parts(quantities: Sequence[int], held: Sequence[leg_rows.StoredLeg]) -> None:
    if len(quantities) != len(held):
        raise ValueError(f"{held[0].reference}: {len(held)} legs are held, {len(quantities)} quantities are given")
    for leg, quantity in zip(held, quantities, strict=True):
        _check_whole(leg.reference, quantity)
        if not 0 <= quantity <= leg.quantity:
            raise ValueError(f"{leg.reference}#{leg.leg}: 0 to {leg.quantity} can be confirmed, not {quantity}")
    if not any(quantities):
        raise ValueError(f"{held[0].reference}: nothing is confirmed; release the hold instead")


def _write(
    reference: str,
    rows: Sequence[leg_rows.NewLeg],
    *,
    occurred_at: datetime,
    expires_at: datetime | None = None,
    taken: Callable[[], Exception] | None = None,
) -> Posted:
    """Insert the rows of one posting, or find that they stand there already."""
    check_reference(reference)
    check_instant(occurred_at)
    batches = [rows] if _one_statement_will_do(rows) else [[row] for row in rows]
    # One statement is all or none by itself; only inside somebody's transaction does it need a savepoint.
    alone = len(batches) == 1 and not connection.in_atomic_block
    try:
        with nullcontext() if alone else transaction.atomic():
            if len(batches) > 1:  # leg after leg would lock in the order of the legs
                lock_accounts(leg_rows.account_ids(code for row in rows for code in (row.source, row.target)))
            for batch in batches:
                leg_rows.insert(reference, batch, occurred_at=occurred_at, expires_at=expires_at)
    except IntegrityError as error:
        if _stands_there(reference, rows):
            return Posted(reference, replayed=True)
        raise _refusal(reference, rows, error, taken=taken) from error
    return Posted(reference, replayed=False)


def _one_statement_will_do(rows: Sequence[leg_rows.NewLeg]) -> bool:
    """Tell whether no account both gives and takes: then the order of the legs cannot matter to a limit."""
    return len(rows) == 1 or {row.source for row in rows}.isdisjoint(row.target for row in rows)


def _stands_there(reference: str, rows: Sequence[leg_rows.NewLeg]) -> bool:
    """Tell whether the posting was made before; ReferenceReused where the reference names another one."""
    stored = leg_rows.find(reference)
    if not stored:
        return False
    if leg_rows.same_content(stored, rows):
        return True
    raise ReferenceReused(reference=reference)


def _refusal(
    reference: str,
    rows: Sequence[leg_rows.NewLeg],
    error: IntegrityError,
    *,
    taken: Callable[[], Exception] | None,
) -> Exception:
    constraint = constraint_of(error)
    if constraint == RELATED_TAKEN and taken is not None:
        return taken()
    # A missing or frozen account is told before a limit, whichever the database met first.
    unusable = _unusable_account(rows)
    if unusable is not None:
        return unusable
    if constraint in SAID_BY:
        return SAID_BY[constraint](reference=reference)
    return error


def _unusable_account(rows: Sequence[leg_rows.NewLeg]) -> Exception | None:
    codes = [code for row in rows for code in (row.source, row.target)]
    frozen = leg_rows.frozen_flags(codes)
    for code in codes:
        if code not in frozen:
            return AccountMissing(account=code)
        if frozen[code]:
            return AccountFrozen(account=code)
    return None
