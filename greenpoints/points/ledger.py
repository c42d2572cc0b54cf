"""A run in the book: one posting per accepted event, one points posting per resident. Twice is once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, models

from bookkeeping import bulk, chart
from bookkeeping.chart import Nature
from bookkeeping.refusals import Overdrawn
from greenpoints import bulk_rows, rewards
from greenpoints.models import Batch, Behaviour, IssueStatus
from greenpoints.points import campaigns, debts, funds, lots
from greenpoints.points.lots import NewLot
from greenpoints.quantification import parameters
from greenpoints.quantification.quantify import Ints

BLOCK_ROWS = 25_000  # rows posted in one transaction: memory and the time a lock is held are bounded by it
_DONE = frozenset({bulk.POSTED, bulk.REPLAYED})
_CARRY = "SELECT person_ref, carried_mg, carried_coins FROM greenpoints_carry WHERE person_ref {among}"
_KEEP_CARRY = {
    "postgresql": """
        INSERT INTO greenpoints_carry (person_ref, carried_mg, carried_coins)
        SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
        ON CONFLICT (person_ref) DO UPDATE
        SET carried_mg = excluded.carried_mg, carried_coins = excluded.carried_coins
    """,
    "sqlite": """
        INSERT INTO greenpoints_carry (person_ref, carried_mg, carried_coins) VALUES (%s, %s, %s)
        ON CONFLICT (person_ref) DO UPDATE
        SET carried_mg = excluded.carried_mg, carried_coins = excluded.carried_coins
    """,
}


class PostingRefused(RuntimeError):
    """The book refused an event that was accepted: a fault of ours, never of a partner."""


@dataclass(frozen=True, slots=True)
class _Earned:
    """What each of m residents earned in the run, sorted by reference."""

    people: list[str]
    posted_mg: Ints
    flat_coins: Ints
    carried_mg: Ints
    carried_coins: Ints


def act_reference(partner: str, external_id: str) -> str:
    """Return the name of the posting of an accepted event."""
    return f"act/{partner}/{external_id}"


def post_acts(run: Batch) -> None:
    """Post every accepted event of the run that carries milligrams; may be run again after a crash."""
    _open_accounts(run)
    for block in _blocks(run):
        external_ids, acts, people, posted_mg, ended_us = zip(*block, strict=True)
        result = bulk.post_many(
            references=[act_reference(run.partner, name) for name in external_ids],
            sources=[f"co2e:act/{act}" for act in acts],
            targets=[f"co2e:resident/{ref}" for ref in people],
            quantities=np.array(posted_mg, np.int64),
            occurred_at=np.array(ended_us, "datetime64[us]"),
        )
        _all_done(result.status, external_ids)


def issue(run: Batch, *, at: datetime) -> None:
    """Pay the coins of the run and keep what is left over, in the caller's transaction.

    Issuing stops where the sponsors' funds end: the coins of those residents wait in their carry, with the reason.
    The coins that are paid go into lots, by the day on which they expire.
    """
    bulk_rows.lock("carry")
    in_force = parameters.in_force(run.business_on)
    earned = _earned(run)
    due = rewards.coins_due(
        earned.posted_mg,
        flat_coins=earned.flat_coins,
        carried_mg=earned.carried_mg,
        carried_coins=earned.carried_coins,
        mg_per_coin=in_force.mg_per_coin,
    )
    sponsors = _pay(run, earned.people, due.coins, unit_cost_fen=in_force.unit_cost_fen, at=at)
    unpaid = np.array([not sponsor for sponsor in sponsors], bool)
    _keep_carry(earned.people, due.carried_mg, np.where(unpaid, due.coins, 0))
    why = IssueStatus.FUND_EXHAUSTED if funds.sponsors_on(run.business_on) else IssueStatus.NO_FUND
    rows = [row for row in zip(earned.people, due.coins.tolist(), sponsors, strict=True) if row[1]]
    bulk_rows.insert(
        "greenpoints_issue",
        ("run_id", "person_ref", "business_on", "sponsor", "coins", "cost_fen", "status"),
        [
            (run.pk, ref, run.business_on, sponsor, coins, coins * in_force.unit_cost_fen,
             str(IssueStatus.ISSUED if sponsor else why))
            for ref, coins, sponsor in rows
        ],
    )  # fmt: skip
    until = rewards.expires_on(run.business_on, life_months=rewards.lot_rules(run.business_on).life_months)
    lots.add(
        NewLot(f"resident/{ref}", until, sponsor, in_force.unit_cost_fen, coins)
        for ref, coins, sponsor in rows
        if sponsor
    )
    bonuses = campaigns.pay(run, at=at)
    with_coins = sorted({ref for ref, _coins, sponsor in rows if sponsor} | set(bonuses))
    debts.pay_off(with_coins, cause=f"{run.business_on}/{run.partner}:{run.code}", at=at)


def points_reference(run: Batch, person_ref: str) -> str:
    """Return the name of the points posting of a resident in a run."""
    return f"points/{run.business_on}/{person_ref}/{run.partner}:{run.code}"


def _accepted(run: Batch) -> models.QuerySet[Behaviour]:
    return Behaviour.objects.filter(batch__run=run).exclude(posted_mg=0, flat_coins=0)


def _open_accounts(run: Batch) -> None:
    accepted = _accepted(run)
    acts = sorted(set(accepted.values_list("act", flat=True).distinct()))
    people = sorted(set(accepted.values_list("person_ref", flat=True).distinct()))
    chart.open_accounts([f"co2e:act/{act}" for act in acts], nature=Nature.SOURCE, striped=True)
    chart.open_accounts(
        [f"{asset}:resident/{ref}" for ref in people for asset in ("co2e", "coin")], nature=Nature.HOLDER
    )


def _blocks(run: Batch) -> Iterator[Sequence[tuple]]:
    """Yield the events to post, block by block, by key: constant memory whatever the size of the run."""
    after = 0
    fields = ("id", "external_id", "act", "person_ref", "posted_mg", "ended_us")
    while True:
        query = Behaviour.objects.filter(batch__run=run, posted_mg__gt=0, id__gt=after).order_by("id")
        block = list(query.values_list(*fields)[:BLOCK_ROWS])
        if not block:
            return
        after = block[-1][0]
        yield [row[1:] for row in block]


def _all_done(status: Any, names: Sequence[str]) -> None:
    for answer in np.unique(status).tolist():
        if answer not in _DONE:
            first = names[int(np.flatnonzero(status == answer)[0])]
            raise PostingRefused(f"the book answered {answer} to {first}")


def _earned(run: Batch) -> _Earned:
    sums = (
        _accepted(run)
        .values_list("person_ref")
        .annotate(mg=models.Sum("posted_mg"), coins=models.Sum("flat_coins"))
        .order_by("person_ref")
    )
    rows = [(ref, int(mg), int(coins)) for ref, mg, coins in sums]
    people = [row[0] for row in rows]
    carried = {ref: (mg, coins) for ref, mg, coins in bulk_rows.select_among(_CARRY, people)}
    before = np.array([carried.get(ref, (0, 0)) for ref in people], np.int64).reshape(-1, 2)
    now = np.array([row[1:] for row in rows], np.int64).reshape(-1, 2)
    return _Earned(people, now[:, 0], now[:, 1], before[:, 0], before[:, 1])


def _pay(run: Batch, people: list[str], coins: Ints, *, unit_cost_fen: int, at: datetime) -> list[str]:
    """Return who paid each resident's coins: the first fund in force that had enough; empty where none had."""
    paid_by = [""] * len(people)
    due = np.flatnonzero(coins).tolist()
    for sponsor in funds.sponsors_on(run.business_on):
        if not due:
            break
        legs = [leg for n in due for leg in _legs(people[n], int(coins[n]), sponsor, unit_cost_fen)]
        references = [points_reference(run, people[n]) for n in due]
        size = len(legs) // len(due)
        sources, targets, quantities = zip(*legs, strict=True)
        result = bulk.post_many(
            references=[reference for reference in references for _ in range(size)],
            legs=np.tile(np.arange(size), len(due)),
            sources=list(sources),
            targets=list(targets),
            quantities=np.array(quantities, np.int64),
            occurred_at=at,
        )
        for n, status in zip(due, result.status[::size].tolist(), strict=True):
            if status == bulk.POSTED:
                paid_by[n] = sponsor
            elif status != Overdrawn.code:
                raise PostingRefused(f"the book answered {status} to a points posting")
        due = [n for n in due if not paid_by[n]]
    return paid_by


def _legs(person_ref: str, coins: int, sponsor: str, unit_cost_fen: int) -> list[tuple[str, str, int]]:
    legs = [(f"coin:fund/{sponsor}", f"coin:resident/{person_ref}", coins)]
    if unit_cost_fen:
        legs.append((f"fen:fund/{sponsor}", f"fen:reserved/{sponsor}", coins * unit_cost_fen))
    return legs


def _keep_carry(people: list[str], carried_mg: Ints, carried_coins: Ints) -> None:
    columns = (people, carried_mg.tolist(), carried_coins.tolist())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_KEEP_CARRY["postgresql"], [list(column) for column in columns])
        else:
            cursor.executemany(_KEEP_CARRY["sqlite"], list(zip(*columns, strict=True)))
