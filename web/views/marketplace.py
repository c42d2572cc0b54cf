"""Listings and their auctions."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from gep import queries as gep_queries
from marketplace import queries
from marketplace.queries import ListingView, SessionView
from web import figures, outlines, thread

OPEN_PHASES = {"free", "timed"}
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
        "price_label": _("当前价") if bid else _("起拍价"),
        "price_fen": listing.price_fen if bid else listing.start_fen,
    }


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
    context |= card(listing) | {
        "terms": terms(listing, session),
        "parcels": annex,
        "neighbours": neighbours(listing),
        "figure": outlines.figure([listing.geometry]),
        "strip": thread.of_listing(listing, session=session, gep_fen=sum(row["value_fen"] for row in annex)),
    }
    return render(request, "marketplace/listing.html", context)


def gep_annex(listing: ListingView) -> list[dict[str, Any]]:
    """Return each parcel of the right with its yearly value in the latest account, in fen."""
    return [{"code": code, "value_fen": gep_queries.parcel_value_fen(code)} for code in listing.parcels]


def neighbours(listing: ListingView) -> list[queries.RightView]:
    """Return the other rights in force on the same parcels."""
    found = {right.code: right for code in listing.parcels for right in queries.rights_over(code)}
    found.pop(listing.right, None)
    return [*found.values()]


def terms(listing: ListingView, session: SessionView) -> list[dict[str, str]]:
    """Return the terms of the auction in words."""
    rows = (
        (_("起拍价"), figures.money(listing.start_fen)),
        (_("加价幅度"), figures.money(listing.step_fen)),
        (_("保证金"), figures.money(listing.deposit_fen)),
        (_("下一口价"), figures.money(session.least_next_fen)),
        (_("报名人数"), figures.whole(session.sign_ups)),
        (_("转让方"), listing.seller),
    )
    return [{"label": label, "value": str(value)} for label, value in rows]
