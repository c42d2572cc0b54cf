"""Which account a page is about, and how accounts, their indicators and their grades are named."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import coefficients
from gep import queries, readers
from gep.method_profiles import indicator_list, profile, profile_names
from gep.queries import AccountView
from web import figures, regions_shown

SEEN_S = 30  # how long a page may go on with the account it knows
UNCONFIRMED = "U"
LONGEST_DOCUMENT = 24  # a longer one makes no label; it stands in the list of profiles
WITH_FIGURES = frozenset({"compiled", "approved", "published", "withdrawn"})
STATUSES = {
    "requested": (gettext_lazy("待核算"), ""), "checked": (gettext_lazy("待确认检查结果"), "mind"),
    "running": (gettext_lazy("核算中"), "mind"), "compiled": (gettext_lazy("已核算"), ""),
    "refused": (gettext_lazy("无法核算"), "no"), "cancelled": (gettext_lazy("已取消"), ""),
    "approved": (gettext_lazy("已复核"), "yes"), "published": (gettext_lazy("已正式发布"), "yes"),
    "withdrawn": (gettext_lazy("已撤回"), "no"),
}  # fmt: skip
KINDS = {
    "account": gettext_lazy("区域核算"), "scenario": gettext_lazy("情景模拟"),
    "project": gettext_lazy("项目单元（VEP）"),
}  # fmt: skip
GROUPS = {
    "provisioning": gettext_lazy("物质产品"), "regulating": gettext_lazy("调节服务"),
    "cultural": gettext_lazy("文化服务"),
}  # fmt: skip
GRADES = {
    "A": gettext_lazy("A 级：实测输入，公开系数"), "B": gettext_lazy("B 级：模型推算"),
    "C": gettext_lazy("C 级：用到未经确认的系数"),
}  # fmt: skip
TAGS = {
    "V": (gettext_lazy("见于公开文本"), "yes"), "D": (gettext_lazy("推导"), ""),
    UNCONFIRMED: (gettext_lazy("未经确认"), "no"),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What a reader chose to look at: an account, one of its indicators or all (""), and an area or the whole ("")."""

    account: AccountView
    indicator: str
    area: str

    @classmethod
    def asked(cls, request: HttpRequest) -> "Shown | None":
        """Read ``account``, ``indicator`` and ``area`` of the query; None where there is no account with figures."""
        account = chosen_account(request)
        if account is None:
            return None
        indicator, area = request.GET.get("indicator", ""), request.GET.get("area", "")
        known = indicator in indicator_list() and indicator in units(account)
        is_area = area.isascii() and area.isdigit() and len(area) in (6, 9, 12)
        return cls(account, indicator if known else "", area if is_area else "")

    @property
    def name(self) -> str:
        """The name of what is shown: an indicator, or the value of all."""
        return indicator_label(self.indicator) if self.indicator else _("全部指标")

    @property
    def key(self) -> str:
        """A short name of this choice and of the account's content, for ETags and cache keys."""
        return f"{edition(self.account)}-{self.indicator or 'all'}-{self.area or 'city'}"


def account_now(request: HttpRequest) -> AccountView | None:
    """Return the latest account that everybody may see, kept for the tiles of a map; else that this reader may."""
    if (known := cache.get("web:gep:latest")) is not None:
        return known
    account = queries.latest_account()
    if account is None:
        return queries.latest_account(reader=readers.of(request.user))
    cache.set("web:gep:latest", account, SEEN_S)
    return account


def chosen_account(request: HttpRequest) -> AccountView | None:
    """Return the account that ``?account=`` names, else the latest; 404 where it names none with figures."""
    code = request.GET.get("account", "")
    if not code:
        return account_now(request)
    return account_named(request, code)


def account_named(request: HttpRequest, code: str) -> AccountView:
    """Return the account with that code and its figures; 404 where there is none that this reader may see."""
    try:
        account = queries.account(code, reader=readers.of(request.user))
    except ObjectDoesNotExist:
        raise Http404 from None
    if account.status not in WITH_FIGURES:
        raise Http404
    return account


