"""Money of parties, as the supervised bank account shows it. The platform holds none: the book mirrors the bank."""

from collections.abc import Sequence
from datetime import datetime

from bookkeeping.chart import Nature, open_accounts
from bookkeeping.postings import Leg, Posted, post

BANK = "fen:bank/custody"
FEE = "fen:fee/platform"


def party_account(party: str) -> str:
    """Return the account of what the bank holds for a party."""
    return f"fen:party/{party}"


def deposit_account(session: str, party: str) -> str:
    """Return the account of a party's deposit for a session."""
    return f"fen:deposit/{session}/{party}"


def escrow_account(session: str) -> str:
    """Return the account through which the price of a session passes."""
    return f"fen:escrow/{session}"


def open_holders(codes: Sequence[str]) -> None:
    """Open accounts that cannot go below zero; those that are open stay as they are."""
    open_accounts(codes, nature=Nature.HOLDER)


def record_inflow(*, party: str, amount_fen: int, bank_reference: str, at: datetime) -> Posted:
    """Book money that arrived at the bank for a party, once per bank reference.

    The same reference with the same amount again changes nothing; with another amount it is ReferenceReused.
    """
    open_accounts([BANK], nature=Nature.SOURCE, floor=None)
    open_holders([party_account(party)])
    legs = [Leg(source=BANK, target=party_account(party), quantity=amount_fen)]
    return post(reference=f"inflow/{bank_reference}", legs=legs, occurred_at=at)
