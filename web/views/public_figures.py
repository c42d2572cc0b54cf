"""绿宝 in public: every figure is a sum of the book at the signed head that is shown beside it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from bookkeeping import transparency
from bookkeeping.statements import TrialLine

# What a heading of the chart holds, in the order of the page: asset, heading, meaning, sign (a source runs below zero).
HEADINGS = (
    ("co2e", "co2e:act", _("累计入账减排"), -1),
    ("co2e", "co2e:resident", _("记在居民名下"), 1),
    ("co2e", "co2e:institution", _("记在单位名下"), 1),
    ("co2e", "co2e:entrusted", _("居民已委托、批次冻结"), 1),
    ("co2e", "co2e:pool", _("在汇集池中"), 1),
    ("co2e", "co2e:deducted", _("按规则扣减"), 1),
    ("co2e", "co2e:issued", _("已签发为核证单位"), 1),
    ("co2e", "co2e:donated", _("已捐赠抵消"), 1),
    ("coin", "coin:issued", _("资助方授权发放"), -1),
    ("coin", "coin:fund", _("资助资金中尚可发放"), 1),
    ("coin", "coin:resident", _("居民持有"), 1),
    ("coin", "coin:family", _("家庭共用"), 1),
    ("coin", "coin:merchant", _("商户已收、待结算"), 1),
    ("coin", "coin:settled", _("已结算"), 1),
    ("coin", "coin:breakage", _("到期失效"), 1),
    ("coin", "coin:donated", _("已捐赠"), 1),
    ("fen", "fen:granted", _("资助方拨入"), -1),
    ("fen", "fen:fund", _("资金余额，尚未占用"), 1),
    ("fen", "fen:reserved", _("为已发碳币预留"), 1),
    ("fen", "fen:payable", _("应付商户"), 1),
    ("fen", "fen:paid", _("已付商户"), 1),
    ("unit", "unit:minted", _("累计签发"), -1),
    ("unit", "unit:held", _("持有"), 1),
    ("unit", "unit:buffer", _("缓冲"), 1),
    ("unit", "unit:retired", _("已注销"), 1),
)
ASSETS = {
    "co2e": (_("减排量"), "carbon"),
    "coin": (_("碳币"), "coins"),
    "fen": (_("资金"), "money"),
    "unit": (_("核证单位"), "units"),
}


def page(request: HttpRequest) -> HttpResponse:
    """Show what the book says of 绿宝 at its newest signed head."""
    found = transparency.balances_at_head()
    context: dict[str, Any] = {"head": None, "assets": []}
    if found is not None:
        head, lines = found
        context = {"head": head, "sealed_at": datetime.fromisoformat(head.at), "assets": told(lines)}
    return render(request, "greenpoints/public_figures.html", context)


def told(lines: list[TrialLine]) -> list[dict[str, Any]]:
    """Return, by asset, the figures that are known by name; headings of other parts of the platform are left out."""
    by_heading = {line.heading: line for line in lines}
    rows: dict[str, list[dict[str, Any]]] = {asset: [] for asset in ASSETS}
    for asset, heading, label, sign in HEADINGS:
        line = by_heading.get(heading)
        if line is not None:
            row = {"label": label, "heading": heading, "accounts": line.accounts, "amount": sign * line.balance}
            rows[asset].append(row)
    return [
        {"asset": asset, "label": label, "kind": kind, "rows": rows[asset]}
        for asset, (label, kind) in ASSETS.items()
        if rows[asset]
    ]
