"""The sealed auction of one lot (一次报价): the highest bid wins, the earlier of equals; first or second price."""

from collections.abc import Iterable
from dataclasses import dataclass

FIRST_PRICE, SECOND_PRICE = "first_price", "second_price"


@dataclass(frozen=True, slots=True)
class SealedBid:
    """One bid as the server numbered it. Money in fen."""

    sequence: int
    party: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class SealedOutcome:
    """The winner and what it pays, None without one; ``void``: sequence numbers of bids below the reserve."""

    winner: str | None
    price_fen: int | None
    void: tuple[int, ...]


def clear(bids: Iterable[SealedBid], *, reserve_fen: int, pricing: str = FIRST_PRICE) -> SealedOutcome:
    """Award the lot. A party's last bid counts, with that bid's number; second price pays max(second, reserve)."""
    if pricing not in {FIRST_PRICE, SECOND_PRICE}:
        raise ValueError(f"pricing is {FIRST_PRICE} or {SECOND_PRICE}, not {pricing!r}")
    last = {bid.party: bid for bid in sorted(bids, key=lambda bid: bid.sequence)}
    valid = sorted(
        (bid for bid in last.values() if bid.amount_fen >= reserve_fen), key=lambda bid: (-bid.amount_fen, bid.sequence)
    )
    void = tuple(sorted(bid.sequence for bid in last.values() if bid.amount_fen < reserve_fen))
    if not valid:
        return SealedOutcome(winner=None, price_fen=None, void=void)
    price_fen = valid[0].amount_fen
    if pricing == SECOND_PRICE:
        price_fen = valid[1].amount_fen if len(valid) > 1 else reserve_fen
    return SealedOutcome(winner=valid[0].party, price_fen=price_fen, void=void)