def edition(account: AccountView | None) -> str:
    """Return a short name of an account's content, for ETags and cache keys."""
    told = "none" if account is None else f"{account.code} {account.compiled_at} {account.total_fen}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def with_figures(request: HttpRequest) -> list[AccountView]:
    """Return the accounts with figures that this reader may see, the newest year first."""
    seen = queries.accounts(reader=readers.of(request.user))
    return [account for account in seen if account.status in WITH_FIGURES]


def choices(request: HttpRequest, chosen: AccountView) -> list[dict[str, Any]]:
    """Return the accounts that this reader may switch to, the newest year first."""
    known = with_figures(request)
    if all(account.code != chosen.code for account in known):
        known.append(chosen)
    return [{"code": row.code, "label": account_label(row), "chosen": row.code == chosen.code} for row in known]


def account_label(account: Any) -> str:
    """Return region, year, prices, profile and status of an account or run in one line."""
    return _("{region} {year} 年 · {price} 年价 · {profile} · {status}").format(
        region=regions_shown.name(account.region), year=account.year, price=account.price_year,
        profile=profile_label(account.profile), status=status_label(account.status),
    )  # fmt: skip


def profile_label(name: str) -> str:
    """Return the short name of a method profile: its document, where that is short, else its own name."""
    document = profile(name).document if name in profile_names() else name
    return document if len(document) <= LONGEST_DOCUMENT else name


def status_label(status: str) -> str:
    """Return the name of a run's status in the page's language."""
    return str(STATUSES[status][0])


def indicator_choices(account: AccountView, *, chosen: str) -> list[dict[str, Any]]:
    """Return the indicators that the account has figures of, in the order of the tables."""
    have = units(account)
    return [
        {"name": name, "label": indicator_label(name), "chosen": name == chosen}
        for name in indicator_list() if name in have
    ]  # fmt: skip


def units(account: AccountView) -> Mapping[str, str]:
    """Return the unit of each indicator of the account."""
    return account.provenance.get("units") or account.provenance.get("yuan_per_unit") or {}


def indicator_label(indicator: str) -> str:
    """Return the name of an indicator in the page's language."""
    listed = indicator_list().get(indicator)
    if listed is None:
        return indicator
    return listed.zh if figures.reads_chinese() else listed.en


def group_of(indicator: str) -> str:
    """Return the group of an indicator: provisioning, regulating or cultural; "" where it is not known."""
    listed = indicator_list().get(indicator)
    return listed.group if listed else ""


def table_label(table: str) -> str:
    """Return the name of a coefficient table in the page's language: that of its indicator, or prices."""
    return _("价格") if table == "prices" else indicator_label(table)


def pending(account: AccountView) -> list[dict[str, str]]:
    """Return the indicators of the account's profile that lack inputs, with what they lack."""
    comma = "、" if figures.reads_chinese() else ", "
    return [
        {"label": indicator_label(name), "lacks": comma.join(lacking)}
        for name, lacking in account.provenance.get("pending_data", {}).items()
    ]


def figures_taken(account: Any, *, ecosystem: str | None = None, indicator: str = "") -> list[dict[str, Any]]:
    """Return every coefficient that the account took, with its source; for an ecosystem class, those it meets."""
    rows = []
    for row in account.provenance.get("figures", []):
        last = row["key"].rpartition(".")[2]
        if ecosystem is not None and last.isdigit() and last != ecosystem:
            continue
        if indicator and row["table"] not in (indicator, "prices"):
            continue
        told, colour = TAGS[row["tag"]]
        title = coefficients.source_title(row["source"])
        rows.append(row | {"said": told, "tone": colour, "title": title, "of": table_label(row["table"])})
    return rows


def unconfirmed_count(account: Any) -> int:
    """Return how many of the coefficients taken nobody confirmed."""
    return sum(row["tag"] == UNCONFIRMED for row in account.provenance.get("figures", []))
