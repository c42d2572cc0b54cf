"""What every template may ask for: how the reader wants pages shown, and where the pages are."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.middleware import current_request_id
from identity import roles
from identity.role_codes import Role


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
FOOT_PAGES = (*PAGES, Page("redeem", _("商户核销")), Page("api_docs", _("数据接口")))


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
        "site_name": settings.SITE_NAME,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "request_id": current_request_id.get(),
    }
