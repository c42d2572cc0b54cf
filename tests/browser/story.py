"""What has happened in the city before the browser looks: one small story, told through the apps' operations."""

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import shapely
from django.db import transaction
from shapely import affinity

from bookkeeping import transparency
from core import jobs
from fixtures import make_behaviour_day
from gep import queries as gep_queries
from greenpoints import queries as greenpoints_queries
from greenpoints.detectors.findings import Finding
from greenpoints.factors import changes
from greenpoints.intake import batches
from greenpoints.points import funds
from greenpoints.queries import risk as risk_queries
from greenpoints.redemption import redemptions
from greenpoints.risk import cases, stops
from identity import organisations, people
from marketplace import custody, listings, rights, sessions, settlements
from policy import budgets, claims, programmes
from policy import queries as policy_queries
from tests.browser import land, register, shop

PASSWORD = "bamboo-river-4471"
DAY = date(2026, 5, 19)
AT = datetime(2026, 5, 20, 4, tzinfo=UTC)
COUNTY = "361028"
ORGANISATIONS = (
    ("commission", "抚州市发展改革委（演示）", "government"),
    ("green-fund", "抚州绿色基金（演示）", "fund"),
    ("transit", "抚州公共交通（演示）", "partner"),
    ("bike-share", "抚州共享单车（演示）", "partner"),
    ("tea-house", "资溪白茶茶馆（演示）", "merchant"),
    ("bamboo-coop", "资溪毛竹专业合作社（演示）", "seller"),
    ("timber-works", "金溪木业公司（演示）", "seller"),
    ("green-invest", "临川绿色投资公司（演示）", "seller"),
)
FOREST = shapely.box(117.00, 27.70, 117.01, 27.71)
PLOT = shapely.box(117.001, 27.701, 117.003, 27.703)


@dataclass(frozen=True)
class Story:
    """What the journeys need to know about the story: user names, and the names of things to look at."""

    staff: str = "operator"
    policy_officer: str = "checker"
    finance_officer: str = "payer"
    analyst: str = "analyst"
    second_analyst: str = "second-analyst"
    resident: str = "resident"
    merchant: str = "merchant"
    person: str = ""
    listing: str = "ZX-2026-0001"
    redemption: str = "redemption/tea-house/order-1/confirm"
    parcel: str = ""
    account: str = ""
    claim: str = ""
    serial: str = ""
    certificate: str = ""


def tell() -> Story:
    """Tell the story in the database that is connected, and return its names."""
    for code, name, kind in ORGANISATIONS:
        organisations.register(code=code, name=name, kind=kind, region=COUNTY, at=AT)
    people.register_user("operator", PASSWORD, organisation="commission", roles=("operator",), at=AT)
    for name in ("analyst", "second-analyst"):
        people.register_user(name, PASSWORD, organisation="commission", roles=("analyst",), region="361000", at=AT)
    people.register_user("merchant", PASSWORD, organisation="tea-house", roles=("merchant",), at=AT)
    person, residents = credit_a_day()
    people.register_user("resident", PASSWORD, person=person, at=AT)
    redemptions.hold(person=person, merchant="tea-house", coins=1, order="order-1", at=AT)
    redemptions.confirm(merchant="tea-house", order="order-1", at=AT)
    shop.serve(person, merchant="tea-house", on=DAY, at=AT)
    with tempfile.TemporaryDirectory() as folder:
        parcel = land.account(FOREST, folder=Path(folder), county=COUNTY, at=AT)
    auction(parcel)
    claim = subsidised_sale(parcel)
    serial, certificate = register.retire_units(residents, partner="transit", county=COUNTY)
    suspect(person)
    propose_a_figure()
    transparency.seal(at=AT)
    account = gep_queries.latest_account()
    assert account is not None
    return replace(
        Story(), person=person, parcel=parcel, claim=claim, account=account.code, serial=serial, certificate=certificate
    )  # fmt: skip


def credit_a_day() -> tuple[str, list[str]]:
    """Credit one small synthetic day; return the resident with the most coins, and all of them."""
    with tempfile.TemporaryDirectory() as folder:
        day = make_behaviour_day.make(folder, business_on=DAY, residents=40, rows=400)
        content = day.batch.read_bytes()
    refs = people.enrol_many(partner="transit", subject_refs=day.subject_refs, region=COUNTY, at=AT)
    funds.endow(sponsor="green-fund", coins=1_000_000, fen=5_000_000, reference="2026", valid_from=DAY, at=AT)
    batches.receive(partner="transit", batch="day-1", business_on=DAY, content=content, received_at=AT)
    while jobs.run_due(as_of=AT):
        pass
    return max(refs, key=lambda ref: greenpoints_queries.resident_summary(ref, on=DAY).coins), refs


