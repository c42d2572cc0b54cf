"""The book over HTTP: balances and statements for those who may read them, the public log for everyone."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from bookkeeping import queries, readers, transparency
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
from core.schemas import Limit, QuerySchema

router = Router(tags=["bookkeeping"])

Size = Annotated[int, Field(ge=1, le=2**62)]


class StatementQuery(QuerySchema):
    """Which part of a statement: up to an instant, and after the line where the last page ended."""

    until: datetime | None = None
    limit: Limit = 50
    after: Annotated[str | None, Field(max_length=600)] = None


def signed_in(request: HttpRequest) -> Any:
    """Let in who has signed in; what each may read is asked per account."""
    return request.user if request.user.is_authenticated else None


def reads_balance(request: HttpRequest) -> Any:
    """Let everyone see what programmes and budgets hold, and the rest who has signed in."""
    code = request.resolver_match.kwargs["code"] if request.resolver_match else ""
    return readers.is_public(code) or signed_in(request)


@router.get("/book/accounts/{path:code}/balance", response=BalanceOut, auth=reads_balance)
def read_balance(request: HttpRequest, code: str) -> Any:
    """What the account holds now; auditors, operators and finance officers see every account, others their own."""
    if not readers.is_public(code):
        readers.require(request.user, code)
    unit, held = _unit(code), queries.balance(code)
    return {"account": code, "unit": unit, "posted": held.posted, "held": held.held, "available": held.available}


@router.get("/book/accounts/{path:code}/statement", response=StatementOut, auth=signed_in)
def read_statement(request: HttpRequest, code: str, query: Query[StatementQuery]) -> Any:
    """Movements of the account, newest first, up to an instant."""
    readers.require(request.user, code)
    unit = _unit(code)
    page = queries.statement(code, until=query.until, limit=query.limit, after=query.after)
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


@router.get("/log/proof", response=ProofOut, auth=signed_in)
def read_proof(request: HttpRequest, reference: Annotated[str, Query(min_length=1, max_length=160)]) -> Any:
    """The whole proof of a posting for bookkeeping/offline_verifier.py, shown to its parties and to auditors."""
    proof = transparency.inclusion_proof(reference)
    readers.require_proof(request.user, proof)
    return proof


def _unit(code: str) -> str:
    try:
        return UNITS[asset_of(code)]
    except ValueError:
        raise AccountMissing(account=code) from None
