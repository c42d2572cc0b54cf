"""Decide which postings of a batch the book takes, as if they were made one by one.

Pure: arrays in, arrays out. Accounts are numbered 0 to m - 1 within the batch, postings 0 to p - 1 in their order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SAFE_SUM = 4e18  # float64 sums beyond this might be past int64
MARGIN = 1 + 1e-9  # far above the rounding of a float64 sum: an account too near its limit is counted exactly

ACCEPTED, OVERDRAWN, OVER_LIMIT, REPEATED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Room:
    """How much each account can give before it meets its floor, and take before it meets its ceiling.

    Shape (m,) each; ``bounded_out`` and ``bounded_in`` are False where there is no such limit.
    """

    can_give: Ints
    can_take: Ints
    bounded_out: NDArray[np.bool_]
    bounded_in: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Legs:
    """The legs of a batch as columns, shape (n,). ``posting`` never decreases."""

    posting: Ints
    source: Ints
    target: Ints
    quantity: Ints

    def of(self, chosen: NDArray) -> "Legs":
        """Return the chosen legs (a mask or positions)."""
        return Legs(self.posting[chosen], self.source[chosen], self.target[chosen], self.quantity[chosen])


def plan(legs: Legs, *, name: Ints, room: Room) -> NDArray[np.int8]:
    """Return per posting, shape (p,), ACCEPTED, OVERDRAWN, OVER_LIMIT or REPEATED.

    ``name`` numbers the reference of each posting. Legs are taken in order; a posting stands only when each of its
    legs keeps both accounts within their limits at its turn. A posting whose reference an earlier one of the batch
    has taken is REPEATED. Only postings that touch an account which could fall short even in theory, and those that
    share a reference with one, are replayed one by one; all others are accepted at once.
    """
    _, first = np.unique(name, return_index=True)
    answer = np.full(len(name), REPEATED, dtype=np.int8)
    answer[first] = ACCEPTED
    risky = _at_risk(legs, room)
    if risky.any():
        touched = name[legs.posting[risky[legs.source] | risky[legs.target]]]
        to_replay = np.isin(name, touched)
        _replay(legs.of(to_replay[legs.posting]), name, room, answer)
    return answer


def _at_risk(legs: Legs, room: Room) -> NDArray[np.bool_]:
    """Tell which accounts could break a limit if everything left them before anything came, or the reverse."""
    size = len(room.can_give)
    given = np.bincount(legs.source, weights=legs.quantity, minlength=size) * MARGIN
    taken = np.bincount(legs.target, weights=legs.quantity, minlength=size) * MARGIN
    gives_too_much = room.bounded_out & ((given > room.can_give) | (given > SAFE_SUM))
    takes_too_much = room.bounded_in & ((taken > room.can_take) | (taken > SAFE_SUM))
    return gives_too_much | takes_too_much


def _replay(legs: Legs, name: Ints, room: Room, answer: NDArray[np.int8]) -> None:
    """Take the postings of ``legs`` one by one and write what they come to into ``answer``."""
    book = _Rooms(room)
    taken: set[int] = set()
    columns = [column.tolist() for column in (legs.source, legs.target, legs.quantity)]
    starts = np.flatnonzero(np.diff(legs.posting, prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(legs.posting)], strict=True):
        number = int(legs.posting[start])
        if int(name[number]) in taken:
            answer[number] = REPEATED
            continue
        answer[number] = book.post(list(zip(*(column[start:end] for column in columns), strict=True)))
        if answer[number] == ACCEPTED:
            taken.add(int(name[number]))


class _Rooms:
    """The room of the bounded accounts, moved leg by leg in Python's own whole numbers."""

    def __init__(self, room: Room) -> None:
        self.give = {n: int(room.can_give[n]) for n in np.flatnonzero(room.bounded_out).tolist()}
        self.take = {n: int(room.can_take[n]) for n in np.flatnonzero(room.bounded_in).tolist()}

    def post(self, legs: list[tuple[int, int, int]]) -> int:
        """Move every leg, or none; return why not."""
        for done, (source, target, quantity) in enumerate(legs):
            refusal = self._refusal(source, target, quantity)
            if refusal:
                for source_back, target_back, quantity_back in legs[:done]:
                    self._move(source_back, target_back, -quantity_back)
                return refusal
            self._move(source, target, quantity)
        return ACCEPTED

    def _refusal(self, source: int, target: int, quantity: int) -> int:
        if source in self.give and self.give[source] < quantity:
            return OVERDRAWN
        if target in self.take and self.take[target] < quantity:
            return OVER_LIMIT
        return ACCEPTED

    def _move(self, source: int, target: int, quantity: int) -> None:
        for account, change in ((source, -quantity), (target, quantity)):
            if account in self.give:
                self.give[account] += change
            if account in self.take:
                self.take[account] -= change