def suspect(person: str) -> None:
    """Suspect the resident and a partner, uphold the first, who can appeal, and stop the partner."""
    found = (
        Finding("person", person, "too_many_rides", {"rides": 31, "limit": 30}),
        Finding("partner", "bike-share", "partner_spike", {"records": 9_000, "usual": 700, "z": 8.1}),
    )
    cases.raise_all(found, business_on=DAY, at=AT)
    (mine,) = risk_queries.cases_of(person, today=DAY)
    cases.decide(mine.id, uphold=True, note="演示", by="operator", at=AT)
    stops.stop("bike-share", reason="演示", by="operator", at=AT)


def propose_a_figure() -> None:
    """Propose a figure that nobody has decided on."""
    figure = changes.NewFigure(
        table="parameters", key="ev_power", value="0.14", source="城市抽样（演示）", locator="表 2",
        effective_on=DAY + timedelta(days=9), reason="演示", override_reason="",
    )  # fmt: skip
    changes.propose(figure, code="demo-1", by="operator", at=AT)


def auction(parcel: str) -> None:
    """List a right over forest and let two parties bid; the auction runs for the next hours."""
    opened = datetime.now(tz=UTC) - timedelta(minutes=30)
    offer("ZX-2026-0001", right="ZX-FOREST-0001", geometry=PLOT, parcel=parcel, opens_at=opened)
    bid("ZX-2026-0001", opened=opened)


def subsidised_sale(parcel: str) -> str:
    """Sell another right, match the sale to the demonstration programme, and put the claim on public notice."""
    opened = AT - timedelta(days=5)
    neighbour = affinity.translate(PLOT, yoff=0.003)
    offer("ZX-2026-0002", right="ZX-FOREST-0002", geometry=neighbour, parcel=parcel, opens_at=opened)
    bid("ZX-2026-0002", opened=opened, top_fen=68_000_000)
    sessions.close("ZX-2026-0002", at=opened + timedelta(hours=4))
    settlements.settle("ZX-2026-0002", at=opened + timedelta(hours=5))
    officers = {
        name: people.register_user(name, PASSWORD, organisation="commission", roles=(role,), at=AT)
        for name, role in (("checker", "policy_officer"), ("approver", "policy_officer"), ("payer", "finance_officer"))
    }
    return noticed_claim(officers)


def noticed_claim(officers: dict[str, object]) -> str:
    """Bring the programme into force, match what happened, and take the claim as far as the public notice."""
    programmes.register_all(at=AT)
    programmes.review("DEMO-RIGHT-SALE", 1, by=officers["checker"], at=AT)
    programmes.simulate("DEMO-RIGHT-SALE", 1, at=AT)
    programmes.activate("DEMO-RIGHT-SALE", 1, by=officers["payer"], at=AT)
    budgets.open_line("DEMO-2026-001", name="演示预算")
    budgets.appropriate("DEMO-2026-001", amount_fen=100_000_000, document="doc-1", at=AT)
    with transaction.atomic():
        claims.match_new_events(as_of=AT)
    (claim,) = policy_queries.recent_claims(limit=5)
    claims.register_payee(claim.party, name="资溪毛竹专业合作社", token="TK0001", at=AT)
    claims.consent(claim.number, party=claim.party, at=AT)
    claims.check(claim.number, user=officers["checker"], at=AT)
    claims.approve(claim.number, user=officers["approver"], at=AT)
    claims.open_notice(claim.number, at=AT)
    return claim.number


def offer(code: str, *, right: str, geometry: shapely.Polygon, parcel: str, opens_at: datetime) -> None:
    """Register a right of the co-operative and list it for an auction of three free hours."""
    rights.register(
        code=right, kind="forest_tenure", holder="bamboo-coop", geometry=geometry, parcels=(parcel,),
        valid_from=date(2026, 1, 1), valid_to=date(2046, 1, 1), at=AT - timedelta(days=30),
    )  # fmt: skip
    listings.publish(
        code=code, right=right, mode="english", start_fen=60_000_000, step_fen=1_000_000, reserve_fen=61_000_000,
        deposit_fen=12_000_000, opens_at=opens_at, free_until=opens_at + timedelta(hours=3), extension_s=120,
        at=opens_at - timedelta(days=10),
    )  # fmt: skip


def bid(code: str, *, opened: datetime, top_fen: int = 62_000_000) -> None:
    """Let two parties pay their deposits and bid one after the other."""
    for place, (party, amount_fen) in enumerate((("timber-works", 60_000_000), ("green-invest", top_fen))):
        custody.record_inflow(party=party, amount_fen=90_000_000, bank_reference=f"{code}-{place}", at=opened)
        sessions.sign_up(code, party=party, at=opened)
        sessions.place_bid(
            code, party=party, amount_fen=amount_fen, key=f"k{place}", at=opened + timedelta(minutes=1 + place)
        )
