"""Every error of the API in one shape: problem+json (RFC 9457), in the reader's language."""

import inspect
import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError, ValidationErrorContext

from core import gate
from core.errors import RuleViolation
from core.middleware import current_request_id

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
SECONDS_UNTIL_RETRY = 5
TITLES: dict[int, tuple[str, str | Promise]] = {
    400: ("bad_request", _("请求有误。")),
    401: ("not_authenticated", _("需要有效的身份凭证。")),
    403: ("forbidden", _("没有权限执行此操作。")),
    404: ("not_found", _("找不到所请求的内容。")),
    405: ("method_not_allowed", _("此地址不支持该请求方法。")),
    413: ("body_too_large", _("请求体过大。")),
    415: ("unsupported_media_type", _("请求体必须是 application/json。")),
    422: ("invalid_input", _("输入不符合要求。")),
    429: ("too_many_requests", _("请求过于频繁，请稍后再试。")),
    500: ("internal_error", _("系统内部错误，请凭编号联系我们。")),
    503: ("temporarily_unavailable", _("系统暂时不可用，请稍后重试。")),
}
DOCUMENTED_ERRORS = {"4XX": "The request is refused; `code` says why", "503": "Send it again after `Retry-After`"}
PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "An error as RFC 9457 has it; docs/errors.md lists the codes",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
        "request_id": {"type": "string"},
        "context": {"type": "object"},
    },
}
# SQLSTATE classes and codes after which the same request may succeed later.
PASSING_STATES = ("08", "53", "57", "55P03", "40001", "40P01")
PASSING_SQLITE = ("locked", "busy", "unable to open")


class PlatformAPI(NinjaAPI):
    """The API with the platform's errors and its strict parser."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parser=gate.StrictParser(), **options)
        self.add_decorator(refuse_unknown_parameters, mode="view")
        install(self)

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the OpenAPI document, with the one shape of errors under every operation."""
        told = super().get_openapi_schema(**options)
        told["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        errors = {status: {"description": text, "content": content} for status, text in DOCUMENTED_ERRORS.items()}
        for operations in told["paths"].values():
            for operation in operations.values():
                operation["responses"] = {**operation["responses"], **errors}
        return told

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext]) -> ValidationError:
        """Return the errors with a JSON pointer each; the name of a lone body parameter is no part of the JSON."""
        told = []
        for context in error_contexts:
            source = context.model.__ninja_param_source__ or "form"
            alone = hasattr(context.model, "__read_from_single_attr__")
            for error in context.pydantic_validation_error.errors(include_url=False, include_context=False):
                place = error["loc"][1:] if alone else error["loc"]
                told.append({"in": source, "pointer": pointer(place), "type": error["type"], "detail": error["msg"]})
        return ValidationError(told)


def refuse_unknown_parameters(run: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation refuse (422) what stands in the query and is none of its parameters.

    Ninja drops such names before any schema sees them, so a misspelt filter would silently filter nothing.
    """
    operation: Any = inspect.unwrap(run).__self__
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }

    @wraps(run)
    def checked(request: HttpRequest, **values: Any) -> Any:
        unknown = sorted(set(request.GET) - known)
        if not unknown:
            return run(request, **values)
        told = {"in": "query", "type": "extra_forbidden", "detail": "Extra inputs are not permitted"}
        return operation.api.on_exception(
            request, ValidationError([{**told, "pointer": pointer((name,))} for name in unknown])
        )

    return checked


def install(api: NinjaAPI) -> None:
    """Have every exception of an operation answered as a problem."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        RuleViolation: lambda request, error: of_violation(error),
        ValidationError: lambda request, error: of_status(422, errors=error.errors),
        gate.Refused: lambda request, error: of_refusal(error),
        ObjectDoesNotExist: lambda request, error: of_status(404),
        Http404: lambda request, error: of_status(404),
        HttpError: lambda request, error: _of_http_error(error),
        OperationalError: _of_database_error,
        InterfaceError: _of_database_error,
        Exception: _of_bug,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


def problem(status: int, code: str, title: str | Promise, **more: Any) -> HttpResponse:
    """Return a problem; ``more`` holds ``detail``, ``errors``, ``context`` where there are any."""
    told = {
        "type": f"urn:fuzhou-eco:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": str(title),
        "code": code,
        "errors": [],
        "request_id": current_request_id.get(),
        **more,
    }
    return JsonResponse(told, status=status, content_type=CONTENT_TYPE, json_dumps_params={"ensure_ascii": False})


def of_violation(error: RuleViolation) -> HttpResponse:
    """Return the problem of a rule that said no; ``context`` holds what is needed to act on it."""
    context = {name: _plain(value) for name, value in error.detail.items()}
    response = problem(error.status, error.code, error.message, context=context)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE or getattr(error, "retry_after_s", None):
        response["Retry-After"] = str(getattr(error, "retry_after_s", SECONDS_UNTIL_RETRY))
    return response


def of_refusal(error: gate.Refused) -> HttpResponse:
    """Return the problem of a request that was turned away at the door."""
    return problem(error.status, error.code, error.message)


def of_status(status: int, **more: Any) -> HttpResponse:
    """Return the problem that a bare status stands for."""
    code, title = TITLES.get(status, (f"status_{status}", HTTPStatus(status).phrase))
    response = problem(status, code, title, **more)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    return response


def of_response(response: HttpResponse) -> HttpResponse:
    """Return ``response``, or a problem in its place where it tells of an error in another shape."""
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    told = of_status(response.status_code)
    for name in KEPT_HEADERS:
        if name in response.headers:
            told[name] = response.headers[name]
    return told


def pointer(place: tuple[str | int, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a place in a document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def is_passing(error: Exception) -> bool:
    """Tell whether the database may answer the same request later: it is away, busy, or a lock was not to be had."""
    cause = error.__cause__
    if cause is not None and type(cause).__module__.startswith("psycopg"):
        state = getattr(cause, "sqlstate", None)
        return state is None or state.startswith(PASSING_STATES)
    return any(word in str(error) for word in PASSING_SQLITE)


def _of_http_error(error: HttpError) -> HttpResponse:
    refusal = gate.of_exception(error.__cause__)
    if refusal is not None:
        return of_refusal(refusal)
    return of_status(error.status_code)


def _of_database_error(request: HttpRequest, error: Exception) -> HttpResponse:
    if not is_passing(error):
        return _of_bug(request, error)
    log.warning("the database did not answer %s %s: %s", request.method, request.path, error)
    return of_status(503)


def _of_bug(request: HttpRequest, error: Exception) -> HttpResponse:
    refusal = gate.of_exception(error)
    if refusal is not None:
        return of_refusal(refusal)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return of_status(500)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
