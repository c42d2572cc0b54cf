"""Every request has an id that the answer, the error page and the log lines share; API requests pass a gate."""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import Http404, HttpRequest, HttpResponse

ACCEPTED_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
API_PREFIX = "/api/"
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="-")


class RequestIdMiddleware:
    """Take the caller's ``X-Request-Id`` where it is well formed, else make one; send it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response.headers["X-Request-Id"] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Put the id of the current request on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class ApiGate:
    """Turn away requests that no operation and no page takes; every error under ``/api/`` is told as a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from core import gate, problems

        if not request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        try:
            gate.check_address(request)
        except gate.Refused as refusal:
            return problems.of_refusal(refusal)
        return problems.of_response(self.get_response(request))

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> HttpResponse | None:
        """Refuse a body that is too large for the route, before anything reads it."""
        from core import gate, problems

        if not request.path_info.startswith(API_PREFIX):
            _refuse_nul(request)
            return None
        if request.resolver_match is None:
            return None
        try:
            gate.check_size(request, route=request.resolver_match.route)
        except gate.Refused as refusal:
            return problems.of_refusal(refusal)
        return None


def _refuse_nul(request: HttpRequest) -> None:
    """Raise Http404 for the address of a page that holds NUL: PostgreSQL takes it in no text, so nothing has it."""
    values = (text for name in request.GET for text in (name, *request.GET.getlist(name)))
    if any("\0" in text for text in (request.path_info, *values)):
        raise Http404
