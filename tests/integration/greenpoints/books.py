"""What the books say after deliveries in some order, and then everything undone: the comparison of promise P6."""

from datetime import timedelta

from behaviour_lines import AT, DAY, as_bytes
from django.db import transaction
from django.db.models import Sum

from core import invariants
from greenpoints.intake import batches
from greenpoints.models import Behaviour, Carry, Issue


class RolledBack(Exception):
    pass


def books_after(deliveries, *, days=None):
    """Return what stands after ``deliveries``: a list of rounds, each a list of (partner, rows) credited together.

    ``days``: the day of each round; DAY where it is left out.
    """
    found = None
    try:
        with transaction.atomic():
            for n, parts in enumerate(deliveries):
                _deliver(n, parts, days[n] if days else DAY)
            found = _books()
            raise RolledBack
    except RolledBack:
        return found


def _deliver(n, parts, day):
    kept = [
        batches.receive(
            partner=partner,
            batch=f"part-{n}-{m}",
            business_on=day,
            content=as_bytes(rows),
            received_at=AT + timedelta(days=2),
        )
        for m, (partner, rows) in enumerate(parts)
        if rows
    ]
    for view in kept:
        batches.credit(view.id, as_of=AT)


def _books():
    events = Behaviour.objects.exclude(status="rejected").exclude(reason="same_event_id")
    answers = events.values_list(
        "partner", "external_id", "status", "reason", "counted_quantity", "posted_mg", "flat_coins"
    )
    paid = dict(Issue.objects.values_list("person_ref").annotate(coins=Sum("coins")))
    owed = {ref: (mg, coins) for ref, mg, coins in Carry.objects.values_list()}
    entitled = {ref: (mg, coins + paid.get(ref, 0)) for ref, (mg, coins) in owed.items()}
    # The batches are credited here and not by their jobs, which therefore wait.
    broken = [
        str(fault) for verdict in invariants.verify() if verdict.invariant.code != "I16" for fault in verdict.broken
    ]
    return sorted(answers), sorted(item for item in entitled.items() if item[1] != (0, 0)), broken
