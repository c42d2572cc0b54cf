"""The home page: what the platform is, its figures of today, and a door for each kind of reader."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(request: HttpRequest) -> HttpResponse:
    """Show the home page."""
    return render(request, "home/page.html")
