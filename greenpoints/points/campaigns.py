"""Campaigns: dated rows that one person proposes and another activates; what they add to the coins of a run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from bookkeeping import bulk
from bookkeeping.refusals import Overdrawn
from core import events, regions
from core.errors import RuleViolation
from greenpoints import rewards
from greenpoints.models import (
    Batch,
    Behaviour,
    Bonus,
    BonusStatus,
    Campaign,
    CampaignDay,
    CampaignShare,
    CampaignStatus,
    Fund,
)
from greenpoints.points import lots
from greenpoints.points.grants import SamePersonDecides
from greenpoints.points.lots import BOOK, NewLot
from greenpoints.quantification import parameters
from greenpoints.quantification.acts import ACTS
from identity import queries as identity_queries

MAX_FACTOR = 10  # Taiwan's days of bad air pay ten times; beyond that somebody mistyped
_TERMS = (
    "title_zh", "title_en", "sponsor", "numerator", "denominator", "acts", "regions", "declared_days", "valid_from",
    "valid_to", "person_cap", "budget_coins", "proposed_by",
)  # fmt: skip


class CampaignRefused(RuleViolation):
    """A campaign whose terms cannot be: ``field`` says which."""

    code = "campaign_refused"
    message = _("活动的条件不符合要求。")
    status = 422


class CampaignDiffers(RuleViolation):
    """The code names another campaign already."""

    code = "campaign_differs"
    message = _("该活动编号已用于条件不同的活动。")


class CampaignMissing(RuleViolation):
    """No campaign has this code."""

    code = "campaign_missing"
    message = _("找不到该活动。")
    status = 404


class CampaignNotOpen(RuleViolation):
    """The campaign has ended, or was not activated yet."""

    code = "campaign_not_open"
    message = _("活动尚未启动或已结束。")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a campaign promises: coins times ``numerator / denominator`` for acts, counties and days, within bounds.

    ``valid_from`` inclusive, ``valid_to`` exclusive; empty ``acts`` or ``regions`` mean all; ``declared_days``: only on
    days declared for it.
    """

    title_zh: str
    title_en: str
    sponsor: str
    numerator: int
    denominator: int
    valid_from: date
    valid_to: date
    person_cap: int
    budget_coins: int
    acts: Sequence[str] = ()
    regions: Sequence[str] = ()
    declared_days: bool = False


def propose(code: str, terms: Terms, *, by: str, at: datetime) -> None:
    """Propose a campaign; the same again changes nothing. Raises CampaignRefused, CampaignDiffers."""
    _check(code, terms)
    told = {name: getattr(terms, name) for name in _TERMS if name != "proposed_by"}
    told |= {"acts": ",".join(terms.acts), "regions": ",".join(terms.regions), "proposed_by": by}
    mg_per_coin = parameters.in_force(terms.valid_from).mg_per_coin
    try:
        with transaction.atomic():
            Campaign.objects.create(code=code, mg_per_coin=mg_per_coin, proposed_at=at, **told)
    except IntegrityError:
        known = Campaign.objects.get(code=code)
        if any(getattr(known, name) != value for name, value in told.items()):
            raise CampaignDiffers(campaign=code) from None


def activate(code: str, *, by: str, at: datetime) -> None:
    """Let a campaign count from now on, by another person than who proposed it; again: nothing."""
    with transaction.atomic():
        row = _locked(code)
        if row.proposed_by == by:
            raise SamePersonDecides(by=by)
        if row.status == CampaignStatus.ACTIVE:
            return
        if row.status != CampaignStatus.PROPOSED:
            raise CampaignNotOpen(campaign=code, status=row.status)
        row.status, row.approved_by = CampaignStatus.ACTIVE, by
        row.save(update_fields=["status", "approved_by"])
        events.record("greenpoints.campaign_activated", subject=f"campaign/{code}", occurred_at=at, detail={"by": by})


def stop(code: str, *, by: str, at: datetime) -> None:
    """End a campaign at once; what it paid stays paid. Again: nothing."""
    with transaction.atomic():
        row = _locked(code)
        if row.status in (CampaignStatus.PROPOSED, CampaignStatus.ACTIVE):
            _end(row, CampaignStatus.STOPPED, at=at)


def declare_day(code: str, day: date, *, by: str) -> None:
    """Have the campaign count on this day, e.g. one of bad air; again: nothing."""
    with transaction.atomic():
        row = _locked(code)
        if not row.declared_days or not row.valid_from <= day < row.valid_to:
            raise CampaignRefused(field="day", day=day.isoformat())
        CampaignDay.objects.get_or_create(campaign=row, day=day, defaults={"declared_by": by})


