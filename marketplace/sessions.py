"""Auctions: parties sign up against a deposit, bid in the order that the server numbers them, and the log decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from bookkeeping import bulk
from bookkeeping.postings import Leg, post
from core import events
from core.errors import RuleViolation
from marketplace import custody, listings, rights
from marketplace.clearing import english
from marketplace.models import (
    MOST_FEN,
    Bid,
    ListingStatus,
    Session,
    SignUp,
    SignUpStatus,
    UnsoldReason,
)
from marketplace.queries import SessionView, session_view


class DeadlinePassed(RuleViolation):
    """The session has ended: a bid, or a sign-up, counts only before its deadline."""

    code = "deadline_passed"
    message = _("竞价已截止。")


class SessionNotOpen(RuleViolation):
    """The session has not begun."""

    code = "session_not_open"
    message = _("竞价尚未开始。")


class SessionRunning(RuleViolation):
    """The session's deadline has not come, so that it cannot be closed."""

    code = "session_running"
    message = _("竞价尚未截止，不能结束。")


class BelowStart(RuleViolation):
    """The first bid is below the start price; ``next_fen`` is the least that counts."""

    code = "below_start"
    message = _("出价低于起始价。")
    status = 422


class StepGrid(RuleViolation):
    """The bid is not the leading one plus whole steps; ``next_fen`` is the next amount that counts."""

    code = "step_grid"
    message = _("出价必须为当前最高价加整数倍加价幅度。")
    status = 422


class LeaderRaises(RuleViolation):
    """The party leads already."""

    code = "leader_raises"
    message = _("您已是当前最高出价人，无需再次出价。")


class DepositMissing(RuleViolation):
    """The party did not sign up with a deposit."""

    code = "deposit_missing"
    message = _("尚未缴纳保证金，不能出价。")
    status = 403


class SellerMayNotBid(RuleViolation):
    """The seller would bid for its own right."""

    code = "seller_may_not_bid"
    message = _("转让方不得参与自己标的的竞价。")
    status = 403


class BidOutOfRange(RuleViolation):
    """The amount is not one that money can be."""

    code = "bid_out_of_range"
    message = _("出价金额超出允许范围。")
    status = 422


class BidKeyReused(RuleViolation):
    """The party used this key for a bid of another amount."""

    code = "bid_key_reused"
    message = _("同一幂等键已用于另一笔金额不同的出价。")
    status = 422


REFUSALS: dict[str, type[RuleViolation]] = {
    english.NOT_OPEN: SessionNotOpen,
    english.DEADLINE_PASSED: DeadlinePassed,
    english.BELOW_START: BelowStart,
    english.STEP_GRID: StepGrid,
    english.LEADER_RAISES: LeaderRaises,
}


@dataclass(frozen=True, slots=True)
class BidView:
    """An accepted bid, and the deadline after it; ``replayed`` where the same key had been accepted before."""

    session: str
    sequence: int
    amount_fen: int
    received_at: datetime
    deadline_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class SignUpView:
    """A party's admission to a session."""

    session: str
    party: str
    deposit_fen: int
    replayed: bool


def sign_up(session: str, *, party: str, at: datetime) -> SignUpView:
    """Admit the party: its deposit moves from its account to the session's. Again: nothing.

    Raises SellerMayNotBid, DeadlinePassed, and the book's Overdrawn or AccountMissing where the money is not there.
    """
    with transaction.atomic():
        row = locked(session)
        listing = row.listing
        if party == listing.seller:
            raise SellerMayNotBid(session=session)
        if row.sign_ups.filter(party=party).exists():
            return SignUpView(session, party, listing.deposit_fen, replayed=True)
        if row.closed_at is not None or at >= row.deadline_at:
            raise DeadlinePassed(session=session, deadline_at=row.deadline_at.isoformat())
        deposit = custody.deposit_account(session, party)
        custody.open_holders([deposit])
        legs = [Leg(source=custody.party_account(party), target=deposit, quantity=listing.deposit_fen)]
        post(reference=f"deposit/{session}/{party}", legs=legs, occurred_at=at)
        SignUp.objects.create(session=row, party=party, deposit_fen=listing.deposit_fen, signed_at=at)
    return SignUpView(session, party, listing.deposit_fen, replayed=False)


def place_bid(session: str, *, party: str, amount_fen: int, key: str, at: datetime) -> BidView:
    """Accept a bid received at ``at``, under the next number of the session; once per party and key.

    Raises DeadlinePassed, SessionNotOpen, BelowStart, StepGrid (with ``next_fen``), LeaderRaises, DepositMissing,
    SellerMayNotBid, BidOutOfRange, BidKeyReused. A bid that waited for the session's row until after the close is too
    late whatever its clock said.
    """
    if not 1 <= amount_fen <= MOST_FEN:
        raise BidOutOfRange(least_fen=1, most_fen=MOST_FEN)
    with transaction.atomic():
        row = locked(session)
        made = row.bids.filter(party=party, key=key).first()
        if made is not None:
            return _again(made, session=session, amount_fen=amount_fen)
        _check_bidder(row, party=party)
        terms, state = listings.terms_of(row.listing), state_of(row)
        bid = english.Bid(row.bid_count + 1, party, amount_fen, at)
        _refuse(row, english.judge(terms, state, bid))
        state = english.after(terms, state, bid)
        stored = Bid.objects.create(
            session=row, sequence=bid.sequence, party=party, amount_fen=amount_fen, key=key, received_at=at,
            deadline_at=state.deadline_at,
        )  # fmt: skip
        row.bid_count, row.leader, row.price_fen = bid.sequence, party, amount_fen
        row.deadline_at = state.deadline_at
        row.save(update_fields=["bid_count", "leader", "price_fen", "deadline_at"])
    return _bid_view(stored, session=session, replayed=False)


