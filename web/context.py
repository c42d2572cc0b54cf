"""What every template may ask for: how the reader wants pages shown."""

from django.http import HttpRequest


def display(request: HttpRequest) -> dict[str, object]:
    """Return the display preferences of this reader (``elder``, ``contrast``)."""
    return {"elder": request.COOKIES.get("elder") == "1", "contrast": request.COOKIES.get("contrast") == "1"}
