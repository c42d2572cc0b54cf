"""Merchants read their statements and object to them. Every request is signed."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router

from core.idempotency import idempotent
from greenpoints.queries import merchants
from greenpoints.redemption import settlements
from greenpoints.schemas.statements import DisputeIn, DisputeOut, MerchantStatementOut, StatementPath

router = Router()


@router.get("/greenpoints/statements", response=list[MerchantStatementOut])
def list_statements(request: HttpRequest) -> Any:
    """The last 60 statements of the merchant that signs, the newest first."""
    return merchants.statements(request.auth)  # type: ignore[attr-defined]


@router.get("/greenpoints/statements/{last_on}", response=MerchantStatementOut)
def read_statement(request: HttpRequest, path: Path[StatementPath]) -> Any:
    """The statement of the period that ends on this day, with what was objected and answered."""
    merchant = request.auth  # type: ignore[attr-defined]
    told = merchants.statement(merchant, last_on=path.last_on)
    if told is None:
        raise settlements.StatementMissing(merchant=merchant, last_on=path.last_on.isoformat())
    return told


@router.post("/greenpoints/statements/{last_on}/disputes", response=DisputeOut)
@idempotent
def dispute_statement(request: HttpRequest, path: Path[StatementPath], body: DisputeIn) -> Any:
    """Object to a statement, or to one order in it: it is not paid before an answer."""
    merchant = request.auth  # type: ignore[attr-defined]
    return settlements.dispute(
        merchant=merchant,
        last_on=path.last_on,
        order=body.order or "",
        reason=body.reason,
        by=f"api/{merchant}",
        at=timezone.now(),
    )
