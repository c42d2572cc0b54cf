"""The catalogue over HTTP: announce, upload in pieces, have checked, correct, withdraw, list."""

import base64
import binascii
import re
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Router, Status
from pydantic import Field

from core.schemas import Limit
from gep import dataset_queries, datasets, storage
from gep.api.conditions import IF_MATCH, Code, analysts, reader_of, revision_asked, staff, tagged
from gep.dataset_queries import DatasetView
from gep.datasets import Description, PartRefused
from gep.schemas.datasets import DatasetAmendIn, DatasetIn, DatasetOut, ReasonIn

router = Router(tags=["gep datasets"])
CONTENT_DIGEST = re.compile(r"sha-256=:([0-9A-Za-z+/]{43}=):")
PART = {
    "parameters": [
        {
            "name": "Content-Digest", "in": "header", "required": True, "schema": {"type": "string"},
            "description": "SHA-256 of the piece, as RFC 9530 has it",
            "example": "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:",
        }
    ],
    "requestBody": {
        "required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}  # fmt: skip


@router.post("/datasets", response={201: DatasetOut}, auth=analysts, summary="Announce a dataset")
def announce_dataset(request: HttpRequest, response: HttpResponse, body: DatasetIn) -> Status:
    """Enter a dataset that is about to be uploaded. The same content for the same use is the dataset there is."""
    said = body.model_dump(exclude={"sha256", "size", "part_size", "id_column"})
    options = {"id_column": body.id_column} if body.id_column else {}
    view = datasets.announce(
        Description(**said, options=options), sha256=body.sha256, size=body.size, part_size=body.part_size,
        by=_user(request), at=timezone.now(),
    )  # fmt: skip
    response["Location"] = f"/api/v1/gep/datasets/{view.code}"
    return Status(201, tagged(response, view))


@router.put(
    "/datasets/{code}/parts/{number}", response=DatasetOut, auth=analysts, openapi_extra=PART, summary="Send a piece"
)
def put_part(
    request: HttpRequest, response: HttpResponse, code: str = Code, number: int = Path(..., ge=1, le=10_000)
) -> DatasetView:
    """Keep one piece, counted from 1; in any order, and again as often as the line breaks."""
    sha256 = _announced_digest(request)
    view = datasets.receive_part(code, number=number, raw=request.body, sha256=sha256, by=_user(request))
    return tagged(response, view)


@router.post("/datasets/{code}/complete", response={202: DatasetOut}, auth=analysts, summary="All pieces are sent")
def complete_dataset(request: HttpRequest, response: HttpResponse, code: str = Code) -> Status:
    """Have the upload put together and checked; ask for the dataset until its status is ready or refused."""
    view = datasets.complete(code, by=_user(request), at=timezone.now())
    response["Location"] = f"/api/v1/gep/datasets/{code}"
    return Status(202, tagged(response, view))


@router.get("/datasets", response=list[DatasetOut], auth=staff, summary="The catalogue")
def list_datasets(
    request: HttpRequest,
    kind: str = "",
    region: str = "",
    year: Annotated[int, Field(ge=1900, le=2199)] | None = None,
    status: str = "",
    layer: str = "",
    before: str = "",
    limit: Limit = 50,
) -> list[DatasetView]:
    """Return datasets, the newest first, those entered before the dataset ``before``."""
    return dataset_queries.datasets(
        kind=kind,
        region=region,
        year=year,
        status=status,
        layer=layer,
        before=before,
        limit=limit,
        reader=reader_of(request),
    )


@router.get("/datasets/{code}", response=DatasetOut, auth=staff, summary="One dataset")
def get_dataset(request: HttpRequest, response: HttpResponse, code: str = Code) -> DatasetView:
    """Return a dataset; its ETag is what a change must name."""
    return tagged(response, dataset_queries.dataset(code, reader=reader_of(request)))


@router.patch(
    "/datasets/{code}", response=DatasetOut, auth=analysts, openapi_extra=IF_MATCH, summary="Correct a description"
)
def amend_dataset(request: HttpRequest, response: HttpResponse, body: DatasetAmendIn, code: str = Code) -> DatasetView:
    """Correct licence, source or label, or mark as synthetic."""
    changes: dict[str, Any] = body.model_dump(exclude_unset=True, exclude_none=True)
    view = datasets.amend(code, changes=changes, revision=revision_asked(request), by=_user(request), at=timezone.now())
    return tagged(response, view)


@router.post(
    "/datasets/{code}/withdraw", response=DatasetOut, auth=analysts, openapi_extra=IF_MATCH, summary="Withdraw"
)
def withdraw_dataset(request: HttpRequest, response: HttpResponse, body: ReasonIn, code: str = Code) -> DatasetView:
    """Let no new run use a dataset; what was computed from it keeps its reference."""
    view = datasets.withdraw(
        code, reason=body.reason, revision=revision_asked(request), by=_user(request), at=timezone.now()
    )
    return tagged(response, view)


@router.get("/datasets/{code}/rejections", auth=staff, summary="The rejections file", response={200: None})
def get_rejections(request: HttpRequest, code: str = Code) -> HttpResponse:
    """Return every row that the check found fault with as a table (CSV): file, row, column, id, reason, place."""
    digest = dataset_queries.dataset(code, reader=reader_of(request)).rejections
    if not digest:
        raise storage.ObjectMissing(dataset=code)
    headers = {"Content-Disposition": f'attachment; filename="rejections-{code}.csv"'}
    return HttpResponse(storage.get_bytes(digest), content_type="text/csv; charset=utf-8", headers=headers)


def _announced_digest(request: HttpRequest) -> str:
    found = CONTENT_DIGEST.fullmatch(request.headers.get("Content-Digest", "").strip())
    if found is None:
        raise PartRefused(reason="content_digest", due="Content-Digest: sha-256=:BASE64:")
    try:
        return base64.b64decode(found[1], validate=True).hex()
    except binascii.Error:
        raise PartRefused(reason="content_digest", due="Content-Digest: sha-256=:BASE64:") from None


def _user(request: HttpRequest) -> Any:
    return request.auth  # type: ignore[attr-defined]
