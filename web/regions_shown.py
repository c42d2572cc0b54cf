"""Names of regions in the language of the page."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
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
        return towns().get(code, code)


@cache
def towns() -> dict[str, str]:
    """Return the Chinese names of the towns by their code of nine digits; empty where the list has been taken away."""
    path = Path(settings.BASE_DIR) / "fixtures" / "regions" / "towns.json"
    if not path.is_file():
        return {}
    return {row["code"]: row["name"] for row in json.loads(path.read_text(encoding="utf-8"))}
