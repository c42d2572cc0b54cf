"""Partners deliver single events, ask how they ended, and compare a day. Every request is signed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router

from core.idempotency import idempotent
from greenpoints import queries
from greenpoints.intake import events
from greenpoints.schemas.events import DayIn, DayOut, DayQuery, EventIn, EventOut, EventReceived

router = Router()


@router.post("/greenpoints/behaviours", response={202: EventReceived})
@idempotent
def submit_event(request: HttpRequest, body: EventIn) -> Any:
    """Keep one behaviour; a worker decides it. The same again changes nothing, another under its id is refused."""
    kept = events.receive(
        partner=request.auth,  # type: ignore[attr-defined]
        event=body.model_dump(exclude_none=True),
        received_at=timezone.now(),
    )
    told = EventReceived.from_orm(kept)
    where = reverse("api:read_event", kwargs={"external_id": kept.external_id})
    return HttpResponse(
        told.model_dump_json(), status=202, content_type="application/json", headers={"Location": where}
    )


@router.get("/greenpoints/behaviours/{external_id}", response=EventOut, url_name="read_event")
def read_event(request: HttpRequest, external_id: str) -> Any:
    """How an event ended, what it came to by which figures, and every change of its answer."""
    return queries.event(external_id, partner=request.auth)  # type: ignore[attr-defined]


@router.post("/greenpoints/reconciliations", response=DayOut)
@idempotent
def compare_day(request: HttpRequest, query: Query[DayQuery], body: DayIn) -> Any:
    """Compare a day: counts, sums by act, the digest of the ids, and the ids that only one side has.

    The digest is SHA-256 over the ids in the order of their bytes, a line feed after each; ids of rows that were
    rejected or sent again are no events and are left out.
    """
    return queries.reconcile(
        request.auth,  # type: ignore[attr-defined]
        on=query.business_on,
        digest=body.digest or "",
        external_ids=body.external_ids,
    )
