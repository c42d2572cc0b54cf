"""Flow 3: a right over a parcel is registered, listed, auctioned under deposits, awarded and settled."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import shapely
from django.core.exceptions import ObjectDoesNotExist

from gep import queries as gep_queries
from marketplace import custody, listings, rights, sessions, settlements
from marketplace import queries as marketplace_queries
from web.demo import cast

RIGHT, BUNDLE = "ZX-FOREST-0001", "ZX-VEP-0002"
LISTING, SECOND_LISTING = "ZX-2026-0001", "ZX-2026-0002"
TERM = (date(2026, 1, 1), date(2046, 1, 1))
START_FEN, STEP_FEN, RESERVE_FEN, DEPOSIT_FEN = 60_000_000, 1_000_000, 66_000_000, 12_000_000
PURSE_FEN = 120_000_000
FREE_FOR, EXTENSION_S = timedelta(minutes=10), 120
# Who bids, how long after the opening, how much: three bids in the free period, then two against the running deadline.
BIDS = (
    (0, timedelta(minutes=1), 60_000_000),
    (1, timedelta(minutes=4), 62_000_000),
    (2, timedelta(minutes=9, seconds=55), 65_000_000),
    (1, timedelta(minutes=11, seconds=40), 67_000_000),
    (2, timedelta(minutes=13, seconds=20), 68_000_000),
)


@dataclass(frozen=True)
class Sale:
    """What the flow came to; ``conflict`` is what stood against the second listing."""

    session: str
    parcel: str
    settlement: Any
    bids: int
    conflict: dict[str, Any]


def hold(*, parcel: str, opens_at: datetime) -> Sale:
    """Register, list, bid, close and settle; a second run finds the sale settled and the land still taken."""
    land = gep_queries.parcel(parcel)
    try:
        settlement = marketplace_queries.settlement(LISTING)
    except ObjectDoesNotExist:
        _register(land, at=opens_at - timedelta(days=3))
        _list(RIGHT, LISTING, opens_at=opens_at)
        _refused_listing(opens_at=opens_at)
        _auction(opens_at=opens_at)
        settlement = settlements.settle(LISTING, at=opens_at + timedelta(hours=2))
    view = marketplace_queries.session_view(LISTING, at=opens_at + timedelta(hours=3))
    return Sale(LISTING, parcel, settlement, len(view.ladder), _conflict(land, at=opens_at + timedelta(hours=3)))


def _register(land: Any, *, at: datetime) -> None:
    """The co-operative registers the use of the forest, and beside it a bundle over the western half of the parcel."""
    for code, kind, geometry in ((RIGHT, "forest_tenure", land.geometry), (BUNDLE, "vep_bundle", _western_half(land))):
        rights.register(
            code=code, kind=kind, holder=cast.SELLER, geometry=geometry, valid_from=TERM[0], valid_to=TERM[1],
            parcels=(land.code,), at=at,
        )  # fmt: skip


def _western_half(land: Any) -> Any:
    west, south, east, north = land.geometry.bounds
    half = shapely.intersection(land.geometry, shapely.box(west, south, (west + east) / 2, north))
    return shapely.MultiPolygon([part for part in shapely.get_parts(half) if part.geom_type == "Polygon"])


def _list(right: str, listing: str, *, opens_at: datetime) -> None:
    listings.publish(
        code=listing, right=right, mode="english", start_fen=START_FEN, step_fen=STEP_FEN, reserve_fen=RESERVE_FEN,
        deposit_fen=DEPOSIT_FEN, opens_at=opens_at, free_until=opens_at + FREE_FOR, extension_s=EXTENSION_S,
        at=opens_at - timedelta(days=2),
    )  # fmt: skip


def _refused_listing(*, opens_at: datetime) -> None:
    """Try to offer the bundle as well; the demo ends here if the register lets it pass."""
    try:
        _list(BUNDLE, SECOND_LISTING, opens_at=opens_at)
    except rights.RightsConflict:
        return
    raise AssertionError("a listing over land that is listed already was let pass")


def _conflict(land: Any, *, at: datetime) -> dict[str, Any]:
    """Return what stands against the bundle: the right, the shared m² and 亩, and the shape."""
    verdict = rights.conflicts(
        kind="vep_bundle", geometry=_western_half(land), valid_from=TERM[0], valid_to=TERM[1], at=at
    )
    return next(overlap.as_detail() for overlap in verdict.conflicts if overlap.code == RIGHT)


def _auction(*, opens_at: datetime) -> None:
    for place, bidder in enumerate(cast.BIDDERS):
        custody.record_inflow(
            party=bidder, amount_fen=PURSE_FEN, bank_reference=f"demo-inflow-{place}", at=opens_at - timedelta(days=1)
        )
        sessions.sign_up(LISTING, party=bidder, at=opens_at - timedelta(hours=1))
    for number, (place, after, amount_fen) in enumerate(BIDS):
        sessions.place_bid(
            LISTING, party=cast.BIDDERS[place], amount_fen=amount_fen, key=f"demo-{number}", at=opens_at + after
        )
    sessions.close(LISTING, at=opens_at + timedelta(hours=1))
