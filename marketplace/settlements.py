"""Delivery against payment: the title and the money of a sale move in one transaction, or neither does."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookkeeping.postings import Leg, post
from core import events
from core.errors import RuleViolation
from marketplace import custody, listings, parameters, parties, rights, sessions
from marketplace.models import ListingStatus, Right, RightParcel, Session, Settlement, SignUpStatus
from marketplace.queries import SettlementView
from marketplace.queries import settlement as settlement_view


class NothingToSettle(RuleViolation):
    """The session has no winner: it runs still, or ended unsold."""

    code = "nothing_to_settle"
    message = _("该竞价没有待结算的成交。")


class NotTheBuyer(RuleViolation):
    """Somebody else won the session."""

    code = "not_the_buyer"
    message = _("只有竞得人可以办理结算。")
    status = 403


def settle(session: str, *, at: datetime) -> SettlementView:
    """Move the price to the seller, less the fee, and the title to the buyer. Again: nothing.

    The deposit counts towards the price; the rest must be in the buyer's account, else the book's Overdrawn.
    Rights of the seller that exclude the sold one are suspended. Raises NothingToSettle.
    """
    with transaction.atomic():
        row = sessions.locked(session)
        if row.listing.status == ListingStatus.SETTLED:
            return settlement_view(session)
        if not row.winner or row.price_fen is None:
            raise NothingToSettle(session=session)
        right = rights.locked(row.listing.right.code)
        settlement = _facts(row, right, at=at)
        _pay(row, settlement, at=at)
        _hand_over(row, right, at=at)
        settlement.save(force_insert=True)
        events.record(
            "marketplace.sale_settled",
            subject=session,
            occurred_at=at,
            detail={"right": right.code, "price_fen": settlement.price_fen, "fee_fen": settlement.fee_fen},
        )
    return settlement_view(session)


def settle_as(party: str, *, session: str, at: datetime) -> SettlementView:
    """Settle at the wish of the buyer; NotTheBuyer where ``party`` did not win, and all that ``settle`` raises."""
    with transaction.atomic():
        winner = sessions.locked(session).winner
        if winner and winner != party:
            raise NotTheBuyer(session=session)
        return settle(session, at=at)


def _facts(row: Session, right: Right, *, at: datetime) -> Settlement:
    """Return the settlement to be saved, with what is known of the parties on this day."""
    seller, buyer = parties.facts(row.listing.seller), parties.facts(row.winner)
    price_fen = row.price_fen or 0
    fee_fen = parameters.fee_fen(seller_kind=seller.kind, price_fen=price_fen, on=timezone.localdate(at))
    return Settlement(
        session=row,
        right=right,
        seller=row.listing.seller,
        buyer=row.winner,
        price_fen=price_fen,
        fee_fen=fee_fen,
        seller_kind=seller.kind,
        seller_region=seller.region,
        buyer_kind=buyer.kind,
        buyer_region=buyer.region,
        right_kind=right.kind,
        area_m2=right.area_m2,
        parcels=sorted(RightParcel.objects.filter(right=right).values_list("parcel", flat=True)),
        settled_at=at,
    )


def _pay(row: Session, settlement: Settlement, *, at: datetime) -> None:
    """Pass the price through the session's escrow in one posting; nothing stays in it."""
    deposit_fen = row.listing.deposit_fen
    escrow, seller = custody.escrow_account(row.code), custody.party_account(settlement.seller)
    custody.open_holders([escrow, seller, custody.FEE])
    moves = [
        Leg(custody.deposit_account(row.code, row.winner), escrow, deposit_fen),
        Leg(custody.party_account(row.winner), escrow, settlement.price_fen - deposit_fen),
        Leg(escrow, seller, settlement.price_fen - settlement.fee_fen),
        Leg(escrow, custody.FEE, settlement.fee_fen),
    ]
    legs = [leg for leg in moves if leg.quantity]
    post(reference=f"settlement/{row.code}", legs=legs, occurred_at=at)
    row.sign_ups.filter(party=row.winner).update(status=SignUpStatus.APPLIED)


def _hand_over(row: Session, right: Right, *, at: datetime) -> None:
    cause, listing = f"settlement/{row.code}", row.listing
    rights.unfreeze(right, cause=listings.freeze_cause(listing.code), at=at)
    rights.hand_over(right, to=row.winner, cause=cause, at=at)
    rights.suspend_excluded(right, former_holder=listing.seller, cause=cause, at=at)
    listings.advance(listing, to=ListingStatus.SETTLED)
