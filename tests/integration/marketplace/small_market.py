"""A small market for the tests: land in Zixi, parties with money at the bank, terms of an auction."""

from datetime import UTC, date, datetime, timedelta

import shapely

from marketplace import custody, exclusion, listings, rights

EAST, NORTH = 480_000, 3_080_000  # metres in EPSG:4548
OPENS = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PUBLISHED = OPENS - timedelta(days=10)
FREE_UNTIL = OPENS + timedelta(minutes=10)
ENDS = FREE_UNTIL + timedelta(seconds=120)
YUAN = 100


def strip(west: float, east: float):
    """Return land 200 m deep between two distances from the corner, in EPSG:4490."""
    return exclusion.from_metres(shapely.box(EAST + west, NORTH, EAST + east, NORTH + 200))


def register(code, west, east, *, kind="forest_tenure", holder="zixi-bamboo", **terms):
    terms = {"valid_from": date(2020, 1, 1), "valid_to": date(2050, 1, 1), "parcels": (), "at": PUBLISHED, **terms}
    return rights.register(code=code, kind=kind, holder=holder, geometry=strip(west, east), **terms)


def publish(code="L1", right="R1", **terms):
    terms = {
        "mode": "english", "start_fen": 100_000 * YUAN, "step_fen": 1_000 * YUAN, "reserve_fen": None,
        "deposit_fen": 20_000 * YUAN, "opens_at": OPENS, "free_until": FREE_UNTIL, "extension_s": 120,
        "at": PUBLISHED, **terms,
    }  # fmt: skip
    return listings.publish(code=code, right=right, **terms)


def fund(*parties, yuan=200_000):
    for party in parties:
        custody.record_inflow(party=party, amount_fen=yuan * YUAN, bank_reference=f"in-{party}", at=PUBLISHED)
