"""The register of units: everybody reads it; an organisation retires and hands over its own by signed requests."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from core.idempotency import idempotent
from greenpoints.queries import register
from greenpoints.queries.register import NumberUnknown
from greenpoints.registry import units
from greenpoints.schemas.units import (
    LifeOut,
    OrderOut,
    RetirementIn,
    RetirementsOut,
    RetirementsQuery,
    SeriesOut,
    TransferIn,
)

router = Router()


@router.get("/greenpoints/units", response=list[SeriesOut], auth=None)
def list_series(request: HttpRequest) -> Any:
    """What was issued by method and year, and what of it is held, kept as buffer, retired."""
    return register.series()


@router.get("/greenpoints/units/retirements", response=RetirementsOut, auth=None)
def list_retirements(request: HttpRequest, query: Query[RetirementsQuery]) -> Any:
    """Retired units with beneficiary and purpose, the newest first."""
    items, following = register.retirements(**query.model_dump())
    return {"items": items, "next": following}


@router.get("/greenpoints/units/serials/{serial}", response=LifeOut, auth=None)
def read_life(request: HttpRequest, serial: str) -> Any:
    """The life of a range of serial numbers."""
    return register.life(serial)


@router.get("/greenpoints/units/batches/{code}/proof", auth=None)
def read_proof(request: HttpRequest, code: str) -> HttpResponse:
    """The proof file of an issued batch, byte by byte as its blocks descend from it."""
    proof = register.proof_file(code)
    if proof is None:
        raise NumberUnknown(batch=code[:40])
    return HttpResponse(proof, content_type="application/json")


@router.post("/greenpoints/units/retirements", response=OrderOut)
@idempotent
def retire_units(request: HttpRequest, body: RetirementIn) -> Any:
    """Use units of the organisation that signs up, for good."""
    holder = request.auth  # type: ignore[attr-defined]
    return units.retire(holder=holder, by=f"api/{holder}", at=timezone.now(), **body.model_dump())


@router.post("/greenpoints/units/transfers", response=OrderOut)
@idempotent
def transfer_units(request: HttpRequest, body: TransferIn) -> Any:
    """Hand units of the organisation that signs over to another one."""
    holder = request.auth  # type: ignore[attr-defined]
    return units.transfer(holder=holder, by=f"api/{holder}", at=timezone.now(), **body.model_dump())