def close(session: str, *, at: datetime) -> SessionView:
    """End the session by its log: a winner, or unsold with the right free again. Losers get their deposits back.

    Again: nothing. Raises SessionRunning before the deadline.
    """
    with transaction.atomic():
        row = locked(session)
        if row.closed_at is None:
            if at < row.deadline_at:
                raise SessionRunning(session=session, deadline_at=row.deadline_at.isoformat())
            _end(row, english.clear(listings.terms_of(row.listing), log_of(row)), at=at)
            return_deposits(session, at=at)
    return session_view(session, at=at)


def return_deposits(session: str, *, at: datetime) -> int:
    """Give back every deposit of a closed session that serves no more; return how many were.

    One whose account is frozen waits for another call and does not keep the others waiting.
    """
    with transaction.atomic():
        row = locked(session)
        kept = row.sign_ups.filter(status=SignUpStatus.HELD, session__closed_at__isnull=False)
        waiting = list(kept.exclude(party=F("session__winner")).order_by("party"))
        if not waiting:
            return 0
        result = bulk.post_many(
            references=[f"deposit/{session}/{sign_up.party}/return" for sign_up in waiting],
            sources=[custody.deposit_account(session, sign_up.party) for sign_up in waiting],
            targets=[custody.party_account(sign_up.party) for sign_up in waiting],
            quantities=[sign_up.deposit_fen for sign_up in waiting],
            occurred_at=at,
        )
        back = [
            sign_up.pk
            for sign_up, status in zip(waiting, result.status, strict=True)
            if status in {bulk.POSTED, bulk.REPLAYED}
        ]
        return SignUp.objects.filter(pk__in=back).update(status=SignUpStatus.RETURNED)


def locked(code: str) -> Session:
    """Return the session with its row locked, so that its bids have one order; its listing comes with it."""
    return Session.objects.select_for_update(of=("self",)).select_related("listing__right").get(code=code)


def log_of(row: Session) -> list[english.Bid]:
    """Return the accepted bids as the auction reads them, by number."""
    bids = row.bids.order_by("sequence").values_list("sequence", "party", "amount_fen", "received_at")
    return [english.Bid(*bid) for bid in bids]


def state_of(row: Session) -> english.State:
    """Return where the auction stands; always what folding its log gives."""
    return english.State(
        deadline_at=row.deadline_at, leader=row.leader or None, price_fen=row.price_fen, accepted=row.bid_count
    )


def _check_bidder(row: Session, *, party: str) -> None:
    if party == row.listing.seller:
        raise SellerMayNotBid(session=row.code)
    if row.closed_at is not None:
        raise DeadlinePassed(session=row.code, deadline_at=row.deadline_at.isoformat())
    if not row.sign_ups.filter(party=party, status=SignUpStatus.HELD).exists():
        raise DepositMissing(session=row.code)


def _refuse(row: Session, refusal: english.Refused | None) -> None:
    if refusal is not None:
        deadline_at = row.deadline_at.isoformat()
        raise REFUSALS[refusal.reason](session=row.code, next_fen=refusal.next_fen, deadline_at=deadline_at)


def _end(row: Session, outcome: english.Outcome, *, at: datetime) -> None:
    row.closed_at, row.winner = at, outcome.winner or ""
    if outcome.winner is None:
        row.unsold_reason = UnsoldReason.NO_BID if outcome.price_fen is None else UnsoldReason.RESERVE_NOT_MET
    row.save(update_fields=["closed_at", "winner", "unsold_reason"])
    listing = row.listing
    detail: dict[str, Any]
    if outcome.winner is None:
        listings.advance(listing, to=ListingStatus.UNSOLD)
        rights.unfreeze(rights.locked(listing.right.code), cause=listings.freeze_cause(listing.code), at=at)
        detail = {"reason": str(row.unsold_reason)}
        events.record("marketplace.session_unsold", subject=row.code, occurred_at=at, detail=detail)
    else:
        listings.advance(listing, to=ListingStatus.AWARDED)
        detail = {"price_fen": outcome.price_fen}
        events.record("marketplace.session_awarded", subject=row.code, occurred_at=at, detail=detail)


def _again(made: Bid, *, session: str, amount_fen: int) -> BidView:
    if made.amount_fen != amount_fen:
        raise BidKeyReused(session=session)
    return _bid_view(made, session=session, replayed=True)


def _bid_view(row: Bid, *, session: str, replayed: bool) -> BidView:
    return BidView(session, row.sequence, row.amount_fen, row.received_at, row.deadline_at, replayed)
