"""Pages that say what went wrong, what to do next, and the number to quote."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import RuleViolation

STATUSES = {403: "errors/403.html", 404: "errors/404.html", 429: "errors/429.html", 500: "errors/500.html"}


def page(request: HttpRequest, *, status: int) -> HttpResponse:
    """Return the error page for ``status``."""
    return render(request, STATUSES[status], status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for a reader who may not see this."""
    return page(request, status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that was not sent from our own page."""
    return render(request, "errors/403.html", {"stale_form": True}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the page for an address that leads nowhere."""
    return page(request, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for a fault of ours."""
    return page(request, status=500)


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Return the page for one who failed to sign in too often."""
    answer = page(request, status=429)
    answer.headers["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return answer


class RefusalPages:
    """Middleware: a refusal raised by a page's operation becomes a page with the same text as the API's answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a ``RuleViolation``; leave every other exception alone."""
        if not isinstance(exception, RuleViolation):
            return None
        return render(request, "errors/refused.html", {"refusal": exception}, status=exception.status)
