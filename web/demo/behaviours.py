"""Flow 1: a partner's signed day becomes mitigation records and points, and some of them are spent at a merchant."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from core import jobs
from fixtures import make_behaviour_day
from greenpoints import queries as greenpoints_queries
from greenpoints.intake import batches
from greenpoints.points import funds
from greenpoints.redemption import redemptions
from identity import people, signatures
from web.demo import cast

SEED, RESIDENTS, ROWS = 361000, 20_000, 110_000
FUND_COINS, FUND_FEN = 2_000_000, 10_000_000
REDEEMERS, REDEEMED_COINS = 20, 3


@dataclass(frozen=True)
class Day:
    """What the day came to: the report on the batch, points issued and redeemed, one resident to look at."""

    report: Any
    points_issued: int
    points_redeemed: int
    resident: str


def credit(members: cast.Cast, *, on: date, received_at: datetime, folder: Path) -> Day:
    """Make, sign, check, receive and credit the day, then redeem; a second run finds all of it done."""
    day = make_behaviour_day.make(folder, business_on=on, seed=SEED, residents=RESIDENTS, rows=ROWS)
    refs = people.enrol_many(partner=cast.PARTNER, subject_refs=day.subject_refs, region=cast.COUNTY, at=received_at)
    funds.endow(
        sponsor=cast.SPONSOR, coins=FUND_COINS, fen=FUND_FEN, reference="demo-2026", valid_from=on, at=received_at
    )
    content = day.batch.read_bytes()
    signed = signatures.sign_file(content, key_id=members.key_id, secret=members.secret, at=received_at)
    (folder / "behaviours.ndjson.sig").write_text(json.dumps(signed, indent=2), encoding="ascii")
    partner = signatures.verify_file(content, signed, at=received_at)
    code = f"day-{on:%Y%m%d}"
    batches.receive(partner=partner, batch=code, business_on=on, content=content, received_at=received_at)
    while jobs.run_due(as_of=received_at):
        pass
    redeemers = _redeem(refs, on=on, at=received_at + timedelta(hours=2))
    cast.give_resident_a_login(redeemers[0], password=members.password, at=received_at)
    totals = greenpoints_queries.totals()
    report = greenpoints_queries.batch(code, partner=partner)
    return Day(
        report=report,
        points_issued=totals.coins_issued,
        points_redeemed=totals.coins_redeemed,
        resident=redeemers[0],
    )


def _redeem(refs: list[str], *, on: date, at: datetime) -> list[str]:
    """Have the first residents who can afford it spend coins at the merchant, one order each; return who they are."""
    spent: list[str] = []
    for place, ref in enumerate(refs):
        if len(spent) == REDEEMERS:
            break
        order = f"demo-{on:%Y%m%d}-{place:05d}"  # the resident's own, so that a second run asks for the same again
        try:
            redemptions.hold(person=ref, merchant=cast.MERCHANT, coins=REDEEMED_COINS, order=order, at=at)
        except redemptions.CoinsNotAvailable:
            continue
        redemptions.confirm(merchant=cast.MERCHANT, order=order, at=at)
        spent.append(ref)
    return spent
