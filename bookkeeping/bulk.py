"""Postings by the hundred thousand: the same books as one by one, in a constant number of statements."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import IntegrityError, OperationalError, connection, transaction
from numpy.typing import NDArray

from bookkeeping import leg_columns, limits
from bookkeeping.batches import Batch, asset_numbers, batch_of
from bookkeeping.kinds import Kind
from bookkeeping.leg_columns import Accounts
from bookkeeping.locking import lock_accounts
from bookkeeping.refusals import (
    ACCOUNT_UNUSABLE,
    REFERENCE_TAKEN,
    AccountFrozen,
    AccountMissing,
    AssetsDiffer,
    Overdrawn,
    OverLimit,
    ReferenceReused,
    SameAccount,
    constraint_of,
    is_deadlock,
)

POSTED, REPLAYED = "posted", "replayed"
STATUS_TYPE = "<U20"
ATTEMPTS = 4
_LIMIT_STATUS = {limits.OVERDRAWN: Overdrawn.code, limits.OVER_LIMIT: OverLimit.code}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of each leg: "posted", "replayed", or the code of the refusal. Shape (n,), in the order given."""

    status: NDArray[np.str_]


def post_many(
    *,
    references: Sequence[str],
    sources: Sequence[str] | str,
    targets: Sequence[str] | str,
    quantities: Any,
    occurred_at: Any,
    legs: Any = None,
) -> BulkResult:
    """Post one leg per entry; ``legs`` counts those of each posting from 0, which stand together under one reference.

    Without ``legs`` every entry is a posting of its own, so that a reference that comes twice is a repetition.
    ``sources``, ``targets``: account codes, or one code for all; ``quantities``: whole numbers from 1;
    ``occurred_at``: one aware instant, or one per leg. Refused postings leave no trace and do not stop the others.
    The batch is written straight away; only where the database refuses it, or it could depend on its own order,
    are the accounts locked and every posting decided first.
    """
    batch = batch_of(
        references=references,
        sources=sources,
        targets=targets,
        quantities=quantities,
        occurred_at=occurred_at,
        legs=legs,
    )
    status = np.full(len(batch.starts), "", dtype=STATUS_TYPE)
    if len(status):
        # A batch sent again is not written for nothing: its first or its last reference is taken.
        found = leg_columns.look_up(batch.codes, references=[batch.references[0], batch.references[-1]])
        _refuse_impossible(batch, status)
        slow = found.taken or _depends_on_order(batch, found.accounts)
        if slow or not _written_at_once(batch, found.accounts, status):
            _decide_and_write(batch, found.accounts, status)
    return BulkResult(status=status[batch.legs.posting])


def _refuse_impossible(batch: Batch, status: NDArray[np.str_]) -> None:
    """Refuse what no state of the book could allow; the first leg at fault gives the reason."""
    legs, asset = batch.legs, asset_numbers(batch.codes)
    reasons = np.full(len(legs.posting), "", dtype=STATUS_TYPE)
    reasons[asset[legs.source] != asset[legs.target]] = AssetsDiffer.code
    reasons[legs.source == legs.target] = SameAccount.code
    _first_reason(batch, reasons, status)


def _unusable(batch: Batch, accounts: Accounts) -> NDArray[np.str_]:
    """Return per posting why one of its accounts cannot be used, or an empty text."""
    per_account = np.full(len(batch.codes), "", dtype=STATUS_TYPE)
    per_account[accounts.frozen] = AccountFrozen.code
    per_account[accounts.ids == 0] = AccountMissing.code
    source, target = per_account[batch.legs.source], per_account[batch.legs.target]
    reasons = np.full(len(batch.starts), "", dtype=STATUS_TYPE)
    _first_reason(batch, np.where(source != "", source, target), reasons)
    return reasons


def _first_reason(batch: Batch, reasons: NDArray[np.str_], status: NDArray[np.str_]) -> None:
    at_fault = np.flatnonzero(reasons != "")[::-1]
    status[batch.legs.posting[at_fault]] = reasons[at_fault]  # of several, the last one written is the first leg


def _depends_on_order(batch: Batch, accounts: Accounts) -> bool:
    """Tell whether the batch repeats a reference, or a limited account both gives and takes in it."""
    if len(np.unique(batch.name)) < len(batch.name):
        return True
    gives, takes = np.zeros(len(batch.codes), bool), np.zeros(len(batch.codes), bool)
    gives[batch.legs.source] = takes[batch.legs.target] = True
    return bool((gives & takes & accounts.limited).any())


def _written_at_once(batch: Batch, accounts: Accounts, status: NDArray[np.str_]) -> bool:
    """Write every posting that looks possible; tell whether the database took them all."""
    unusable = _unusable(batch, accounts)
    possible = (status == "") & (unusable == "")
    try:
        with _all_or_nothing():
            if possible.any():
                leg_columns.write(batch, accounts, chosen=possible[batch.legs.posting])
    except (IntegrityError, OperationalError) as error:
        if isinstance(error, OperationalError) and not is_deadlock(error):
            raise
        return False
    status[possible] = POSTED
    _compare_with_book(batch, accounts, status)
    undecided = status == ""
    status[undecided] = unusable[undecided]
    return True


