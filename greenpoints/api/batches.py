"""Partners deliver behaviours. Every request is signed."""

import csv
import io
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router

from core.errors import RuleViolation
from core.idempotency import idempotent
from greenpoints import queries
from greenpoints.intake import batches
from greenpoints.schemas.batches import (
    BatchOut,
    BatchQuery,
    BatchReceived,
)

router = Router()
NDJSON = "application/x-ndjson"
MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_ROWS = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class NotNdjson(RuleViolation):
    """The body is not declared as NDJSON."""

    code = "not_ndjson"
    message = _("请以 application/x-ndjson 提交，每行一个 JSON 对象。")
    status = 415


@router.post("/greenpoints/batches", response={202: BatchReceived})
@idempotent
def submit_batch(request: HttpRequest, query: Query[BatchQuery]) -> Any:
    """Keep a signed batch of behaviours (NDJSON, at most 10,000 rows and 8 MiB); a worker credits it."""
    if request.content_type != NDJSON:
        raise NotNdjson(content_type=request.content_type)
    body = request.body
    if len(body) > MAX_BODY_BYTES or body.rstrip(b"\n").count(b"\n") >= MAX_ROWS:
        raise batches.BatchTooLarge(bytes=len(body), most_bytes=MAX_BODY_BYTES, most_rows=MAX_ROWS)
    kept = batches.receive(
        partner=request.auth,  # type: ignore[attr-defined]
        batch=query.batch,
        business_on=query.business_on,
        content=body,
        received_at=timezone.now(),
    )
    told = BatchReceived(batch=kept.code, business_on=kept.business_on, digest=kept.digest, status=kept.status)
    where = reverse("api:read_batch", kwargs={"code": kept.code})
    return HttpResponse(
        told.model_dump_json(), status=202, content_type="application/json", headers={"Location": where}
    )


@router.get("/greenpoints/batches/{code}", response=BatchOut, url_name="read_batch")
def read_batch(request: HttpRequest, code: str) -> Any:
    """How far the batch has come, and its rows by status and reason."""
    return queries.batch(code, partner=request.auth)  # type: ignore[attr-defined]


@router.get("/greenpoints/batches/{code}/rejections")
def read_rejections(request: HttpRequest, code: str, after: int = 0) -> HttpResponse:
    """The rows that were not credited in full, as CSV: at most 10,000, after line ``after``."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("row", "external_id", "status", "reason", "zh", "en"))
    for line in queries.rejections(code, partner=request.auth, after=max(0, min(after, 2**31))):  # type: ignore[attr-defined]
        name = f"'{line.external_id}" if line.external_id.startswith(_FORMULA) else line.external_id
        writer.writerow((line.row, name, line.status, line.reason, line.zh, line.en))
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
