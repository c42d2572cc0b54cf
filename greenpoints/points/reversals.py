"""An act is taken back: the grams, and the coins it brought, as if it had never been. Each act once.

What the resident has spent by then stays spent: the coins are owed, up to a limit, and paid from what comes next; what
is beyond the limit is the sponsor's loss and written down as such.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookkeeping import postings
from bookkeeping.postings import Leg
from bookkeeping.refusals import Overdrawn
from core import events
from core.errors import RuleViolation
from greenpoints import bulk_rows, rewards
from greenpoints.models import BatchStatus, Behaviour, Carry, Fund, Issue, IssueStatus, Reversal, ReversalCause
from greenpoints.points import campaigns, debts, ledger, lots
from greenpoints.points.lots import BOOK, Part
from greenpoints.quantification import parameters
from greenpoints.reasons import ACCEPTED


class ActMissing(RuleViolation):
    """The partner has no accepted act of this name, or it is not credited yet."""

    code = "act_missing"
    message = _("找不到该合作方已入账的这一行为。")
    status = 404


class ReductionUsed(RuleViolation):
    """The resident's reductions were entrusted or donated: the act cannot be taken back from the resident any more."""

    code = "reduction_used"
    message = _("该居民的减排量已委托或捐赠，不能直接撤销，须由减排量缓冲承担。")


class CauseUnknown(RuleViolation):
    """An act is taken back for one of the listed causes."""

    code = "cause_unknown"
    message = _("撤销原因不在列表中。")
    status = 422


@dataclass(frozen=True, slots=True)
class ReversalView:
    """What taking an act back came to."""

    reversed_mg: int
    returned_coins: int
    owed_coins: int
    lost_coins: int


def reverse_act(*, partner: str, external_id: str, cause: str, by: str, at: datetime) -> ReversalView:
    """Take an accepted act back; again: nothing. Raises ActMissing, ReductionUsed, CauseUnknown."""
    if cause not in ReversalCause.values:
        raise CauseUnknown(cause=cause)
    with transaction.atomic():
        bulk_rows.lock("carry")
        act = _credited(partner, external_id)
        known = Reversal.objects.filter(behaviour=act).first()
        if known is not None:
            return _view(known)
        lots.lock(f"resident/{act.person_ref}")
        row = _reverse(act, cause=cause, by=by, at=at)
        events.record(
            "greenpoints.act_reversed",
            subject=ledger.act_reference(partner, external_id),
            occurred_at=at,
            detail={"cause": cause, "mg": row.reversed_mg, "coins": row.returned_coins, "owed": row.owed_coins},
        )
        return _view(row)


def _credited(partner: str, external_id: str) -> Behaviour:
    rows = Behaviour.objects.filter(partner=partner, external_id=external_id, status__in=ACCEPTED)
    act = rows.select_related("batch").first()
    if act is None or act.batch.status != BatchStatus.CREDITED:
        raise ActMissing(partner=partner, act=external_id)
    return act


def _reverse(act: Behaviour, *, cause: str, by: str, at: datetime) -> Reversal:
    if act.posted_mg:
        try:
            _reverse_grams(act, at=at)
        except Overdrawn as refusal:
            raise ReductionUsed(partner=act.partner, act=act.external_id) from refusal
    due = _due(act)
    wanted = sum(coins for _sponsor, coins in due)
    parts = lots.taken_back(f"resident/{act.person_ref}", due)
    returned = sum(part.coins for part in parts)
    owed = _post(act, due, parts, owed=wanted - returned, at=at)
    return Reversal.objects.create(
        behaviour=act,
        person_ref=act.person_ref,
        cause=cause,
        reversed_mg=act.posted_mg,
        returned_coins=returned,
        owed_coins=owed,
        lost_coins=wanted - returned - owed,
        by=by,
        reversed_at=at,
    )


def _reverse_grams(act: Behaviour, *, at: datetime) -> None:
    """Take back the posting of the act; where its answer changed, what all its postings came to."""
    reference = _reference(act, "grams")
    if not act.revision:
        first = ledger.act_reference(act.partner, act.external_id)
        postings.reverse(posting=first, reference=reference, occurred_at=at)
    else:
        leg = Leg(f"co2e:resident/{act.person_ref}", f"co2e:act/{act.act}", act.posted_mg)
        postings.post(reference=reference, legs=[leg], occurred_at=at)


def _due(act: Behaviour) -> list[tuple[str, int]]:
    """Return the coins that the act had brought, by the sponsor who paid; the carry and shares are as without it."""
    carry, _made = Carry.objects.select_for_update().get_or_create(person_ref=act.person_ref)
    coins, carry.carried_mg = rewards.taken_back(
        act.posted_mg,
        carried_mg=carry.carried_mg,
        mg_per_coin=parameters.in_force(act.business_on).mg_per_coin,
    )
    coins += act.flat_coins
    waiting = min(coins, carry.carried_coins)  # never paid, so that nobody has to give them back
    carry.carried_coins -= waiting
    carry.save(update_fields=["carried_mg", "carried_coins"])
    due = [(_sponsor(act), coins - waiting)] if coins > waiting else []
    return due + [(campaign.sponsor, bonus) for campaign, bonus in campaigns.take_back(act)]


def _sponsor(act: Behaviour) -> str:
    """Return who paid the coins of the act's run, or else those that the resident got last."""
    paid = Issue.objects.filter(person_ref=act.person_ref, status=IssueStatus.ISSUED)
    row = paid.filter(run=act.batch).first() or paid.order_by("-business_on", "-id").first()
    return row.sponsor if row else Fund.objects.order_by("sponsor").values_list("sponsor", flat=True)[0]


def _post(act: Behaviour, due: list[tuple[str, int]], parts: list[Part], *, owed: int, at: datetime) -> int:
    """Bring coins and fen back to the funds, post what is owed; return how much of that the limit allows."""
    person, holder = act.person_ref, f"resident/{act.person_ref}"
    coins: dict[str, int] = {}
    for part in parts:
        coins[part.sponsor] = coins.get(part.sponsor, 0) + part.coins
    legs = [Leg(BOOK + holder, f"coin:fund/{name}", coins[name]) for name in sorted(coins)]
    legs += lots.fen_to_funds(parts)
    bound: list[Leg] = []
    if owed:
        sponsor, limit = due[0][0], rewards.lot_rules(lots.day_of(at)).debt_limit
        bound = debts.legs_to_owe(person, sponsor, owed, limit=limit)
    if legs or bound:
        postings.post(reference=_reference(act, "coins"), legs=[*legs, *bound], occurred_at=at)
    lots.take(_reference(act, "coins"), parts)
    total = sum(leg.quantity for leg in bound)
    if total:
        debts.owe(person, due[0][0], total)
    return total


def _reference(act: Behaviour, what: str) -> str:
    return f"reversal/{act.partner}/{act.external_id}/{what}"


def _view(row: Reversal) -> ReversalView:
    return ReversalView(row.reversed_mg, row.returned_coins, row.owed_coins, row.lost_coins)
