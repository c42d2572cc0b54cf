"""Listings and their auctions."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from gep import queries as gep_queries
from marketplace import queries
from marketplace.queries import ListingView, OverlapView, SessionView
from web import figures, outlines, parties_shown, thread

OPEN_PHASES = {"free", "timed"}
ENDED_PHASES = {"awarded", "settled", "unsold"}
TONES = {"settled": "yes", "awarded": "yes", "published": "mind", "unsold": "no", "withdrawn": "no"}


def title(listing: ListingView) -> str:
    """Return what the listing offers, in words."""
    return f"{listing.right_kind_label} · {listing.code}"


def card(listing: ListingView) -> dict[str, Any]:
    """Return a listing as the list shows it."""
    bid = listing.price_fen is not None
    return {
        "listing": listing,
        "title": title(listing),
        "tone": TONES.get(listing.status, "mind"),
        "price_label": price_label(listing),
        "price_fen": listing.price_fen if bid else listing.start_fen,
    }


def price_label(listing: ListingView) -> str:
    """Return what the price of a listing is: asked, bid so far, or paid."""
    if listing.price_fen is None:
        return _("起拍价")
    words = {"awarded": _("成交价"), "settled": _("成交价"), "unsold": _("最高出价")}
    return words.get(listing.status, _("当前价"))


def page(request: HttpRequest) -> HttpResponse:
    """List what is, and was, on offer."""
    totals = queries.totals()
    now = timezone.now()
    rows = (
        (_("在册权益"), totals.rights, "whole"),
        (_("正在挂牌"), totals.open_listings, "whole"),
        (_("已结算金额"), totals.settled_fen, "large_money"),
    )
    tiles = [{"label": label, "number": n, "kind": kind, "source": _("交易登记"), "at": now} for label, n, kind in rows]
    return render(
        request, "marketplace/page.html", {"listings": [card(row) for row in queries.listings()], "tiles": tiles}
    )


def listing_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one listing: its auction, the right, its GEP annex, its shape, and its way to money."""
    now = timezone.now()
    try:
        listing = queries.listing(code)
        session = queries.session_view(code, at=now)
    except ObjectDoesNotExist:
        raise Http404 from None
    context = {
        "listing": listing,
        "session": session,
        "open": session.phase in OPEN_PHASES,
        "bids": [*reversed(session.ladder)],
        "closes_at": session.deadline_at,
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "marketplace/ladder.html", context)
    annex = gep_annex(listing)
    shared = queries.overlaps(listing.right, on=timezone.localdate(now))
    context |= card(listing) | {
        "terms": terms(listing, session),
        "parcels": annex,
        "seller": parties_shown.name(listing.seller),
        "neighbours": [beside(row) for row in shared],
        "refused": any(row.rule == "excludes" for row in shared),
        "freezes": queries.encumbrances(listing.right),
        "figure": outlines.figure(drawn(listing, shared)),
        "outcome": outcome(listing, session),
        "strip": thread.of_listing(listing, session=session, gep_fen=sum(row["value_fen"] for row in annex)),
    }
    return render(request, "marketplace/listing.html", context)


def gep_annex(listing: ListingView) -> list[dict[str, Any]]:
    """Return each parcel of the right with its yearly value in the latest account, in fen."""
    return [{"code": code, "value_fen": gep_queries.parcel_value_fen(code)} for code in listing.parcels]


def beside(row: OverlapView) -> dict[str, Any]:
    """Return a right that shares land with the listed one, with what the rules say of the two."""
    words = {
        "excludes": (_("互斥：不得同时挂牌，系统拒绝"), "no"),
        "consent": (_("须经对方书面同意"), "mind"),
        "ok": (_("可以并存"), "yes"),
    }
    told, colour = words[row.rule]
    return {"overlap": row, "holder": parties_shown.name(row.right.holder), "told": told, "tone": colour}


def drawn(listing: ListingView, shared: list[OverlapView]) -> list[Any]:
    """Return the shapes to draw: the listed right and, where there is one, the other of most shared land with it."""
    if not shared:
        return [listing.geometry]
    first = max(shared, key=lambda row: (row.rule == "excludes", row.area_m2))
    return [listing.geometry, first.right.geometry, first.shared]


def outcome(listing: ListingView, session: SessionView) -> str:
    """Return how an auction that is over ended, in one sentence; empty while it is not."""
    if session.phase == "ended":
        return _("竞价已截止，等待系统确认成交。")
    price = figures.money(session.price_fen) if session.price_fen is not None else "–"
    sentences = {
        "awarded": _("竞价已结束，成交价 {price}，等待结算。").format(price=price),
        "settled": _("已成交并结算：价款与权益同时转移，成交价 {price}。").format(price=price),
        "unsold": _("竞价已结束，未成交。"),
    }
    return sentences.get(session.phase, "")


def terms(listing: ListingView, session: SessionView) -> list[dict[str, str]]:
    """Return the terms of the auction in words; the least next bid only while bids are taken."""
    rows = [
        (_("起拍价"), figures.money(listing.start_fen)),
        (_("加价幅度"), figures.money(listing.step_fen)),
        (_("保证金"), figures.money(listing.deposit_fen)),
    ]
    if session.phase in ENDED_PHASES and session.price_fen is not None:
        rows.append((price_label(listing), figures.money(session.price_fen)))
    elif session.phase in OPEN_PHASES | {"planned"}:
        rows.append((_("下一口价"), figures.money(session.least_next_fen)))
    rows.append((_("报名人数"), figures.whole(session.sign_ups)))
    return [{"label": label, "value": str(value)} for label, value in rows]
