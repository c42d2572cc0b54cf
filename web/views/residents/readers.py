"""Who may open a resident's pages, and who may act on them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from identity import queries as identity_queries
from identity import roles
from identity.role_codes import Role

LOOKERS_UP = frozenset({Role.OPERATOR.value, Role.AUDITOR.value})
View = Callable[..., HttpResponseBase]


def may_see(request: HttpRequest, person: str) -> bool:
    """Return whether this reader may open the pages: the resident, their guardian, an operator, an auditor."""
    return identity_queries.acts_for(request.user, person) or bool(roles.held(request.user) & LOOKERS_UP)


def seen_by_reader(view: View) -> View:
    """Let in those who may see the person named in the address; others sign in, or are refused."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, person: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see(request, person):
            raise PermissionDenied
        return view(request, person, *args, **kwargs)

    return checked


def acted_by_owner(view: View) -> View:
    """Let in the resident and their guardian only: nobody of the platform decides for them."""

    @login_required
    @wraps(view)
    def checked(request: HttpRequest, person: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not identity_queries.acts_for(request.user, person):
            raise PermissionDenied
        return view(request, person, *args, **kwargs)

    return checked
