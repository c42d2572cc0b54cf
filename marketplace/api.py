"""The market over HTTP: what is on offer, auctions as they run, signing up, bidding, asking whether land is free."""

import json
from typing import Any

import shapely
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.security import SessionAuth

from core import geometry_gate
from core.idempotency import idempotent
from core.schemas import Limit
from marketplace import parties, queries, rights, sessions, settlements
from marketplace.schemas import (
    BidIn,
    BidOut,
    ConflictCheckIn,
    ConflictCheckOut,
    ListingDetailOut,
    ListingOut,
    SessionOut,
    SettlementOut,
    SignUpIn,
    SignUpOut,
)

router = Router(tags=["marketplace"])


class SignedIn(SessionAuth):
    """A session with its CSRF token; ``request.auth`` is the user."""

    param_name = settings.SESSION_COOKIE_NAME


@router.get("/marketplace/listings", response=list[ListingOut], summary="What is on offer")
def list_listings(
    request: HttpRequest, status: str = "", kind: str = "", after: str = "", limit: Limit = 50
) -> list[queries.ListingView]:
    """Return listings by code, those after the code ``after``."""
    return queries.listings(status=status or None, kind=kind or None, after=after, limit=limit)


@router.get("/marketplace/listings/{code}", response=ListingDetailOut, summary="One listing")
def get_listing(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return a listing with its land."""
    view = queries.listing(code)
    fields = {name: getattr(view, name) for name in ListingOut.model_fields}
    return fields | {"geometry": shapely.geometry.mapping(view.geometry)}


@router.get("/marketplace/sessions/{code}", response=SessionOut, summary="An auction as it stands")
def get_session(request: HttpRequest, code: str) -> queries.SessionView:
    """Return the server's time, the deadline and the bids without their bidders."""
    return queries.session_view(code, at=timezone.now())


@router.post("/marketplace/sessions/{code}/sign-up", response=SignUpOut, auth=SignedIn(), summary="Sign up")
@idempotent
def sign_up(request: HttpRequest, code: str, body: SignUpIn) -> sessions.SignUpView:
    """Put the deposit down for the party that the signed-in user acts for."""
    return sessions.sign_up(code, party=parties.of_user(request.user), at=timezone.now())


@router.post("/marketplace/sessions/{code}/bids", response=BidOut, auth=SignedIn(), summary="Bid")
@idempotent
def place_bid(request: HttpRequest, code: str, body: BidIn) -> sessions.BidView:
    """Bid for the party that the signed-in user acts for; the Idempotency-Key names the bid."""
    key = request.headers.get("Idempotency-Key", "")
    party = parties.of_user(request.user)
    return sessions.place_bid(code, party=party, amount_fen=body.amount_fen, key=key, at=timezone.now())


@router.post(
    "/marketplace/sessions/{code}/settle", response=SettlementOut, auth=SignedIn(), summary="Settle what was won"
)
@idempotent
def settle(request: HttpRequest, code: str) -> queries.SettlementView:
    """Pay the rest of the price and take the right over, for the buyer whom the signed-in user acts for.

    A job does the same as soon as the money is in the buyer's account; until then the session stays awarded.
    """
    return settlements.settle_as(parties.of_user(request.user), session=code, at=timezone.now())


@router.post("/rights/conflict-check", response=ConflictCheckOut, auth=SignedIn(), summary="Is the land free?")
def check_conflicts(request: HttpRequest, body: ConflictCheckIn) -> dict[str, Any]:
    """Return what stands against a right over this land and period; nothing is stored.

    At most 2,000 vertices, compared with at most 200 rights; what is shared may have 20,000 vertices.
    """
    verdict = rights.conflicts(
        kind=body.kind,
        geometry=geometry_gate.read(json.dumps(body.geometry).encode(), form="geojson"),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        at=timezone.now(),
    )
    return {
        "conflicts": [overlap.as_detail() for overlap in verdict.conflicts],
        "slivers": [overlap.as_detail() for overlap in verdict.slivers],
    }
