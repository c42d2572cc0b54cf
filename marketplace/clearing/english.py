"""The English auction (网络竞价): rising bids on a step grid, a free period, then an end that late bids put off.

Terms as in the Jiangxi forest-right auctions. A bid counts if the server received it before the deadline. The first
deadline is the end of the free period plus one extension; a bid within one extension of the deadline moves it to one
extension after itself. The reserve is hidden and looked at once, at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

NOT_OPEN = "not_open"
DEADLINE_PASSED = "deadline_passed"
BELOW_START = "below_start"
STEP_GRID = "step_grid"
LEADER_RAISES = "leader_raises"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the seller fixed. Money in fen; ``reserve_fen`` None means that the start price is enough."""

    start_fen: int
    step_fen: int
    opens_at: datetime
    free_until: datetime
    extension_s: int
    reserve_fen: int | None = None
    leader_may_raise: bool = False

    @property
    def extension(self) -> timedelta:
        """Return the time that a late bid adds."""
        return timedelta(seconds=self.extension_s)


@dataclass(frozen=True, slots=True)
class Bid:
    """One bid as the server numbered it; the number, not the clock, orders bids."""

    sequence: int
    party: str
    amount_fen: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """An auction after some bids: who leads at what price, and until when a bid counts."""

    deadline_at: datetime
    leader: str | None = None
    price_fen: int | None = None
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a bid does not count, and the least amount that would."""

    reason: str
    next_fen: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an auction ended: the winner and price, or why nobody won; ``refused`` bids by sequence."""

    winner: str | None
    price_fen: int | None
    deadline_at: datetime
    reserve_met: bool
    refused: tuple[tuple[int, str], ...]


def opening(terms: Terms) -> State:
    """Return the auction before any bid."""
    return State(deadline_at=terms.free_until + terms.extension)


def least_next_fen(terms: Terms, state: State) -> int:
    """Return the least amount that the next bid may name."""
    return terms.start_fen if state.price_fen is None else state.price_fen + terms.step_fen


def judge(terms: Terms, state: State, bid: Bid) -> Refused | None:
    """Return why the bid does not count, or None where it does."""
    reason = _reason(terms, state, bid)
    return None if reason is None else Refused(reason, _hint(terms, state, bid))


def after(terms: Terms, state: State, bid: Bid) -> State:
    """Return the auction after a bid that counts."""
    deadline_at = state.deadline_at
    if bid.received_at >= deadline_at - terms.extension:
        # Never earlier: two web servers' clocks may differ while the numbers of the bids do not.
        deadline_at = max(deadline_at, bid.received_at + terms.extension)
    return replace(
        state, deadline_at=deadline_at, leader=bid.party, price_fen=bid.amount_fen, accepted=state.accepted + 1
    )


def clear(terms: Terms, bids: Iterable[Bid]) -> Outcome:
    """Fold the log, in the order of its sequence numbers, into its one outcome."""
    state, refused = opening(terms), []
    for bid in sorted(bids, key=lambda bid: bid.sequence):
        refusal = judge(terms, state, bid)
        if refusal is None:
            state = after(terms, state, bid)
        else:
            refused.append((bid.sequence, refusal.reason))
    met = state.price_fen is not None and (terms.reserve_fen is None or state.price_fen >= terms.reserve_fen)
    return Outcome(
        winner=state.leader if met else None,
        price_fen=state.price_fen,
        deadline_at=state.deadline_at,
        reserve_met=met,
        refused=tuple(refused),
    )


def _reason(terms: Terms, state: State, bid: Bid) -> str | None:
    if bid.received_at < terms.opens_at:
        return NOT_OPEN
    if bid.received_at >= state.deadline_at:
        return DEADLINE_PASSED
    if state.price_fen is None:
        return BELOW_START if bid.amount_fen < terms.start_fen else None
    if bid.party == state.leader and not terms.leader_may_raise:
        return LEADER_RAISES
    steps, rest = divmod(bid.amount_fen - state.price_fen, terms.step_fen)
    return STEP_GRID if rest or steps < 1 else None


def _hint(terms: Terms, state: State, bid: Bid) -> int:
    """Return the nearest amount on the grid that is not below what was bid."""
    least = least_next_fen(terms, state)
    if state.price_fen is None or bid.amount_fen <= least:
        return least
    steps = -(-(bid.amount_fen - state.price_fen) // terms.step_fen)
    return state.price_fen + steps * terms.step_fen