def pay(run: Batch, *, at: datetime) -> list[str]:
    """Pay what the campaigns of the day add to a run, in the caller's transaction; return who got coins.

    A campaign ends where its budget or its sponsor's fund does; the usual coins go on. Again: nothing.
    """
    paid: list[str] = []
    for campaign in _in_force(run.business_on):
        paid += _pay(campaign, run, at=at)
    return paid


def take_back(behaviour: Behaviour) -> list[tuple[Campaign, int]]:
    """Take what an act brought out of the shares of its campaigns; return the coins that were paid for it, by campaign.

    In the caller's transaction, under the lock of the carry.
    """
    found = []
    bonuses = Bonus.objects.filter(run=behaviour.batch, person_ref=behaviour.person_ref)
    for bonus in bonuses.exclude(status=BonusStatus.EXHAUSTED).select_related("campaign").order_by("campaign_id"):
        campaign = bonus.campaign
        if not _counts(campaign, behaviour.act):
            continue
        share = CampaignShare.objects.select_for_update().get(campaign=campaign, person_ref=behaviour.person_ref)
        earned_mg = behaviour.posted_mg + behaviour.flat_coins * campaign.mg_per_coin
        share.parts -= earned_mg * (campaign.numerator - campaign.denominator)
        coins = max(0, share.paid_coins - int(_entitled(campaign, np.array([share.parts]))[0]))
        share.paid_coins -= coins
        share.save(update_fields=["parts", "paid_coins"])
        if coins:
            found.append((campaign, coins))
    return found


def _check(code: str, terms: Terms) -> None:
    longest = 400
    for fault, right in (
        ("code", 0 < len(code) <= 40),
        ("title", 0 < len(terms.title_zh) <= 100 and 0 < len(terms.title_en) <= 100),
        ("sponsor", Fund.objects.filter(sponsor=terms.sponsor).exists()),
        ("factor", 0 < terms.denominator < terms.numerator <= MAX_FACTOR * terms.denominator <= 1_000_000),
        ("days", terms.valid_from < terms.valid_to),
        ("person_cap", 0 < terms.person_cap <= 1_000_000),
        ("budget_coins", 0 < terms.budget_coins <= 10**12),
        ("acts", set(terms.acts) <= set(ACTS) and len(",".join(terms.acts)) <= longest),
        ("regions", set(terms.regions) <= set(regions.table()) and len(",".join(terms.regions)) <= longest),
    ):
        if not right:
            raise CampaignRefused(field=fault)


def _locked(code: str) -> Campaign:
    row = Campaign.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise CampaignMissing(campaign=code)
    return row


def _end(row: Campaign, status: CampaignStatus, *, at: datetime) -> None:
    row.status, row.ended_at = status, at
    row.save(update_fields=["status", "ended_at"])
    kind = "greenpoints.campaign_exhausted" if status == CampaignStatus.EXHAUSTED else "greenpoints.campaign_stopped"
    detail = {"paid_coins": row.paid_coins}
    events.record(kind, subject=f"campaign/{row.code}", occurred_at=at, detail=detail)


def _in_force(day: date) -> list[Campaign]:
    counts = Q(declared_days=False) | Q(days__day=day)
    rows = Campaign.objects.filter(counts, status=CampaignStatus.ACTIVE, valid_from__lte=day, valid_to__gt=day)
    codes = rows.order_by("code").values_list("pk", flat=True)
    return list(Campaign.objects.select_for_update().filter(pk__in=list(codes)).order_by("code"))


def _counts(campaign: Campaign, act: str) -> bool:
    return not campaign.acts or act in campaign.acts.split(",")


def _pay(campaign: Campaign, run: Batch, *, at: datetime) -> list[str]:
    earned = _earned(campaign, run)
    if not earned:
        return []
    people = [ref for ref, _mg in earned]
    brought = [mg * (campaign.numerator - campaign.denominator) for _ref, mg in earned]
    shares = {row.person_ref: row for row in CampaignShare.objects.filter(campaign=campaign, person_ref__in=people)}
    had = np.array([(shares[p].parts, shares[p].paid_coins) if p in shares else (0, 0) for p in people], np.int64)
    due = np.maximum(_entitled(campaign, had[:, 0] + np.array(brought, np.int64)) - had[:, 1], 0)
    due_of = dict(zip(people, due.tolist(), strict=True))
    within = np.cumsum(due) <= campaign.budget_coins - campaign.paid_coins
    unpaid = {p for p, fits in zip(people, within.tolist(), strict=True) if due_of[p] and not fits}
    wanted = [(p, due_of[p]) for p in people if due_of[p] and p not in unpaid]
    unpaid |= _post(campaign, run, wanted, at=at)
    paid = [(p, coins) for p, coins in wanted if p not in unpaid]
    for person, parts in zip(people, brought, strict=True):
        if person in unpaid:
            continue
        row = shares.setdefault(person, CampaignShare(campaign=campaign, person_ref=person, parts=0))
        row.parts, row.paid_coins = row.parts + parts, row.paid_coins + due_of[person]
    _write(campaign, run, shares=[shares[p] for p in people if p not in unpaid], rows=[
        Bonus(
            campaign=campaign, run=run, person_ref=person, parts=parts,
            coins=0 if person in unpaid else due_of[person],
            status=BonusStatus.EXHAUSTED if person in unpaid
            else BonusStatus.PAID if due_of[person] else BonusStatus.NOTHING_DUE,
        )
        for person, parts in zip(people, brought, strict=True)
    ])  # fmt: skip
    campaign.paid_coins += sum(coins for _person, coins in paid)
    campaign.save(update_fields=["paid_coins"])
    if unpaid:
        _end(campaign, CampaignStatus.EXHAUSTED, at=at)
    return [person for person, _coins in paid]


