"""What others may read of the market: listings, sessions, settlements, rights over a parcel, totals."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from marketplace import exclusion
from marketplace.exclusion import Claim
from marketplace.models import (
    IN_FORCE,
    LIVE,
    Encumbrance,
    Listing,
    ListingStatus,
    Right,
    RightKind,
    RightStatus,
    Session,
    Settlement,
    SignUp,
    SignUpStatus,
)

MOST_LISTINGS = 200


@dataclass(frozen=True, slots=True)
class RightView:
    """A right; ``geometry`` is a shapely geometry in EPSG:4490, ``valid_to`` exclusive or None."""

    code: str
    kind: str
    kind_label: str
    holder: str
    status: str
    status_label: str
    area_m2: float
    valid_from: date
    valid_to: date | None
    geometry: Any
    parcels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverlapView:
    """Another right whose land and period overlap those of a right; ``shared`` is the common land in EPSG:4490.

    ``rule`` is what the matrix says of the two kinds: excludes, consent or ok.
    """

    right: RightView
    rule: str
    area_m2: float
    area_mu: float
    shared: Any


@dataclass(frozen=True, slots=True)
class EncumbranceView:
    """A freeze on a right, in force until ``lifted_at``."""

    kind: str
    kind_label: str
    placed_at: datetime
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing as anyone may see it: the reserve stays hidden."""

    code: str
    right: str
    right_kind: str
    right_kind_label: str
    area_m2: float
    parcels: tuple[str, ...]
    geometry: Any
    seller: str
    mode: str
    mode_label: str
    status: str
    status_label: str
    start_fen: int
    step_fen: int
    deposit_fen: int
    opens_at: datetime
    free_until: datetime
    extension_s: int
    deadline_at: datetime
    bid_count: int
    price_fen: int | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class LadderStep:
    """An accepted bid without its bidder; ``bidder`` is a number within the session, by first appearance."""

    sequence: int
    bidder: int
    amount_fen: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """An auction at one instant. ``phase``: planned, free, timed, ended (not yet closed), awarded, unsold, settled.

    An awarded one waits for the buyer's money: a job settles it as soon as that is there.
    """

    code: str
    phase: str
    server_time: datetime
    opens_at: datetime
    free_until: datetime
    deadline_at: datetime
    start_fen: int
    step_fen: int
    price_fen: int | None
    least_next_fen: int
    sign_ups: int
    unsold_reason: str
    ladder: tuple[LadderStep, ...]


@dataclass(frozen=True, slots=True)
class SettlementView:
    """A settled sale, with the facts as they were on that day. Money in fen."""

    session: str
    right: str
    right_kind: str
    seller: str
    seller_kind: str
    seller_region: str
    buyer: str
    buyer_kind: str
    buyer_region: str
    price_fen: int
    fee_fen: int
    area_m2: float
    parcels: tuple[str, ...]
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class MarketTotals:
    """The market in figures; money in fen."""

    rights: int
    open_listings: int
    settled_sales: int
    settled_fen: int
    settled_area_m2: float


def right(code: str) -> RightView:
    """Return one right; ``Right.DoesNotExist`` where there is none."""
    return right_view(Right.objects.prefetch_related("parcel_rows").get(code=code))


def rights_over(parcel: str, *, on: date | None = None) -> list[RightView]:
    """Return the rights in force that lie on the parcel (on the day, where one is given), by code."""
    rows = Right.objects.filter(parcel_rows__parcel=parcel, status__in=IN_FORCE)
    if on is not None:
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)
    return [right_view(row) for row in rows.prefetch_related("parcel_rows").order_by("code")]


