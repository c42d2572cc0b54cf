"""Coins end on their day: what is left goes to breakage, its money back to the sponsor; holders are told before."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import F, Sum

from bookkeeping import bulk, chart
from bookkeeping.chart import Nature
from bookkeeping.refusals import AccountFrozen
from core import events
from greenpoints import rewards
from greenpoints.models import Lot
from greenpoints.points.lots import BOOK

EXPIRED_EVENT, NOTICED_EVENT = "greenpoints.coins_expired", "greenpoints.expiry_noticed"
BLOCK_LOTS = 5_000  # ended in one transaction: memory and the time that locks are held are bounded by it
ATTEMPTS = 5
# Whatever the label of a lot: coins that are there, are not set aside, and end within the days of the notice.
_NOTICE = """
    INSERT INTO greenpoints_expirynotice (holder, expires_on, days_before, coins, noticed_on)
    SELECT holder, expires_on, %s, sum(coins - held_coins), %s FROM greenpoints_lot
    WHERE expires_on >= %s AND expires_on <= %s AND coins > held_coins
    GROUP BY holder, expires_on ORDER BY holder, expires_on
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Expired:
    """What one run of the expiry came to."""

    lots: int
    coins: int
    fen: int


class LotsMoved(RuntimeError):
    """Lots changed while they were ended, again and again; the run is to be repeated."""


def expire(*, today: date, at: datetime) -> Expired:
    """End every lot whose last day is before ``today``; coins set aside wait until they are spent or released.

    Lots are chosen by what they are, never by a label. Each block is a transaction of its own; a second run finds
    nothing to do. The reference of a posting names the lot and how much of it had expired before.
    """
    total, after = Expired(0, 0, 0), 0
    while (step := _expire_block(after, today=today, at=at)) is not None:
        after, done = step
        total = Expired(total.lots + done.lots, total.coins + done.coins, total.fen + done.fen)
    if total.lots:
        detail = {"lots": total.lots, "coins": total.coins, "fen": total.fen}
        events.record(EXPIRED_EVENT, subject=f"expiry/{today}", occurred_at=at, detail=detail)
    return total


def end_holder(holder: str, *, at: datetime) -> Expired:
    """End all free coins of one holder, whatever their day: of an account that closes. Coins set aside stay."""
    for _attempt in range(ATTEMPTS):
        block = list(Lot.objects.filter(holder=holder, coins__gt=F("held_coins")).order_by("id"))
        if not block:
            return Expired(0, 0, 0)
        try:
            return _end(block, at=at)
        except LotsMoved:
            continue
    raise LotsMoved(f"{ATTEMPTS} attempts to end the lots of {holder} met changes")


def give_notice(*, today: date, at: datetime) -> int:
    """Tell every holder of coins that end within the notice days, each once; return how many."""
    told = 0
    early, late = rewards.lot_rules(today).notice_days
    with transaction.atomic(), connection.cursor() as cursor:
        adapt = connection.ops.adapt_datefield_value
        for days, first in ((early, late + 1), (late, 0)):
            span = (adapt(today + timedelta(days=first)), adapt(today + timedelta(days=days)))
            cursor.execute(_NOTICE, [days, adapt(today), *span])
            told += cursor.rowcount
        if told:
            events.record(NOTICED_EVENT, subject=f"notice/{today}", occurred_at=at, detail={"notices": told})
    return told


def _expire_block(after: int, *, today: date, at: datetime) -> tuple[int, Expired] | None:
    """End the next lots by key; return the last key looked at and what was ended, None where there are no more."""
    for _attempt in range(ATTEMPTS):
        over = Lot.objects.filter(expires_on__lt=today, coins__gt=F("held_coins"), id__gt=after)
        block = list(over.order_by("id")[:BLOCK_LOTS])
        if not block:
            return None
        try:
            return block[-1].pk, _end(block, at=at)
        except LotsMoved:
            continue  # somebody released coins of one of them meanwhile
    raise LotsMoved(f"{ATTEMPTS} attempts to end lots before {today} met changes")


@transaction.atomic
def _end(block: list[Lot], *, at: datetime) -> Expired:
    """End the free coins of these lots, but for those of accounts that are frozen: they wait."""
    chart.open_accounts(sorted({f"coin:breakage/{lot.sponsor}" for lot in block}), nature=Nature.SINK)
    posted = _posted(block, at=at)
    ended = [lot for lot, stands in zip(block, posted, strict=True) if stands]
    left = sum(lot.coins - lot.held_coins for lot in ended)
    # The holders' accounts are locked now, so that nobody else changes these lots until we are done.
    now = Lot.objects.filter(pk__in=[lot.pk for lot in ended])
    if (now.aggregate(coins=Sum(F("coins") - F("held_coins")))["coins"] or 0) != left:
        raise LotsMoved
    now.update(expired_coins=F("expired_coins") + F("coins") - F("held_coins"), coins=F("held_coins"))
    return Expired(len(ended), left, sum((lot.coins - lot.held_coins) * lot.unit_cost_fen for lot in ended))


def _posted(block: list[Lot], *, at: datetime) -> list[bool]:
    """Post the end of each lot; tell which of them the book took."""
    legs: list[tuple[int, str, str, str, int]] = []
    first = []
    for lot in block:
        name, coins = _reference(lot), lot.coins - lot.held_coins
        first.append(len(legs))
        legs.append((0, name, BOOK + lot.holder, f"coin:breakage/{lot.sponsor}", coins))
        if lot.unit_cost_fen:
            reserved, fund = f"fen:reserved/{lot.sponsor}", f"fen:fund/{lot.sponsor}"
            legs.append((1, name, reserved, fund, coins * lot.unit_cost_fen))
    numbers, references, sources, targets, quantities = zip(*legs, strict=True)
    result = bulk.post_many(
        references=references,
        legs=np.array(numbers),
        sources=sources,
        targets=targets,
        quantities=np.array(quantities, np.int64),
        occurred_at=at,
    )
    answers = result.status[first].tolist()
    if not set(answers) <= {bulk.POSTED, AccountFrozen.code}:
        raise LotsMoved  # e.g. the name stands already: another run has ended the same coins meanwhile
    return [answer == bulk.POSTED for answer in answers]


def _reference(lot: Lot) -> str:
    return f"expiry/{lot.holder}/{lot.expires_on}/{lot.sponsor}/{lot.unit_cost_fen}/{lot.expired_coins}"
