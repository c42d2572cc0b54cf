"""What a request for features asks for, read strictly: what is not known or makes no sense is refused by name (400)."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.gate import Refused
from web.ogc.reference_systems import CRS84, SYSTEMS, to_lon_lat

ITEM_PARAMETERS = ("bbox", "bbox-crs", "crs", "datetime", "limit", "cursor", "f")
USUAL_LIMIT, LARGEST_LIMIT = 100, 10_000
CURSOR_SALT = "ogc-items"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class ItemsWanted:
    """Which features are asked for: boxes (west, south, east, north; none for all), how many, behind which, in what."""

    boxes: tuple[Box, ...]
    crs: str
    limit: int
    after: str


def refused(name: str, why: str) -> Refused:
    """Return the refusal of a parameter."""
    return Refused(400, "ogc_parameter_refused", _("参数 {name} 有误：{why}").format(name=name, why=why))


def refuse_unknown(request: HttpRequest, known: Collection[str]) -> None:
    """Refuse a parameter that the resource does not have, as the standard asks."""
    for name in request.GET:
        if name not in known:
            raise refused(name, _("没有这个参数"))
    if request.GET.get("f", "json") not in ("json", "html"):
        raise refused("f", "json")


def items_wanted(request: HttpRequest) -> ItemsWanted:
    """Read the parameters of a request for items. Raises Refused (400)."""
    refuse_unknown(request, ITEM_PARAMETERS)
    return ItemsWanted(
        boxes=boxes(request.GET.get("bbox", ""), crs=system(request, "bbox-crs")),
        crs=system(request, "crs"),
        limit=limit(request.GET.get("limit", "")),
        after=after(request.GET.get("cursor", "")),
    )


def system(request: HttpRequest, name: str) -> str:
    """Return the reference system that a parameter names, CRS84 where it names none."""
    uri = request.GET.get(name, CRS84).strip("<>[] ")
    if uri not in SYSTEMS:
        raise refused(name, ", ".join(SYSTEMS))
    return uri


def limit(text: str) -> int:
    """Return how many features a page holds; more than the largest is the largest."""
    if not text:
        return USUAL_LIMIT
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise refused("limit", f"1–{LARGEST_LIMIT}")
    return min(int(text), LARGEST_LIMIT)


def boxes(text: str, *, crs: str) -> tuple[Box, ...]:
    """Return the boxes of a bbox of 4 or 6 numbers, in degrees, west to east; two where it crosses 180°."""
    if not text:
        return ()
    numbers = [number(part) for part in text.split(",")]
    if len(numbers) not in (4, 6):
        raise refused("bbox", _("要 4 个或 6 个数"))
    half = len(numbers) // 2
    west, south, east, north = to_lon_lat((*numbers[:2], *numbers[half : half + 2]), crs=crs)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise refused("bbox", _("不在经纬度范围内，或南北颠倒"))
    return (
        ((west, south, east, north),) if west <= east else ((west, south, 180.0, north), (-180.0, south, east, north))
    )


def number(text: str) -> float:
    """Return a finite number of a bbox."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise refused("bbox", _("要 4 个或 6 个数"))
    return found


def after(cursor: str) -> str:
    """Return the code that a cursor stands for: features behind it are next; "" for the first page."""
    if not cursor:
        return ""
    try:
        return str(signing.loads(cursor, salt=CURSOR_SALT))
    except signing.BadSignature:
        raise refused("cursor", _("不是本服务给出的")) from None


def cursor_of(code: str) -> str:
    """Return the cursor behind a feature."""
    return signing.dumps(code, salt=CURSOR_SALT)
