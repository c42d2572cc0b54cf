"""The book over HTTP: balances and statements for those who may read them, the public log for everyone."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from bookkeeping import queries, transparency
from bookkeeping.assets import UNITS, asset_of
from bookkeeping.refusals import AccountMissing
from bookkeeping.schemas import (
    BalanceOut,
    ConsistencyOut,
    HeadOut,
    InclusionOut,
    ProofOut,
    StatementOut,
)
from core.schemas import Limit

router = Router(tags=["bookkeeping"])

# Programmes and public money: what they hold is for everyone to see. Whom they paid is not.
PUBLIC_HEADINGS = {
    "coin:fund",
    "co2e:act",
    "fen:bank",
    "fen:budget",
    "fen:reserved",
    "fen:in-payment",
    "fen:paid",
}
Size = Annotated[int, Field(ge=1, le=2**62)]


def reads_books(request: HttpRequest) -> Any:
    """Let staff in; the accounts of residents and merchants are shown to their owners on their own pages."""
    user = request.user
    return user if user.is_authenticated and user.is_active and user.is_staff else None


def reads_balance(request: HttpRequest) -> Any:
    """Let everyone see what programmes and budgets hold, and staff the rest."""
    code = request.resolver_match.kwargs["code"] if request.resolver_match else ""
    return code.partition("/")[0] in PUBLIC_HEADINGS or reads_books(request)


@router.get("/book/accounts/{path:code}/balance", response=BalanceOut, auth=reads_balance)
def read_balance(request: HttpRequest, code: str) -> Any:
    """What the account holds now."""
    unit, held = _unit(code), queries.balance(code)
    return {"account": code, "unit": unit, "posted": held.posted, "held": held.held, "available": held.available}


@router.get("/book/accounts/{path:code}/statement", response=StatementOut, auth=reads_books)
def read_statement(
    request: HttpRequest,
    code: str,
    until: datetime | None = None,
    limit: Limit = 50,
    after: Annotated[str | None, Query(max_length=600)] = None,
) -> Any:
    """Movements of the account, newest first, up to an instant."""
    unit = _unit(code)
    page = queries.statement(code, until=until, limit=limit, after=after)
    return {"account": code, "unit": unit, "balance": page.balance, "lines": page.lines, "next": page.next}


@router.get("/log/head", response=HeadOut)
def read_head(request: HttpRequest, size: Size | None = None) -> Any:
    """The newest signed head of the public log, or the one of a size."""
    found = transparency.head(size=size)
    if found is None:
        raise transparency.LeafMissing(size=size)
    return asdict(found)


@router.get("/log/inclusion", response=InclusionOut)
def read_inclusion(request: HttpRequest, index: Annotated[int, Query(ge=0, le=2**62)], size: Size | None = None) -> Any:
    """That the leaf is in the log. It shows the hash, never what was posted."""
    return transparency.inclusion_of_leaf(index, size=size)


@router.get("/log/consistency", response=ConsistencyOut)
def read_consistency(request: HttpRequest, first: Size, second: Size) -> Any:
    """That the log of ``second`` leaves begins with that of ``first``. Both are sizes of published heads."""
    return transparency.consistency_proof(first, second)


@router.get("/log/proof", response=ProofOut, auth=reads_books)
def read_proof(request: HttpRequest, reference: Annotated[str, Query(min_length=1, max_length=160)]) -> Any:
    """The whole proof of a posting, as a file for bookkeeping/offline_verifier.py."""
    return transparency.inclusion_proof(reference)


def _unit(code: str) -> str:
    try:
        return UNITS[asset_of(code)]
    except ValueError:
        raise AccountMissing(account=code) from None
