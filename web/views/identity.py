"""Signing in and out, and how a reader wants pages shown."""

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

YEAR_S = 365 * 24 * 3600
DISPLAY_MODES = ("elder", "contrast")

sign_in = sensitive_post_parameters("password")(
    LoginView.as_view(template_name="identity/sign_in.html", redirect_authenticated_user=True)
)


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
