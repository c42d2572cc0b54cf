"""The coins of a batch in the book: one points posting per resident. Twice is once."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection

from bookkeeping import bulk, chart
from bookkeeping.chart import Nature
from bookkeeping.refusals import Overdrawn
from greenpoints import bulk_rows, rewards
from greenpoints.models import Batch, IssueStatus
from greenpoints.points import campaigns, debts, funds, lots
from greenpoints.points.lots import NewLot
from greenpoints.quantification import parameters
from greenpoints.quantification.quantify import Ints

_DONE = frozenset({bulk.POSTED, bulk.REPLAYED})
# What the rows of the batch brought at first, and what the batch changed of others; so every change counts once.
_EARNED = """
    SELECT person_ref, sum(mg), sum(coins) FROM (
        SELECT event.person_ref AS person_ref, coalesce(first.posted_mg_before, event.posted_mg) AS mg,
               coalesce(first.flat_coins_before, event.flat_coins) AS coins
        FROM greenpoints_behaviour AS event
        LEFT JOIN greenpoints_correction AS first ON first.behaviour_id = event.id AND first.revision = 1
        WHERE event.batch_id = %s AND (event.posted_mg > 0 OR event.flat_coins > 0 OR event.revision > 0)
        UNION ALL
        SELECT event.person_ref, change.posted_mg - change.posted_mg_before,
               change.flat_coins - change.flat_coins_before
        FROM greenpoints_correction AS change JOIN greenpoints_behaviour AS event ON event.id = change.behaviour_id
        WHERE change.run_id = %s
    ) AS earned GROUP BY person_ref ORDER BY person_ref
"""
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


def act_reference(partner: str, external_id: str, revision: int = 0) -> str:
    """Return the name of the posting of an event, or of the difference that a change of its answer made."""
    return f"act/{partner}/{external_id}" + (f"/{revision}" if revision else "")


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
    chart.open_accounts([f"coin:resident/{ref}" for ref in earned.people], nature=Nature.HOLDER)
    sponsors = _pay(run, earned.people, due.coins, unit_cost_fen=in_force.unit_cost_fen, at=at)
    unpaid = np.array([not sponsor for sponsor in sponsors], bool)
    _keep_carry(earned.people, due.carried_mg, np.where(unpaid, due.coins, 0))
    why = IssueStatus.FUND_EXHAUSTED if funds.sponsors_on(run.business_on) else IssueStatus.NO_FUND
    rows = [row for row in zip(earned.people, due.coins.tolist(), sponsors, strict=True) if row[1] > 0]
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


def _earned(run: Batch) -> _Earned:
    with connection.cursor() as cursor:
        cursor.execute(_EARNED, [run.pk, run.pk])
        rows = [(ref, int(mg), int(coins)) for ref, mg, coins in cursor.fetchall()]
    people = [row[0] for row in rows]
    carried = {ref: (mg, coins) for ref, mg, coins in bulk_rows.select_among(_CARRY, people)}
    before = np.array([carried.get(ref, (0, 0)) for ref in people], np.int64).reshape(-1, 2)
    now = np.array([row[1:] for row in rows], np.int64).reshape(-1, 2)
    return _Earned(people, now[:, 0], now[:, 1], before[:, 0], before[:, 1])


def _pay(run: Batch, people: list[str], coins: Ints, *, unit_cost_fen: int, at: datetime) -> list[str]:
    """Return who paid each resident's coins: the first fund in force that had enough; empty where none had."""
    paid_by = [""] * len(people)
    due = np.flatnonzero(coins > 0).tolist()  # what was paid too much waits in the carry until it is earned
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
