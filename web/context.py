"""What every template may ask for: how the reader wants pages shown, and where the pages are."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.middleware import current_request_id
from gep.readers import READER_ROLES
from identity import roles
from identity.role_codes import Role

# Who sees the desk of datasets and runs: analysts change them, the others read them.
GEP_READERS = frozenset(READER_ROLES)


@dataclass(frozen=True)
class Page:
    """A page that the navigation names; ``wide`` ones stand in the head only where there is room."""

    name: str
    label: str | Promise
    wide: bool = False


PAGES = (
    Page("home", _("首页")),
    Page("map", _("地图")),
    Page("gep", _("GEP"), wide=True),
    Page("greenpoints", _("绿宝")),
    Page("marketplace", _("市场")),
    Page("policy", _("政策")),
    Page("transparency", _("公开账本"), wide=True),
)
GEP_PAGES = (
    Page("gep", _("全市总览")),
    Page("map", _("地图")),
    Page("comparison", _("比较")),
    Page("publication", _("公报")),
)
GEP_DESK = (Page("runs", _("核算任务")), Page("datasets", _("数据集")), Page("scenario_new", _("情景")))
FOOT_PAGES = (
    *PAGES,
    Page("units", _("核证单位登记簿")),
    Page("redeem", _("商户核销")),
    Page("api_docs", _("数据接口")),
)


def links(pages: tuple[Page, ...], *, path: str) -> list[dict[str, object]]:
    """Return each page's address and label, and whether ``path`` is it or lies below it."""
    rows: list[dict[str, object]] = []
    for page in pages:
        url = reverse(page.name)
        here = path == url or (url != "/" and path.startswith(url))
        rows.append({"url": url, "label": page.label, "wide": page.wide, "here": here})
    return rows


def is_merchant(user: Any) -> bool:
    """Return whether this user may take coins for a merchant."""
    return user is not None and user.is_authenticated and Role.MERCHANT.value in roles.held(user)


def gep_links(user: Any, *, path: str) -> list[dict[str, object]]:
    """Return the pages of the GEP accounts that this user may open; only the longest address that fits is here."""
    works = user is not None and user.is_authenticated and bool(roles.held(user) & GEP_READERS)
    rows = links((*GEP_PAGES, *GEP_DESK) if works else GEP_PAGES, path=path)
    deepest = max((str(row["url"]) for row in rows if row["here"]), key=len, default="")
    return [row | {"here": row["url"] == deepest} for row in rows]


def display(request: HttpRequest) -> dict[str, object]:
    """Return the display preferences of this reader (``elder``, ``contrast``) and what the page frame shows."""
    user = getattr(request, "user", None)
    pages = tuple(page for page in FOOT_PAGES if page.name != "redeem" or is_merchant(user))
    return {
        "elder": request.COOKIES.get("elder") == "1",
        "contrast": request.COOKIES.get("contrast") == "1",
        "here": request.get_full_path(),
        "navigation": links(PAGES, path=request.path),
        "all_pages": links(pages, path=request.path),
        "gep_pages": gep_links(user, path=request.path),
        "site_name": settings.SITE_NAME,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "request_id": current_request_id.get(),
    }
