"""A small API that the tests of the door, of errors and of idempotency talk to."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import path
from ninja import Query
from ninja.errors import HttpError
from ninja.responses import Status
from ninja.security import APIKeyHeader

from core.errors import RuleViolation
from core.idempotency import idempotent
from core.models import Job
from core.problems import PlatformAPI
from core.schemas import Limit, QuerySchema, StrictSchema


class TooFew(RuleViolation):
    code = "test_too_few"
    message = "不够。"


class Named(APIKeyHeader):
    param_name = "X-Caller"

    def authenticate(self, request: HttpRequest, key: str | None) -> str | None:
        return key


class Transfer(StrictSchema):
    amount: int
    note: str = ""
    on: date | None = None
    at: datetime | None = None
    parts: list[int] = []


class Page(QuerySchema):
    limit: Limit = 50
    after: int = 0
    name: str = ""


api = PlatformAPI(urls_namespace="test-core", docs_url=None, openapi_url=None)
FAULTS: dict[str, Exception] = {
    "bug": ZeroDivisionError("secret of the stack"),
    "missing": ObjectDoesNotExist("row"),
    "locked": OperationalError("database is locked"),
    "no-table": OperationalError("no such table: x"),
    "rule": TooFew(asked=5, held=3),
    "forbidden": HttpError(403, "no"),
}
happen: dict[str, Any] = {"before": lambda: None, "after": lambda: None}


@api.get("faults/{name}")
def fault(request: HttpRequest, name: str) -> None:
    raise FAULTS[name]


@api.get("rows")
def rows(request: HttpRequest, page: Query[Page]) -> dict[str, Any]:
    return page.model_dump()


@api.post("echo")
def echo(request: HttpRequest, transfer: Transfer) -> Transfer:
    return transfer


@api.post("csrf-forms")
def csrf_forms(request: HttpRequest) -> int:
    return len(request.POST)  # as the check of a CSRF token reads it


@api.post("batches")
def batches(request: HttpRequest) -> dict[str, int]:
    return {"bytes": len(request.body)}


@api.post("transfers/{account}", auth=Named(), response={201: dict})
@idempotent
def transfer(request: HttpRequest, account: str, transfer: Transfer) -> Status:
    """Moves nothing but leaves a row, which is the effect that is counted."""
    happen["before"]()
    Job.objects.create(
        kind="effect", cause_key=f"{request.auth}/{Job.objects.count()}", payload={}, due_at="2026-01-01T00:00Z"
    )
    if transfer.amount > 100:
        raise TooFew(asked=transfer.amount, held=100)
    happen["after"]()
    return Status(201, {"account": account, "amount": transfer.amount, "number": Job.objects.count()})


urlpatterns = [path("api/test/", api.urls)]
