"""Names of regions in the language of the page."""

from django.utils.translation import get_language

from core import regions


def language() -> str:
    """Return ``zh`` or ``en``, whichever the page is in."""
    return (get_language() or "zh")[:2]


def name(code: str) -> str:
    """Return the name of a region in the page's language; the code itself where no name is known."""
    try:
        return regions.name(code, language=language())
    except regions.UnknownRegion:
        return code
