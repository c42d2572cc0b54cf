"""One-way auctions of many equal units (单向竞价): by price, then by number, until the supply is gone.

Everyone pays the lowest accepted price (uniform), or its own (pay as bid). At the margin the earlier bid is served
first, or equal prices share what is left by the largest remainder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.rounding import apportion, half_up

UNIFORM, PAY_AS_BID = "uniform", "pay_as_bid"
BY_TIME, PRO_RATA = "time", "pro_rata"


@dataclass(frozen=True, slots=True)
class UnitBid:
    """Asks for ``quantity`` whole units at ``price_fen`` per ``scale`` units."""

    sequence: int
    party: str
    quantity: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class Allotment:
    """What one bid got and pays, rounded half up once."""

    sequence: int
    party: str
    quantity: int
    price_fen: int
    due_fen: int


@dataclass(frozen=True, slots=True)
class MultiUnitOutcome:
    """The lowest accepted price (None without one), the allotments in order of rank, and void bids by number."""

    price_fen: int | None
    allotments: tuple[Allotment, ...]
    void: tuple[int, ...]

    @property
    def revenue_fen(self) -> int:
        """Return what all pay together."""
        return sum(allotment.due_fen for allotment in self.allotments)


def clear(
    bids: Iterable[UnitBid],
    *,
    supply: int,
    floor_fen: int,
    pricing: str = UNIFORM,
    at_margin: str = BY_TIME,
    scale: int = 1,
) -> MultiUnitOutcome:
    """Allot ``supply`` units; bids below ``floor_fen`` are void. Prices are per ``scale`` units."""
    if pricing not in {UNIFORM, PAY_AS_BID} or at_margin not in {BY_TIME, PRO_RATA}:
        raise ValueError(f"unknown pricing {pricing!r} or margin rule {at_margin!r}")
    bids = list(bids)
    ranked = sorted((bid for bid in bids if bid.price_fen >= floor_fen), key=lambda bid: (-bid.price_fen, bid.sequence))
    served = _served(ranked, supply=supply, at_margin=at_margin)
    lowest = min((bid.price_fen for bid, quantity in served if quantity), default=None)
    allotments = []
    for bid, quantity in served:
        price_fen = lowest if pricing == UNIFORM and lowest is not None else bid.price_fen
        due_fen = half_up(Fraction(quantity * price_fen, scale))
        allotments.append(Allotment(bid.sequence, bid.party, quantity, price_fen, due_fen))
    void = tuple(sorted(bid.sequence for bid in bids if bid.price_fen < floor_fen))
    return MultiUnitOutcome(price_fen=lowest, allotments=tuple(allotments), void=void)


def _served(ranked: Sequence[UnitBid], *, supply: int, at_margin: str) -> list[tuple[UnitBid, int]]:
    served, left = [], supply
    for level in _levels(ranked):
        wanted = [bid.quantity for bid in level]
        if at_margin == PRO_RATA and sum(wanted) > left:
            parts = [int(part) for part in apportion(left, wanted)]
        else:
            parts = []
            for quantity in wanted:
                parts.append(min(quantity, left - sum(parts)))
        served += list(zip(level, parts, strict=True))
        left -= sum(parts)
    return served


def _levels(ranked: Sequence[UnitBid]) -> list[list[UnitBid]]:
    levels: list[list[UnitBid]] = []
    for bid in ranked:
        if levels and levels[-1][0].price_fen == bid.price_fen:
            levels[-1].append(bid)
        else:
            levels.append([bid])
    return levels
