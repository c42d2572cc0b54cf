"""What must hold in the market at any time; ``manage.py verify`` asks."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from bookkeeping import queries as book
from bookkeeping.refusals import AccountMissing
from core.invariants import Broken, Checked, invariant
from marketplace import custody, exclusion, listings, rights, sessions
from marketplace.clearing import english
from marketplace.models import IN_FORCE, Encumbrance, Listing, ListingStatus, Right, RightStatus, Session, SignUp


@invariant(
    code="I9",
    zh="每场交易的监管资金等于收入减去付出与退回，终结后为零",
    en="The escrow of each sale is held less released less refunded, and zero once it ended",
)
def escrow_is_what_it_should_be() -> Iterator[Broken | Checked]:
    """Compare deposits and escrow in the book with what the sign-ups say."""
    for row in Session.objects.select_related("listing").order_by("pk").iterator():
        yield Checked(1)
        sign_ups = list(SignUp.objects.filter(session=row).order_by("pk"))
        for sign_up in sign_ups:
            due_fen = sign_up.deposit_fen if sign_up.status == "held" else 0
            has_fen = _posted_fen(custody.deposit_account(row.code, sign_up.party))
            if has_fen != due_fen:
                yield Broken(f"session {row.code}", f"deposit of {sign_up.party}: {has_fen} fen, not {due_fen}")
        escrow_fen = _posted_fen(custody.escrow_account(row.code))
        if escrow_fen:
            yield Broken(f"session {row.code}", f"escrow holds {escrow_fen} fen, not 0")
        if row.listing.status == ListingStatus.SETTLED and any(
            one.party == row.winner and one.status == "held" for one in sign_ups
        ):
            yield Broken(f"session {row.code}", "the winner's deposit is held after the settlement")


@invariant(
    code="I10",
    zh="竞得人是截止前按价格与服务器序号的最优有效出价人，截止后不再接受出价",
    en="The winner made the best valid bid by price and server sequence; no bid was accepted after the deadline",
)
def the_log_gives_the_winner() -> Iterator[Broken | Checked]:
    """Fold the log of each session again and compare it with what is stored."""
    for row in Session.objects.select_related("listing").order_by("pk").iterator():
        yield Checked(1)
        terms = listings.terms_of(row.listing)
        outcome = english.clear(terms, sessions.log_of(row))
        for sequence, reason in outcome.refused:
            yield Broken(f"session {row.code} bid {sequence}", f"does not count: {reason}")
        if (outcome.price_fen, outcome.deadline_at) != (row.price_fen, row.deadline_at):
            yield Broken(f"session {row.code}", f"stands at {row.price_fen} fen, the log says {outcome.price_fen}")
        if row.closed_at is not None and row.winner != (outcome.winner or ""):
            yield Broken(f"session {row.code}", f"won by {row.winner!r}, the log says {outcome.winner!r}")


@invariant(
    code="M1",
    zh="同一地块、同一期间的互斥权利只有一个持有人",
    en="Rights in force that exclude each other have one holder",
)
def one_owner() -> Iterator[Broken | Checked]:
    """Check every right in force against its neighbours of other holders, by the matrix of its registration day."""
    rows = Right.objects.filter(status__in=IN_FORCE).prefetch_related("consents__other").order_by("pk")
    for row in rows.iterator(chunk_size=500):
        yield Checked(1)
        others = rights.claims_of(rights.near(row).filter(pk__lt=row.pk).exclude(holder=row.holder))
        rules = exclusion.matrix(on=timezone.localdate(row.registered_at))
        for overlap in exclusion.check(rights.claim_of(row), others, rules=rules).conflicts:
            yield Broken(f"right {row.code}", f"overlaps {overlap.code} by {overlap.area_m2:.1f} m2")


@invariant(
    code="M2",
    zh="冻结的权利恰有一项未解除的权利负担，挂牌中的权利均已冻结",
    en="A right is frozen exactly while one encumbrance is in force, and as long as it is listed",
)
def frozen_means_encumbered() -> Iterator[Broken | Checked]:
    """Compare the status of rights with their encumbrances and listings."""
    yield Checked(Right.objects.count())
    in_force = Exists(Encumbrance.objects.filter(right=OuterRef("pk"), lifted_at=None))
    frozen = Q(status=RightStatus.FROZEN)
    for code in Right.objects.filter(frozen & ~in_force | ~frozen & in_force).values_list("code", flat=True):
        yield Broken(f"right {code}", "its status and its encumbrances differ")
    live = Listing.objects.filter(status__in=["published", "awarded"])
    for code in live.exclude(right__status=RightStatus.FROZEN).values_list("code", flat=True):
        yield Broken(f"listing {code}", "its right is not frozen")
    for code in live.exclude(seller=F("right__holder")).values_list("code", flat=True):
        yield Broken(f"listing {code}", "its seller does not hold the right")


def _posted_fen(account: str) -> int:
    try:
        return book.balance(account).posted
    except AccountMissing:
        return 0
