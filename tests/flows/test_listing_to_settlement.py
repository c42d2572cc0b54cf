"""A right from registration to its new holder: two rights, one auction, three bidders, title and money at once."""

from datetime import UTC, date, datetime, timedelta

import pytest
import shapely

from bookkeeping import queries as book
from core import events, invariants
from identity import organisations
from marketplace import custody, listings, queries, rights, sessions, settlements

pytestmark = pytest.mark.django_db(transaction=True)  # the journal is read as other connections see it

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine in the morning in Fuzhou
SELLER, BIDDERS = "zixi-bamboo-coop", ("jx-green-invest", "fz-forest-fund", "linchuan-timber")
LEFT = shapely.box(117.060, 27.700, 117.064, 27.702)
RIGHT = shapely.box(117.063, 27.700, 117.067, 27.702)  # a quarter of it lies on LEFT


@pytest.fixture
def parties():
    for code in (SELLER, *BIDDERS):
        organisations.register(code=code, name="测试主体", kind="seller", region="361028", at=NINE)
    for code in BIDDERS:
        custody.record_inflow(party=code, amount_fen=30_000_000, bank_reference=f"bank-{code}", at=NINE)


def offer(code, right):
    return listings.publish(
        code=code, right=right, mode="english", start_fen=10_000_000, step_fen=100_000, reserve_fen=10_500_000,
        deposit_fen=2_000_000, opens_at=NINE + timedelta(hours=1), free_until=NINE + timedelta(hours=1, minutes=10),
        extension_s=120, at=NINE,
    )  # fmt: skip


def test_from_two_rights_to_one_settled_sale(parties):
    term = {"valid_from": date(2025, 1, 1), "valid_to": date(2055, 1, 1), "at": NINE}
    first = {"code": "FR-ZX-001", "kind": "forest_tenure", "geometry": LEFT, "parcels": ("361028-000001",)}
    second = {"code": "FR-ZX-002", "kind": "vep_bundle", "geometry": RIGHT, "parcels": ("361028-000002",)}
    rights.register(holder=SELLER, **first, **term)
    rights.register(holder=SELLER, **second, **term)
    offer("ZX-2026-001", "FR-ZX-001")
    with pytest.raises(rights.RightsConflict) as refused:
        offer("ZX-2026-002", "FR-ZX-002")
    [conflict] = refused.value.detail["conflicts"]
    assert conflict["right"] == "FR-ZX-001"
    # A hundredth of a degree of longitude is 986 m at this latitude, one of latitude 1,108 m: 98.6 m by 221.6 m.
    assert conflict["area_m2"] == pytest.approx(21_860, rel=0.005)
    assert conflict["area_mu"] == pytest.approx(32.8, rel=0.005)

    for party in BIDDERS:
        sessions.sign_up("ZX-2026-001", party=party, at=NINE)
    begins, ends = NINE + timedelta(hours=1), NINE + timedelta(hours=1, minutes=12)
    for party, amount_fen, at in [
        (BIDDERS[0], 10_000_000, begins),
        (BIDDERS[1], 10_300_000, begins + timedelta(minutes=5)),
        (BIDDERS[2], 10_400_000, ends - timedelta(seconds=2)),
        (BIDDERS[1], 10_900_000, ends + timedelta(seconds=100)),
    ]:
        sessions.place_bid("ZX-2026-001", party=party, amount_fen=amount_fen, key=f"{party}/{amount_fen}", at=at)
    over = ends + timedelta(seconds=220)
    assert sessions.close("ZX-2026-001", at=over).phase == "awarded"
    sale = settlements.settle("ZX-2026-001", at=over + timedelta(hours=2))
    assert settlements.settle("ZX-2026-001", at=over + timedelta(hours=9)) == sale
    check_sale(sale, settled_at=over + timedelta(hours=2))


def check_sale(sale, *, settled_at):
    assert sale == queries.settlement("ZX-2026-001")
    assert (sale.seller, sale.buyer, sale.price_fen, sale.settled_at) == (SELLER, BIDDERS[1], 10_900_000, settled_at)
    assert (sale.fee_fen, sale.seller_kind, sale.seller_region) == (163_500, "seller", "361028")
    assert sale.parcels == ("361028-000001",)
    held = {party: book.balance(f"fen:party/{party}").available for party in (SELLER, *BIDDERS)}
    assert held == {SELLER: 10_736_500, BIDDERS[0]: 30_000_000, BIDDERS[1]: 19_100_000, BIDDERS[2]: 30_000_000}
    assert book.balance("fen:escrow/ZX-2026-001").posted == 0
    assert book.balance("fen:fee/platform").posted == 163_500
    assert queries.right("FR-ZX-001").holder == BIDDERS[1]
    assert queries.right("FR-ZX-001").status == "registered"
    assert queries.right("FR-ZX-002").status == "suspended"  # it claims land that is another's now
    assert queries.listing("ZX-2026-001").status == "settled"
    [told] = events.since(0, kinds=["marketplace.sale_settled"])
    assert (told.subject, told.detail["price_fen"]) == ("ZX-2026-001", 10_900_000)
    totals = queries.totals()
    assert (totals.settled_sales, totals.settled_fen, totals.open_listings) == (1, 10_900_000, 0)
    market = {"I9", "I10", "M1", "M2"}
    verdicts = [invariants.examine(one) for one in invariants.registered() if one.code in market]
    assert len(verdicts) == 4
    assert [(verdict.invariant.code, verdict.broken) for verdict in verdicts if verdict.broken] == []
