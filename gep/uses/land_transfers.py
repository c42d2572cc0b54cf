"""The ledger of transfers of land, "GEP in, GEP out": what a parcel yields before and after its plan, and the charge.

Charge = max(0, GEP planned - GEP before - obligation) · share. Neither obligation nor share has a default: both are
the law's, and are stated with each transfer. gep.md 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.rounding import half_up


class TransferTwice(ValueError):
    """A parcel is entered twice under one plan; the text names both."""


class ShareRefused(ValueError):
    """A share that is not from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One parcel under one plan: GEP that goes out with the old use, comes in with the new, and what it owes anyway."""

    plan: str
    parcel: str
    out_fen: int
    in_fen: int
    obligation_fen: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A transfer with its change and its charge, in fen; a loss has no charge and keeps its sign."""

    transfer: Transfer
    change_fen: int
    charge_fen: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows in the order of plan and parcel, and their sums."""

    rows: tuple[LedgerRow, ...]
    out_fen: int
    in_fen: int
    charge_fen: int


def ledger(transfers: Iterable[Transfer]) -> Ledger:
    """Return the ledger. Raises TransferTwice, ShareRefused."""
    ordered = sorted(transfers, key=lambda transfer: (transfer.plan, transfer.parcel))
    for one, next_one in zip(ordered, ordered[1:], strict=False):
        if (one.plan, one.parcel) == (next_one.plan, next_one.parcel):
            raise TransferTwice(f"parcel {one.parcel} is entered twice under {one.plan}")
    rows = tuple(_row(transfer) for transfer in ordered)
    return Ledger(
        rows=rows,
        out_fen=sum(row.transfer.out_fen for row in rows),
        in_fen=sum(row.transfer.in_fen for row in rows),
        charge_fen=sum(row.charge_fen for row in rows),
    )


def _row(transfer: Transfer) -> LedgerRow:
    if not 0 <= transfer.share <= 1:
        raise ShareRefused(f"{transfer.plan}, parcel {transfer.parcel}: a share of {transfer.share}")
    change = transfer.in_fen - transfer.out_fen
    due = max(0, change - transfer.obligation_fen) * Fraction(transfer.share)
    return LedgerRow(transfer, change, half_up(due))
