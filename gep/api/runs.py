"""Runs over HTTP: asked for, followed, stopped, taken up again, approved by a second person, published, withdrawn."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.schemas import Limit
from gep import publication, run_queries, runs
from gep.api.conditions import IF_MATCH, Code, analysts, reader_of, revision_asked, staff, tagged
from gep.run_queries import ProgressView, RunView
from gep.runs import Wanted
from gep.schemas.datasets import ReasonIn
from gep.schemas.runs import ProgressOut, RunIn, RunOut, StartIn

router = Router(tags=["gep runs"])


@router.post("/runs", response={202: RunOut}, auth=analysts, summary="Ask for a run")
def request_run(request: HttpRequest, response: HttpResponse, body: RunIn) -> Status:
    """Save a run and have it checked, weighed and joined by workers. The same inputs again are the run there is."""
    said = body.model_dump(exclude={"land_use", "parcels"})
    changes: dict[str, Any] = {}
    if body.land_use:
        changes["land_use"] = body.land_use
    if body.parcels:
        changes["parcels"] = sorted(set(body.parcels))
    view = runs.request(Wanted(**said, changes=changes), at=timezone.now(), by=_user(request))
    response["Location"] = f"/api/v1/gep/runs/{view.code}/progress"
    return Status(202, tagged(response, view))


@router.get("/runs", response=list[RunOut], auth=staff, summary="Runs")
def list_runs(
    request: HttpRequest,
    region: str = "",
    year: Annotated[int, Field(ge=1900, le=2199)] | None = None,
    status: str = "",
    kind: str = "",
    before: str = "",
    limit: Limit = 50,
) -> list[RunView]:
    """Return runs, the last requested first, those requested before the run ``before``."""
    return run_queries.runs(
        reader=reader_of(request), region=region, year=year, status=status, kind=kind, before=before, limit=limit
    )


@router.get("/runs/{code}", response=RunOut, auth=staff, summary="One run")
def get_run(request: HttpRequest, response: HttpResponse, code: str = Code) -> RunView:
    """Return a run; its ETag is what an approval, a publication or a withdrawal must name."""
    return tagged(response, run_queries.run(code, reader=reader_of(request)))


@router.get("/runs/{code}/progress", response=ProgressOut, auth=staff, summary="How far a run has come")
def get_progress(request: HttpRequest, code: str = Code) -> ProgressView:
    """Return stage, share and remaining time."""
    return run_queries.progress(code, at=timezone.now(), reader=reader_of(request))


@router.post("/runs/{code}/start", response={202: RunOut}, auth=analysts, summary="Go on after the check")
def start_run(request: HttpRequest, response: HttpResponse, body: StartIn, code: str = Code) -> Status:
    """Let a run go on whose check found something to decide."""
    view = runs.start(code, by=_user(request), at=timezone.now(), accept_findings=body.accept_findings)
    return Status(202, tagged(response, view))


@router.post("/runs/{code}/cancel", response=RunOut, auth=analysts, summary="Stop a run")
def cancel_run(request: HttpRequest, response: HttpResponse, code: str = Code) -> RunView:
    """Stop a run; the blocks that are done are kept."""
    return tagged(response, runs.cancel(code, by=_user(request), at=timezone.now()))


@router.post("/runs/{code}/resume", response={202: RunOut}, auth=analysts, summary="Take a run up again")
def resume_run(request: HttpRequest, response: HttpResponse, code: str = Code) -> Status:
    """Take up a run that was cancelled or refused, with the blocks that are done already."""
    return Status(202, tagged(response, runs.resume(code, by=_user(request), at=timezone.now())))


@router.post("/runs/{code}/approve", response=RunOut, auth=analysts, openapi_extra=IF_MATCH, summary="Approve")
def approve_run(request: HttpRequest, response: HttpResponse, code: str = Code) -> RunView:
    """Vouch for an account that somebody else asked for."""
    revision = revision_asked(request)
    return tagged(response, publication.approve(code, by=_user(request), at=timezone.now(), revision=revision))


@router.post("/runs/{code}/publish", response=RunOut, auth=analysts, openapi_extra=IF_MATCH, summary="Publish")
def publish_run(request: HttpRequest, response: HttpResponse, code: str = Code) -> RunView:
    """Make an approved account the official one of its region and year."""
    revision = revision_asked(request)
    return tagged(response, publication.publish(code, by=_user(request), at=timezone.now(), revision=revision))


@router.post("/runs/{code}/withdraw", response=RunOut, auth=analysts, openapi_extra=IF_MATCH, summary="Withdraw")
def withdraw_run(request: HttpRequest, response: HttpResponse, body: ReasonIn, code: str = Code) -> RunView:
    """Take an official account back, and say why."""
    revision = revision_asked(request)
    view = publication.withdraw(code, reason=body.reason, by=_user(request), at=timezone.now(), revision=revision)
    return tagged(response, view)


def _user(request: HttpRequest) -> Any:
    return request.auth  # type: ignore[attr-defined]
