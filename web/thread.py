"""The thread that joins the apps: resource, asset, capital, funds, for a parcel's right and for the whole city."""

from typing import Any

from django.utils.translation import gettext as _

from gep.queries import AccountView, ParcelView
from marketplace.queries import ListingView, MarketTotals, RightView, SessionView, SettlementView
from policy.queries import BudgetView
from web import figures


def step(stage: str, amount: object, what: str, *, state: str = "") -> dict[str, Any]:
    """Return one step; ``state`` is ``done``, ``now``, or empty for what is still to come."""
    return {"stage": stage, "amount": str(amount), "what": what, "state": state}


def of_listing(listing: ListingView, *, session: SessionView, gep_fen: int) -> list[dict[str, Any]]:
    """Return how far a listed right has come, with amounts."""
    settled = session.phase == "settled"
    price = figures.money(session.price_fen) if session.price_fen is not None else "–"
    return [
        step(
            _("资源"),
            figures.area(listing.area_m2),
            _("GEP 每年 {value}").format(value=figures.money(gep_fen)),
            state="done",
        ),
        step(_("资产"), listing.right_kind_label, _("已登记 {code}").format(code=listing.right), state="done"),
        step(_("资本"), price, listing.status_label, state="done" if settled else "now"),
        step(
            _("资金"),
            price if settled else "–",
            _("已结算") if settled else _("等待结算"),
            state="done" if settled else "",
        ),
    ]


def of_parcel(
    parcel: ParcelView, *, gep_fen: int | None, rights: list[RightView], sales: list[SettlementView]
) -> list[dict[str, Any]]:
    """Return how far a parcel has come: accounted, under rights, sold; ``gep_fen`` is None where not accounted."""
    told = _("尚未核算") if gep_fen is None else _("GEP 每年 {value}").format(value=figures.money(gep_fen))
    held = "、".join(right.kind_label for right in rights)
    sold_fen = sum(sale.price_fen for sale in sales)
    sold = figures.money(sold_fen) if sales else "–"
    return [
        step(_("资源"), figures.area(parcel.area_m2), told, state="" if gep_fen is None else "done"),
        step(_("资产"), held or "–", _("已登记权益") if rights else _("尚未登记权益"), state="done" if rights else ""),
        step(_("资本"), sold, _("权益成交") if sales else _("尚未成交"), state="done" if sales else ""),
        step(_("资金"), sold, _("已结算") if sales else _("等待结算"), state="done" if sales else ""),
    ]


def of_city(*, account: AccountView | None, market: MarketTotals, budgets: list[BudgetView]) -> list[dict[str, Any]]:
    """Return how much of the city's nature has come how far."""
    paid_fen = sum(line.paid_fen for line in budgets)
    accounted = figures.area(account.area_m2) if account else "–"
    return [
        step(_("资源"), accounted, _("已逐块核算"), state="done" if account else ""),
        step(_("资产"), figures.whole(market.rights), _("项权益在册"), state="done" if market.rights else ""),
        step(
            _("资本"),
            figures.large_money(market.settled_fen),
            _("权益成交"),
            state="done" if market.settled_sales else "",
        ),
        step(_("资金"), figures.large_money(paid_fen), _("奖补拨付"), state="done" if paid_fen else ""),
    ]