def overlaps(code: str, *, on: date) -> list[OverlapView]:
    """Return the rights, suspended ones too, that share land and time with the right, by code; slivers left out.

    ``on`` is the day whose matrix of kinds is asked. ``Right.DoesNotExist`` where there is no such right.
    """
    mine = Right.objects.get(code=code)
    near = Right.objects.filter(geometry__bboverlaps=mine.geometry).exclude(pk=mine.pk)
    near = near.exclude(status=RightStatus.CANCELLED).prefetch_related("parcel_rows")
    rows = {row.code: row for row in near}
    rules = exclusion.matrix(on=on)
    # Asked as if every pair excluded each other, the check measures also what the matrix lets stand.
    shared = exclusion.check(_claim(mine), map(_claim, rows.values()), rules={}).conflicts
    return [
        OverlapView(
            right=right_view(rows[found.code]),
            rule=rules.get(frozenset((mine.kind, found.kind)), exclusion.EXCLUDES),
            area_m2=found.area_m2,
            area_mu=found.area_mu,
            shared=found.geometry,
        )
        for found in shared
    ]


def encumbrances(code: str) -> list[EncumbranceView]:
    """Return every freeze that the right has or had, newest first; empty for a right that there is not."""
    rows = Encumbrance.objects.filter(right__code=code).order_by("-placed_at", "-pk")
    return [EncumbranceView(row.kind, str(row.get_kind_display()), row.placed_at, row.lifted_at) for row in rows]


def listing(code: str) -> ListingView:
    """Return one listing; ``Listing.DoesNotExist`` where there is none."""
    return _listing_view(_listing_rows().get(code=code))


def listings(
    *, status: str | None = None, kind: str | None = None, after: str = "", limit: int = 50
) -> list[ListingView]:
    """Return at most ``limit`` listings by code, those after the code ``after``."""
    rows = _listing_rows().filter(code__gt=after)
    if status:
        rows = rows.filter(status=status)
    if kind:
        rows = rows.filter(right__kind=kind)
    return [_listing_view(row) for row in rows.order_by("code")[: min(limit, MOST_LISTINGS)]]


def session_view(code: str, *, at: datetime) -> SessionView:
    """Return the auction as it stands at ``at``; bidders appear as numbers only."""
    row = Session.objects.select_related("listing").annotate(sign_up_count=Count("sign_ups")).get(code=code)
    terms = row.listing
    least = terms.start_fen if row.price_fen is None else row.price_fen + terms.step_fen
    return SessionView(
        code=row.code,
        phase=_phase(row, at=at),
        server_time=at,
        opens_at=terms.opens_at,
        free_until=terms.free_until,
        deadline_at=row.deadline_at,
        start_fen=terms.start_fen,
        step_fen=terms.step_fen,
        price_fen=row.price_fen,
        least_next_fen=least,
        sign_ups=row.sign_up_count,
        unsold_reason=row.unsold_reason,
        ladder=_ladder(row),
    )


def settlement(session: str) -> SettlementView:
    """Return the settled sale of the session; ``Settlement.DoesNotExist`` where there is none."""
    return settlement_view(Settlement.objects.select_related("session", "right").get(session__code=session))


def settlements(*, after: str = "", limit: int = 200) -> list[SettlementView]:
    """Return settled sales by session code, those after the code ``after``."""
    rows = Settlement.objects.select_related("session", "right").filter(session__code__gt=after)
    return [settlement_view(row) for row in rows.order_by("session__code")[:limit]]


def sales_of(parcel: str) -> list[SettlementView]:
    """Return the settled sales of rights that lie on the parcel, by session code."""
    rows = Settlement.objects.select_related("session", "right").filter(right__parcel_rows__parcel=parcel)
    return [settlement_view(row) for row in rows.order_by("session__code")]


def totals() -> MarketTotals:
    """Return the market in figures, in three statements."""
    sales = Settlement.objects.aggregate(count=Count("id"), fen=Sum("price_fen"), area=Sum("area_m2"))
    return MarketTotals(
        rights=Right.objects.filter(status__in=IN_FORCE).count(),
        open_listings=Listing.objects.filter(status__in=LIVE).count(),
        settled_sales=sales["count"],
        settled_fen=sales["fen"] or 0,
        settled_area_m2=sales["area"] or 0.0,
    )


