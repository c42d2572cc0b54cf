"""Datasets of parcels over HTTP: loaded as the parcels from a day on, followed, stopped, taken up again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from gep import parcel_loads
from gep.api.conditions import Code, analysts, reader_of, staff
from gep.parcel_loads import LoadNotPossible, LoadView
from gep.schemas.parcels import LoadIn, LoadOut

router = Router(tags=["gep datasets"])


@router.post("/datasets/{code}/load", response={202: LoadOut}, auth=analysts, summary="Load parcels")
def load_dataset(request: HttpRequest, response: HttpResponse, body: LoadIn, code: str = Code) -> Status:
    """Have the dataset's parcels be those of its counties from a day on. The same again is the load there is."""
    view = parcel_loads.request(code, valid_from=body.valid_from, by=_user(request), at=timezone.now())
    response["Location"] = f"/api/v1/gep/datasets/{code}/load"
    return Status(202, view)


@router.get("/datasets/{code}/load", response=LoadOut, auth=staff, summary="How far parcels have been loaded")
def get_load(request: HttpRequest, code: str = Code) -> LoadView:
    """Return the latest load of a dataset."""
    found = parcel_loads.of(code, at=timezone.now(), reader=reader_of(request))
    if found is None:
        raise LoadNotPossible(dataset=code)
    return found


@router.post("/datasets/{code}/load/cancel", response=LoadOut, auth=analysts, summary="Stop loading")
def cancel_load(request: HttpRequest, code: str = Code) -> LoadView:
    """Stop after the county that is being loaded; those that are done stay."""
    return parcel_loads.cancel(code, by=_user(request), at=timezone.now())


@router.post("/datasets/{code}/load/resume", response={202: LoadOut}, auth=analysts, summary="Go on loading")
def resume_load(request: HttpRequest, code: str = Code) -> Status:
    """Take up a load that was stopped or refused, with the next county."""
    return Status(202, parcel_loads.resume(code, by=_user(request), at=timezone.now()))


def _user(request: HttpRequest) -> Any:
    return request.auth  # type: ignore[attr-defined]