def _write(campaign: Campaign, run: Batch, *, shares: list[CampaignShare], rows: list[Bonus]) -> None:
    CampaignShare.objects.bulk_create(
        shares,
        update_conflicts=True,
        unique_fields=["campaign", "person_ref"],
        update_fields=["parts", "paid_coins"],
        batch_size=5_000,
    )
    Bonus.objects.bulk_create(rows, batch_size=5_000)


def _earned(campaign: Campaign, run: Batch) -> list[tuple[str, int]]:
    """Return what each resident of the campaign earned in the run, in mg: grams, and coins without grams as theirs."""
    rows = Behaviour.objects.filter(batch=run).exclude(posted_mg=0, flat_coins=0)
    if campaign.acts:
        rows = rows.filter(act__in=campaign.acts.split(","))
    sums = rows.values_list("person_ref").annotate(mg=Sum(F("posted_mg") + F("flat_coins") * campaign.mg_per_coin))
    earned = [(ref, int(mg)) for ref, mg in sums.order_by("person_ref")]
    if campaign.regions:
        wanted = set(campaign.regions.split(","))
        where = identity_queries.regions_of([ref for ref, _mg in earned])
        earned = [(ref, mg) for ref, mg in earned if wanted & set(regions.chain(where.get(ref, regions.FUZHOU)))]
    return earned


def _entitled(campaign: Campaign, parts: rewards.Ints) -> rewards.Ints:
    return np.minimum(parts // (campaign.mg_per_coin * campaign.denominator), campaign.person_cap)


def _post(campaign: Campaign, run: Batch, wanted: Sequence[tuple[str, int]], *, at: datetime) -> set[str]:
    """Post the coins and put them into lots; return those whom the fund could not pay."""
    cost_fen = parameters.in_force(run.business_on).unit_cost_fen
    unpaid: set[str] = set()
    if wanted:
        legs = [leg for person, coins in wanted for leg in _legs(campaign, person, coins, cost_fen)]
        size = len(legs) // len(wanted)
        sources, targets, quantities = zip(*legs, strict=True)
        names = [reference(campaign, run, person) for person, _coins in wanted]
        result = bulk.post_many(
            references=[name for name in names for _ in range(size)],
            legs=np.tile(np.arange(size), len(wanted)),
            sources=sources,
            targets=targets,
            quantities=np.array(quantities, np.int64),
            occurred_at=at,
        )
        answers = dict(zip([person for person, _coins in wanted], result.status[::size].tolist(), strict=True))
        unpaid = {person for person, answer in answers.items() if answer != bulk.POSTED}
        others = {answers[person] for person in unpaid} - {Overdrawn.code}
        if others:
            raise RuntimeError(f"the book answered {sorted(others)} to a bonus")
    lots.add(_new_lots(campaign, run, [row for row in wanted if row[0] not in unpaid], cost_fen))
    return unpaid


def _new_lots(campaign: Campaign, run: Batch, paid: Iterable[tuple[str, int]], cost_fen: int) -> Iterable[NewLot]:
    until = rewards.expires_on(run.business_on, life_months=rewards.lot_rules(run.business_on).life_months)
    return [NewLot(f"resident/{person}", until, campaign.sponsor, cost_fen, coins) for person, coins in paid]


def _legs(campaign: Campaign, person: str, coins: int, cost_fen: int) -> list[tuple[str, str, int]]:
    legs = [(f"coin:fund/{campaign.sponsor}", f"{BOOK}resident/{person}", coins)]
    if cost_fen:
        legs.append((f"fen:fund/{campaign.sponsor}", f"fen:reserved/{campaign.sponsor}", coins * cost_fen))
    return legs


def reference(campaign: Campaign, run: Batch, person: str) -> str:
    """Return the name of the posting of a resident's bonus in a run."""
    return f"bonus/{campaign.code}/{person}/{run.partner}:{run.code}"