def due_session_codes(*, as_of: datetime, limit: int = 100) -> list[str]:
    """Return sessions whose deadline has come and that nobody closed yet."""
    rows = Session.objects.filter(closed_at=None, deadline_at__lte=as_of).order_by("deadline_at")
    return list(rows.values_list("code", flat=True)[:limit])


def codes_with_deposits_to_return(*, limit: int = 100) -> list[str]:
    """Return closed sessions where a deposit that no longer serves is still held."""
    rows = SignUp.objects.filter(status=SignUpStatus.HELD, session__closed_at__isnull=False)
    rows = rows.exclude(party=F("session__winner")).order_by("session__code")
    return list(rows.values_list("session__code", flat=True).distinct()[:limit])


def codes_to_settle() -> list[str]:
    """Return every session that was awarded and is not settled yet, oldest first."""
    rows = Session.objects.filter(listing__status=ListingStatus.AWARDED).order_by("closed_at", "pk")
    return list(rows.values_list("code", flat=True))


def right_view(row: Right) -> RightView:
    """Return the view of a row."""
    return RightView(
        code=row.code,
        kind=row.kind,
        kind_label=str(row.get_kind_display()),
        holder=row.holder,
        status=row.status,
        status_label=str(row.get_status_display()),
        area_m2=row.area_m2,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        geometry=row.geometry,
        parcels=_parcels(row),
    )


def settlement_view(row: Settlement) -> SettlementView:
    """Return the view of a row."""
    return SettlementView(
        session=row.session.code,
        right=row.right.code,
        right_kind=row.right_kind,
        seller=row.seller,
        seller_kind=row.seller_kind,
        seller_region=row.seller_region,
        buyer=row.buyer,
        buyer_kind=row.buyer_kind,
        buyer_region=row.buyer_region,
        price_fen=row.price_fen,
        fee_fen=row.fee_fen,
        area_m2=row.area_m2,
        parcels=tuple(row.parcels),
        settled_at=row.settled_at,
    )


def _claim(row: Right) -> Claim:
    return Claim(row.code, row.kind, row.geometry, row.valid_from, row.valid_to)


def _listing_rows() -> QuerySet[Listing]:
    return Listing.objects.select_related("right", "session").prefetch_related("right__parcel_rows")


def _listing_view(row: Listing) -> ListingView:
    return ListingView(
        code=row.code,
        right=row.right.code,
        right_kind=row.right.kind,
        right_kind_label=str(RightKind(row.right.kind).label),
        area_m2=row.right.area_m2,
        parcels=_parcels(row.right),
        geometry=row.right.geometry,
        seller=row.seller,
        mode=row.mode,
        mode_label=str(row.get_mode_display()),
        status=row.status,
        status_label=str(row.get_status_display()),
        start_fen=row.start_fen,
        step_fen=row.step_fen,
        deposit_fen=row.deposit_fen,
        opens_at=row.opens_at,
        free_until=row.free_until,
        extension_s=row.extension_s,
        deadline_at=row.session.deadline_at,
        bid_count=row.session.bid_count,
        price_fen=row.session.price_fen,
        published_at=row.published_at,
    )


def _parcels(row: Right) -> tuple[str, ...]:
    return tuple(sorted(link.parcel for link in row.parcel_rows.all()))


def _phase(row: Session, *, at: datetime) -> str:
    if row.closed_at is not None:
        return str(row.listing.status)
    if at < row.listing.opens_at:
        return "planned"
    if at < row.listing.free_until:
        return "free"
    return "timed" if at < row.deadline_at else "ended"


def _ladder(row: Session) -> tuple[LadderStep, ...]:
    numbers: dict[str, int] = {}
    bids = row.bids.order_by("sequence")
    return tuple(
        LadderStep(
            sequence=bid.sequence,
            bidder=numbers.setdefault(bid.party, len(numbers) + 1),
            amount_fen=bid.amount_fen,
            received_at=bid.received_at,
        )
        for bid in bids
    )
