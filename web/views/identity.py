"""Signing in and out, and how a reader wants pages shown."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from identity import roles
from identity.role_codes import Role

YEAR_S = 365 * 24 * 3600
DISPLAY_MODES = ("elder", "contrast")

DESKS = (
    (Role.OPERATOR, "operator_desk"),
    (Role.MERCHANT, "redeem"),
    (Role.ANALYST, "gep"),
    (Role.POLICY_OFFICER, "policy"),
    (Role.FINANCE_OFFICER, "policy"),
    (Role.AUDITOR, "transparency"),
    (Role.SELLER, "marketplace"),
)


class SignIn(LoginView):
    """Sign in, then land on the page asked for, or on that of one's role."""

    template_name = "identity/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows; the site has our name, not that of the host."""
        return super().get_context_data(**kwargs) | {"site_name": settings.SITE_NAME}

    def get_default_redirect_url(self) -> str:
        """Return the resident's own page, or the page of the first role held, or the home page."""
        person = getattr(self.request.user, "person", None)
        if person is not None:
            return reverse("resident", args=[person.ref])
        held = roles.held(self.request.user)
        return reverse(next((page for role, page in DESKS if role.value in held), "home"))


sign_in = sensitive_post_parameters("password")(SignIn.as_view())


def way_back(request: HttpRequest) -> str:
    """Return the address of this site that the form names in ``next``, or the home page."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("home")


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Switch elder mode or high contrast on (``1``) or off (``0``) for this browser, and go back to the page."""
    response = HttpResponseRedirect(way_back(request))
    for mode in DISPLAY_MODES:
        if (chosen := request.POST.get(mode)) == "1":
            response.set_cookie(mode, "1", max_age=YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure())
        elif chosen == "0":
            response.delete_cookie(mode, samesite="Lax")
    return response