def _all_or_nothing() -> AbstractContextManager[object]:
    """Return what makes writing a batch atomic; on PostgreSQL it is one COPY, which is so by itself."""
    alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    return nullcontext() if alone else transaction.atomic()


def _decide_and_write(batch: Batch, accounts: Accounts, status: NDArray[np.str_]) -> None:
    """Lock, decide posting by posting, write the accepted; again where the book changed meanwhile.

    Where a reference stays taken though it is not in the book, another one has its short key (see references.py): the
    last time every posting is written by itself, and that one is refused.
    """
    for attempt in range(ATTEMPTS):
        decided, last = status.copy(), attempt + 1 == ATTEMPTS
        try:
            with transaction.atomic():
                room = lock_accounts(accounts.ids.tolist())
                frozen_now = leg_columns.look_up(batch.codes, references=[]).accounts.frozen
                accounts = replace(accounts, frozen=frozen_now)
                _compare_with_book(batch, accounts, decided)
                undecided = decided == ""
                unusable = _unusable(batch, accounts)
                decided[undecided] = unusable[undecided]
                _plan(batch, room, decided)
                _tell_reused(batch, undecided & (unusable != ""), decided)
                if last:
                    _write_singly(batch, accounts, decided)
                elif (decided == POSTED).any():
                    leg_columns.write(batch, accounts, chosen=(decided == POSTED)[batch.legs.posting])
        except (IntegrityError, OperationalError) as error:
            if last or not (is_deadlock(error) or constraint_of(error) in {REFERENCE_TAKEN, ACCOUNT_UNUSABLE}):
                raise
            continue
        status[:] = decided
        return


def _write_singly(batch: Batch, accounts: Accounts, status: NDArray[np.str_]) -> None:
    """Write the accepted postings one by one; those whose reference is taken are compared with the book, or refused."""
    for posting in np.flatnonzero(status == POSTED).tolist():
        try:
            with transaction.atomic():
                leg_columns.write(batch, accounts, chosen=batch.legs.posting == posting)
        except IntegrityError as error:
            if constraint_of(error) != REFERENCE_TAKEN:
                raise
            status[posting] = ""
    _compare_with_book(batch, accounts, status)
    status[status == ""] = ReferenceReused.code


def _compare_with_book(batch: Batch, accounts: Accounts, status: NDArray[np.str_]) -> None:
    """Answer those undecided postings whose reference stands in the book already."""
    undecided = np.flatnonzero(status == "")
    found = leg_columns.stored(batch.posting_references()[undecided].tolist())
    if not found:
        return
    references = batch.posting_references()
    for posting in undecided.tolist():
        standing = found.get(references[posting])
        if standing is not None:
            same = standing == _content(batch, accounts, posting)
            status[posting] = REPLAYED if same else ReferenceReused.code


def _content(batch: Batch, accounts: Accounts, posting: int) -> list[tuple[int, int, int, int]]:
    rows = batch.rows_of(posting)
    sources = accounts.ids[batch.legs.source[rows]].tolist()
    targets = accounts.ids[batch.legs.target[rows]].tolist()
    quantities = batch.legs.quantity[rows].tolist()
    return [(int(Kind.POSTED), *leg) for leg in zip(sources, targets, quantities, strict=True)]


def _plan(batch: Batch, room: limits.Room, status: NDArray[np.str_]) -> None:
    """Answer the undecided postings in their order."""
    undecided = np.flatnonzero(status == "")
    number = np.full(len(status), -1, dtype=np.int64)
    number[undecided] = np.arange(len(undecided))
    legs = batch.legs.of((status == "")[batch.legs.posting])
    legs = limits.Legs(number[legs.posting], legs.source, legs.target, legs.quantity)
    answer = limits.plan(legs, name=batch.name[undecided], room=room)
    status[undecided[answer == limits.ACCEPTED]] = POSTED
    for code, text in _LIMIT_STATUS.items():
        status[undecided[answer == code]] = text
    _compare_repeated(batch, undecided[answer == limits.REPEATED].tolist(), status)


def _tell_reused(batch: Batch, unusable: NDArray[np.bool_], status: NDArray[np.str_]) -> None:
    """Tell of an unusable posting that an earlier one of this batch took its reference; it cannot be the same."""
    if not unusable.any():
        return
    taken_by = {int(batch.name[n]): n for n in np.flatnonzero(status == POSTED).tolist()}
    for posting in np.flatnonzero(unusable).tolist():
        if taken_by.get(int(batch.name[posting]), posting) < posting:
            status[posting] = ReferenceReused.code


def _compare_repeated(batch: Batch, repeated: list[int], status: NDArray[np.str_]) -> None:
    """Answer the postings whose reference an earlier one of this batch has taken."""
    if not repeated:
        return
    taken_by = {int(batch.name[n]): n for n in np.flatnonzero(status == POSTED).tolist()}
    for posting in repeated:
        first, again = batch.rows_of(taken_by[int(batch.name[posting])]), batch.rows_of(posting)
        same = all(
            np.array_equal(column[first], column[again])
            for column in (batch.legs.source, batch.legs.target, batch.legs.quantity)
        )
        status[posting] = REPLAYED if same else ReferenceReused.code
