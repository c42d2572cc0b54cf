"""One key, one outcome: a request that moves value may be sent again without moving it twice.

The row of the key, the effect and the body of the answer are committed in one transaction. What a rule decided is an
answer too and is kept; what failed before or beside the decision leaves the key free.
"""

import hashlib
import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from ninja.utils import contribute_operation_callback

from core import json
from core.errors import RuleViolation
from core.models import IdempotencyKey

KEPT_FOR = timedelta(days=30)
KEY = re.compile(r"[\x21-\x7e]{1,255}")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT_HEADERS = ("Content-Type", "Location", "ETag")
FORM_FIELD = "idempotency_key"
NOT_OF_THE_FORM = {FORM_FIELD, "csrfmiddlewaretoken"}

Answer = Callable[[], HttpResponse]
Refusal = Callable[[RuleViolation], HttpResponse]


class IdempotencyKeyRequired(RuleViolation):
    """A route that moves value was called without a key, or with a malformed one."""

    code = "idempotency-key-required"
    message = _("此操作需要 Idempotency-Key（1 到 255 个可见 ASCII 字符）。")
    status = 400


class IdempotencyKeyReused(RuleViolation):
    """The key named another request before."""

    code = "idempotency-key-reused"
    message = _("该 Idempotency-Key 已用于另一请求，请换一个。")
    status = 422


class RequestStillRunning(RuleViolation):
    """The first request with this key has not ended yet."""

    code = "idempotency-key-in-use"
    message = _("同一请求正在处理，请稍后重试。")
    status = 409
    retry_after_s = 1


def once(*, caller: str, key: str, fingerprint: str, work: Answer, refused: Refusal) -> HttpResponse:
    """Return the answer of ``work``, or the one it gave ``caller`` before under ``key``, within 30 days.

    ``fingerprint`` (hex SHA-256) tells one request from another: another one under the same key is
    ``IdempotencyKeyReused``. A ``RuleViolation`` undoes what ``work`` did, and ``refused`` turns it into the answer
    that is kept. Every other exception, and every answer of 500 or more, leaves the key free.
    """
    if not KEY.fullmatch(key):
        raise IdempotencyKeyRequired
    with transaction.atomic():
        _hold(caller, key)
        kept = IdempotencyKey.objects.filter(caller=caller, key=key, created_at__gt=Now() - KEPT_FOR).first()
        if kept is not None:
            return _replay(kept, fingerprint)
        IdempotencyKey.objects.filter(caller=caller, key=key).delete()
        response = _decide(work, refused)
        if response.status_code < 500:
            _keep(response, caller=caller, key=key, fingerprint=fingerprint)
        else:
            transaction.set_rollback(True)
        return response


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Make a ninja operation answer a repeated ``Idempotency-Key`` with its first answer.

    Stands directly above the function, below ``@router.post``. The caller is ``request.auth``, so the route must
    authenticate. Validation and authentication come first and leave the key free.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        operation = request._ninja_operation  # type: ignore[attr-defined]

        def work() -> HttpResponse:
            result = view(request, *args, **values)
            return operation._result_to_response(request, result, operation.api.create_temporal_response(request))

        return once(
            caller=caller_of(request),
            key=request.headers.get(HEADER, ""),
            fingerprint=fingerprint_of(request),
            work=work,
            refused=lambda violation: operation.api.on_exception(request, violation),
        )

    contribute_operation_callback(answer, _remember_operation)
    return answer


def idempotent_form(*, refused: Callable[[HttpRequest, RuleViolation], HttpResponse]) -> Callable[..., Any]:
    """Make a page answer a form that is sent twice with its first answer.

    The form carries a hidden field ``idempotency_key``, made when the form was shown; ``refused`` renders a rule's no.
    Other methods than POST pass through. The reader must be signed in.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **values: Any) -> HttpResponse:
            if request.method != "POST":
                return view(request, *args, **values)
            return once(
                caller=_caller(request.user),
                key=str(request.POST.get(FORM_FIELD, "")),
                fingerprint=fingerprint_of(request),
                work=lambda: view(request, *args, **values),
                refused=lambda violation: refused(request, violation),
            )

        return answer

    return decorate


def caller_of(request: HttpRequest) -> str:
    """Return who sent an authenticated API request, as keys are bound to callers."""
    return _caller(getattr(request, "auth", None))


def fingerprint_of(request: HttpRequest) -> str:
    """Return the SHA-256 of what makes this request itself: method, route, address, and its body in one spelling."""
    route = request.resolver_match.route if request.resolver_match else ""
    digest = hashlib.sha256()
    for part in (str(request.method).encode(), route.encode(), request.get_full_path().encode(), _canonical(request)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def prune(*, before: datetime) -> int:
    """Delete the answers that were kept before that moment; return how many."""
    return IdempotencyKey.objects.filter(created_at__lt=before).delete()[0]


def _canonical(request: HttpRequest) -> bytes:
    content_type = str(request.content_type)
    if content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fields = {name: request.POST.getlist(name) for name in request.POST if name not in NOT_OF_THE_FORM}
        files = {name: [_digest(file) for file in request.FILES.getlist(name)] for name in request.FILES}
        return json.canonical([fields, files])
    if content_type == "application/json" and request.body:
        return json.canonical(json.loads_strict(request.body))
    return request.body


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _caller(auth: Any) -> str:
    if isinstance(auth, str) and auth:
        return f"key/{auth}"
    if getattr(auth, "pk", None) is not None:
        return f"{auth._meta.label_lower}/{auth.pk}"
    raise TypeError("an idempotent route must authenticate: keys are bound to their caller")


def _hold(caller: str, key: str) -> None:
    """Have this key to ourselves until the transaction ends, or refuse at once where another request has it.

    SQLite has one writer at a time: there the second request waits for the first and is then given its answer.
    """
    if connection.vendor != "postgresql":
        return
    named = hashlib.sha256(f"idempotency\0{caller}\0{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(named[:8], "big", signed=True)])
        if not cursor.fetchone()[0]:
            raise RequestStillRunning


def _decide(work: Answer, refused: Refusal) -> HttpResponse:
    try:
        with transaction.atomic():
            return work()
    except RuleViolation as violation:
        return refused(violation)


def _keep(response: HttpResponse, *, caller: str, key: str, fingerprint: str) -> None:
    IdempotencyKey.objects.create(
        caller=caller,
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        headers={name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        body=response.content,
        body_digest=hashlib.sha256(response.content).hexdigest(),
    )


def _replay(kept: IdempotencyKey, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused(first_used_at=kept.created_at.isoformat())
    return HttpResponse(bytes(kept.body), status=kept.status, headers={**kept.headers, REPLAYED: "true"})


def _remember_operation(operation: Any) -> None:
    """Have the operation put itself on the request, and its key into the API's description."""

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def run_with_operation(request: HttpRequest, **values: Any) -> Any:
            request._ninja_operation = inspect.unwrap(run).__self__  # type: ignore[attr-defined]
            return run(request, **values)

        return run_with_operation

    operation._run_decorators = [*getattr(operation, "_run_decorators", []), decorate]
    operation.run = decorate(operation.run)
    parameter = {
        "name": HEADER,
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }
    extra = dict(operation.openapi_extra or {})
    extra["parameters"] = [*extra.get("parameters", []), parameter]
    operation.openapi_extra = extra
