"""What the book says: balances, statements, trial balances, postings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from bookkeeping import legs
from bookkeeping.refusals import AccountMissing, PostingMissing
from bookkeeping.statements import statement, trial_balance

__all__ = ["Balance", "balance", "balances", "posting", "statement", "trial_balance"]

_BALANCE = """
    SELECT account.code,
           account.balance + coalesce((SELECT sum(slot.balance) FROM bookkeeping_slot AS slot
                                       WHERE account.striped AND slot.account_id = account.id), 0),
           account.held_out + coalesce((SELECT sum(slot.held_out) FROM bookkeeping_slot AS slot
                                        WHERE account.striped AND slot.account_id = account.id), 0)
    FROM bookkeeping_account AS account
    WHERE account.code {which}
"""
_CODES = {
    "postgresql": "IN (SELECT json_array_elements_text(%s::json))",
    "sqlite": "IN (SELECT value FROM json_each(%s))",
}


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds, in whole units of its asset; ``held`` is the part set aside."""

    posted: int
    held: int

    @property
    def available(self) -> int:
        """Return what is not set aside."""
        return self.posted - self.held


def balance(code: str) -> Balance:
    """Return what the account holds; AccountMissing where there is none. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE.format(which="= %s"), [code])
        row = cursor.fetchone()
    if row is None:
        raise AccountMissing(account=code)
    return Balance(posted=int(row[1]), held=int(row[2]))


def balances(codes: Sequence[str]) -> dict[str, Balance]:
    """Return what each account holds; AccountMissing where one does not exist. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCE.format(which=_CODES[connection.vendor]), [json.dumps(list(codes))])
        found = {code: Balance(posted=int(posted), held=int(held)) for code, posted, held in cursor.fetchall()}
    for code in codes:
        if code not in found:
            raise AccountMissing(account=code)
    return found


def posting(reference: str) -> list[legs.StoredLeg]:
    """Return the legs of the posting in order; PostingMissing where nothing has this name."""
    found = legs.find(reference)
    if not found:
        raise PostingMissing(posting=reference)
    return found


def posting_count() -> int:
    """Return how many postings the book holds; every one of them has a first leg."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bookkeeping_leg WHERE leg = 0")
        return int(cursor.fetchone()[0])
