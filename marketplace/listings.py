"""Offering a right: the terms are checked, the right is frozen, the session is set up; all or nothing."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from marketplace import parameters, rights
from marketplace.clearing import english, modes
from marketplace.models import (
    MOST_FEN,
    NEXT_STATUSES,
    EncumbranceKind,
    Listing,
    ListingStatus,
    Mode,
    Right,
    RightStatus,
    Session,
)
from marketplace.queries import ListingView
from marketplace.queries import listing as listing_view

MODES_HELD_HERE = (Mode.ENGLISH,)
LONGEST_EXTENSION_S = 86_400


class ListingCodeTaken(RuleViolation):
    """Another listing has this code already."""

    code = "listing_code_taken"
    message = _("该挂牌编号已被使用。")


class MarketLicenceMissing(RuleViolation):
    """The law keeps this mode for venues that the State approved, and the instrument names no licence."""

    code = "market_licence_missing"
    message = _("该交易方式仅限国家批准的交易场所，本标的未取得市场许可。")
    status = 403


class ModeNotHeld(RuleViolation):
    """The platform holds no sessions in this mode yet, or there is no such mode."""

    code = "mode_not_held"
    message = _("平台目前不受理该交易方式。")
    status = 422


class TermsRefused(RuleViolation):
    """A figure or a time of the terms cannot be; ``field`` names it."""

    code = "terms_refused"
    message = _("挂牌条件有误，请更正所示字段。")
    status = 422


class DepositTooHigh(RuleViolation):
    """The deposit is a larger share of the start price than the rules of the day allow."""

    code = "deposit_too_high"
    message = _("保证金超过起始价的最高比例。")
    status = 422


class RightNotInForce(RuleViolation):
    """The right has not begun, or ends before the auction could."""

    code = "right_not_in_force"
    message = _("权利尚未生效，或在竞价结束前到期。")


def publish(
    *,
    code: str,
    right: str,
    mode: str,
    start_fen: int,
    step_fen: int,
    reserve_fen: int | None,
    deposit_fen: int,
    opens_at: datetime,
    free_until: datetime,
    extension_s: int,
    market_licence: str = "",
    at: datetime,
) -> ListingView:
    """Offer the right for its holder and freeze it.

    Refused with RightsConflict where a listed, pledged or seized right, whoever holds it, or any other holder's right
    in force excludes it; with RightNotFree where the right itself is frozen; MarketLicenceMissing, ModeNotHeld,
    TermsRefused, DepositTooHigh, RightNotInForce, ListingCodeTaken.
    """
    rights.check_code(code)
    check_mode(mode, market_licence=market_licence)
    terms = english.Terms(start_fen, step_fen, opens_at, free_until, extension_s, reserve_fen)
    _check_terms(terms, deposit_fen=deposit_fen, at=at)
    with transaction.atomic():
        row = rights.locked(right)
        _check_free(row, terms=terms, code=code, at=at)
        rights.freeze(row, kind=EncumbranceKind.LISTED, cause=freeze_cause(code), at=at)
        listing = Listing.objects.create(
            code=code, right=row, seller=row.holder, mode=mode, market_licence=market_licence, start_fen=start_fen,
            step_fen=step_fen, reserve_fen=reserve_fen, deposit_fen=deposit_fen, opens_at=opens_at,
            free_until=free_until, extension_s=extension_s, published_at=at,
        )  # fmt: skip
        Session.objects.create(code=code, listing=listing, deadline_at=english.opening(terms).deadline_at)
        events.record("marketplace.listing_published", subject=code, occurred_at=at, detail={"right": right})
    return listing_view(code)


def check_mode(mode: str, *, market_licence: str) -> None:
    """Refuse by name a mode that needs a licence which is not there, and one that no session is held in."""
    if mode not in Mode.values:
        raise ModeNotHeld(mode=mode, held=list(MODES_HELD_HERE))
    if modes.needs_licence(mode) and not market_licence:
        raise MarketLicenceMissing(mode=mode)
    if mode not in MODES_HELD_HERE:
        raise ModeNotHeld(mode=mode, held=list(MODES_HELD_HERE))


def freeze_cause(code: str) -> str:
    """Return the name under which a listing freezes its right."""
    return f"listing/{code}"


def advance(listing: Listing, *, to: str) -> None:
    """Take a listing to another status along NEXT_STATUSES."""
    if to not in NEXT_STATUSES[listing.status]:
        raise rights.StatusNotReachable(listing=listing.code, status=listing.status, to=str(to))
    listing.status = ListingStatus(to)
    listing.save(update_fields=["status"])


def terms_of(listing: Listing) -> english.Terms:
    """Return the terms of a listing as the auction reads them."""
    return english.Terms(
        start_fen=listing.start_fen,
        step_fen=listing.step_fen,
        opens_at=listing.opens_at,
        free_until=listing.free_until,
        extension_s=listing.extension_s,
        reserve_fen=listing.reserve_fen,
    )


def _check_free(row: Right, *, terms: english.Terms, code: str, at: datetime) -> None:
    if row.status != RightStatus.REGISTERED:
        raise rights.RightNotFree(right=row.code, status=row.status)
    ends_on = timezone.localdate(english.opening(terms).deadline_at)
    if row.valid_from > timezone.localdate(at) or (row.valid_to is not None and row.valid_to <= ends_on):
        raise RightNotInForce(right=row.code)
    # What the seller itself holds beside it unfrozen does not stand against the offer: a sale suspends it.
    own_and_free = {"holder": row.holder, "status": RightStatus.REGISTERED}
    rights.refuse_conflicts(rights.claim_of(row), against=rights.near(row).exclude(**own_and_free), at=at)
    if Listing.objects.filter(code=code).exists():
        raise ListingCodeTaken(listing=code)


def _check_terms(terms: english.Terms, *, deposit_fen: int, at: datetime) -> None:
    money = {"start_fen": terms.start_fen, "step_fen": terms.step_fen, "deposit_fen": deposit_fen}
    if terms.reserve_fen is not None:
        money["reserve_fen"] = terms.reserve_fen
    for field, amount_fen in money.items():
        if not 1 <= amount_fen <= MOST_FEN:
            raise TermsRefused(field=field, least=1, most=MOST_FEN)
    if not at <= terms.opens_at < terms.free_until <= terms.opens_at + timedelta(days=366):
        raise TermsRefused(field="opens_at")
    if not 1 <= terms.extension_s <= LONGEST_EXTENSION_S:
        raise TermsRefused(field="extension_s", least=1, most=LONGEST_EXTENSION_S)
    most_fen = parameters.most_deposit_fen(start_fen=terms.start_fen, on=timezone.localdate(at))
    if deposit_fen > most_fen:
        raise DepositTooHigh(deposit_fen=deposit_fen, most_fen=most_fen)
