"""Coins given outside the acts: proposed by one person, paid out of a sponsor's fund on the word of another."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import chart, postings
from bookkeeping.chart import Nature
from bookkeeping.postings import Leg
from core import events
from core.errors import RuleViolation
from greenpoints import rewards
from greenpoints.models import Fund, Grant, GrantStatus
from greenpoints.points import debts, lots
from greenpoints.points.lots import BOOK, NewLot
from greenpoints.quantification import parameters
from greenpoints.screening.checks import LOCAL
from identity import queries as identity_queries

MAX_COINS = 100_000
MAX_CODE, MAX_REASON = 40, 200


class GrantRefused(RuleViolation):
    """A grant without a code, a reason or a number of coins that can be given, or of a sponsor that there is not."""

    code = "grant_refused"
    message = _("专项发放的编号、理由、数量或资助方不符合要求。")
    status = 422


class GrantDiffers(RuleViolation):
    """The code names another grant already, or the grant was decided otherwise."""

    code = "grant_differs"
    message = _("该编号已用于其他专项发放，或已有不同的处理结果。")


class GrantMissing(RuleViolation):
    """No grant has this code."""

    code = "grant_missing"
    message = _("找不到该专项发放。")
    status = 404


class SamePersonDecides(RuleViolation):
    """Whoever proposed something does not decide it."""

    code = "same_person_decides"
    message = _("提出人与复核人不能是同一人。")
    status = 403


def propose(*, code: str, person: str, sponsor: str, coins: int, reason: str, by: str, at: datetime) -> None:
    """Propose coins for a resident; the same again changes nothing, with other content it is GrantDiffers."""
    for fault, right in (
        ("code", 0 < len(code) <= MAX_CODE),
        ("coins", 0 < coins <= MAX_COINS),
        ("reason", 0 < len(reason) <= MAX_REASON),
        ("sponsor", Fund.objects.filter(sponsor=sponsor).exists()),
    ):
        if not right:
            raise GrantRefused(field=fault)
    identity_queries.person_row(person)
    told = {"person_ref": person, "sponsor": sponsor, "coins": coins, "reason": reason, "proposed_by": by}
    try:
        with transaction.atomic():
            Grant.objects.create(code=code, proposed_at=at, **told)
    except IntegrityError:
        known = Grant.objects.get(code=code)
        if any(getattr(known, name) != value for name, value in told.items()):
            raise GrantDiffers(code=code) from None


def approve(code: str, *, by: str, at: datetime) -> None:
    """Pay the grant; again: nothing. SamePersonDecides, Overdrawn where the sponsor's fund does not suffice."""
    with transaction.atomic():
        row = _undecided(code, GrantStatus.PAID, by=by)
        if row is None:
            return
        day = at.astimezone(LOCAL).date()
        cost_fen, holder = parameters.in_force(day).unit_cost_fen, f"resident/{row.person_ref}"
        legs = [Leg(f"coin:fund/{row.sponsor}", BOOK + holder, row.coins)]
        if cost_fen:
            legs.append(Leg(f"fen:fund/{row.sponsor}", f"fen:reserved/{row.sponsor}", row.coins * cost_fen))
        chart.open_accounts([BOOK + holder], nature=Nature.HOLDER)
        postings.post(reference=f"grant/{code}", legs=legs, occurred_at=at)
        until = rewards.expires_on(day, life_months=rewards.lot_rules(day).life_months)
        lots.add([NewLot(holder, until, row.sponsor, cost_fen, row.coins)])
        debts.pay_off([row.person_ref], cause=f"grant/{code}", at=at)
        _decide(row, GrantStatus.PAID, by=by, at=at)
        events.record("greenpoints.coins_granted", subject=f"grant/{code}", occurred_at=at, detail={"coins": row.coins})


def refuse(code: str, *, by: str, at: datetime) -> None:
    """Refuse the grant; again: nothing."""
    with transaction.atomic():
        row = _undecided(code, GrantStatus.REFUSED, by=by)
        if row is not None:
            _decide(row, GrantStatus.REFUSED, by=by, at=at)


def _undecided(code: str, to: GrantStatus, *, by: str) -> Grant | None:
    """Return the grant, locked, where it waits for a decision; None where it was decided like this before."""
    row = Grant.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise GrantMissing(code=code)
    if row.proposed_by == by:
        raise SamePersonDecides(by=by)
    if row.status == GrantStatus.PROPOSED:
        return row
    if row.status != to:
        raise GrantDiffers(code=code, status=row.status)
    return None


def _decide(row: Grant, status: GrantStatus, *, by: str, at: datetime) -> None:
    row.status, row.decided_by, row.decided_at = status, by, at
    row.save(update_fields=["status", "decided_by", "decided_at"])
