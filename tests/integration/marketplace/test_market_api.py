"""The market over HTTP: reading without signing in, one effect per key, land that is taken."""

import json
from datetime import date, timedelta

import pytest
import shapely
from django.utils import timezone
from small_market import EAST, NORTH, YUAN, fund, publish, register, strip

from identity import organisations, people, roles
from identity.models import Organisation, Person, User
from marketplace import exclusion, queries, rights, sessions
from marketplace.models import Bid, Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def running():
    """An auction that opened a minute ago."""
    now = timezone.now()
    register("R1", 0, 320, parcels=("P1",))
    opens_at = now + timedelta(seconds=60)
    publish(at=now, opens_at=opens_at, free_until=opens_at + timedelta(hours=1))
    Listing.objects.update(opens_at=now - timedelta(seconds=60))
    return queries.listing("L1")


@pytest.fixture
def trader(client):
    now = timezone.now()
    organisations.register(code="jx-green", name="测试主体", kind="seller", region="361028", at=now)
    user = User.objects.create_user("trader", "x", organisation=Organisation.objects.get(code="jx-green"))
    roles.grant(user, "seller", region="361028", organisation="jx-green", by="test", at=now)
    fund("jx-green")
    client.force_login(user)
    return client


def send(client, path, body, key="k1"):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_anyone_reads_listings_and_the_auction(client, running):
    [row] = client.get("/api/v1/marketplace/listings").json()
    assert (row["code"], row["start_fen"], "reserve_fen" in row) == ("L1", 10_000_000, False)
    detail = client.get("/api/v1/marketplace/listings/L1").json()
    assert shapely.geometry.shape(detail["geometry"]).is_valid
    session = client.get("/api/v1/marketplace/sessions/L1").json()
    assert (session["phase"], session["least_next_fen"], session["ladder"]) == ("free", 10_000_000, [])
    assert client.get("/api/v1/marketplace/listings/none").status_code == 404


def test_signing_up_and_bidding_have_one_effect_per_key(trader, running):
    assert send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 10_000_000}).json()["code"] == "deposit_missing"
    assert send(trader, "/marketplace/sessions/L1/sign-up", {}, key="s").status_code == 200
    first = send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 100_000 * YUAN}, key="b")
    again = send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 100_000 * YUAN}, key="b")
    assert (first.status_code, first.json()["sequence"]) == (200, 1)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 1}, key="b").status_code == 422
    assert Bid.objects.count() == 1
    assert "jx-green" not in trader.get("/api/v1/marketplace/sessions/L1").content.decode()


def test_the_buyer_settles_once(trader, running):
    url = "/marketplace/sessions/L1/settle"
    assert send(trader, url, {}, key="early").json()["code"] == "nothing_to_settle"
    send(trader, "/marketplace/sessions/L1/sign-up", {}, key="s")
    send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 100_000 * YUAN}, key="b")
    sessions.close("L1", at=running.deadline_at + timedelta(hours=1))
    first, again, later = (send(trader, url, {}, key=key) for key in ("k", "k", "k2"))
    assert (first.status_code, first.json()["price_fen"], first.json()["right"]) == (200, 10_000_000, "R1")
    assert first.json() == again.json() == later.json()
    assert trader.get("/api/v1/marketplace/sessions/L1").json()["phase"] == "settled"
    assert queries.right("R1").holder == "jx-green"


def test_a_buyer_without_the_money_is_told_and_a_stranger_does_not_settle(client, trader, running):
    send(trader, "/marketplace/sessions/L1/sign-up", {}, key="s")
    send(trader, "/marketplace/sessions/L1/bids", {"amount_fen": 300_000 * YUAN}, key="b")
    sessions.close("L1", at=running.deadline_at + timedelta(hours=1))
    answer = send(trader, "/marketplace/sessions/L1/settle", {}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "overdrawn")
    assert trader.get("/api/v1/marketplace/sessions/L1").json()["phase"] == "awarded"
    ref = people.register("甲", region="361028", at=timezone.now())
    client.force_login(User.objects.create_user("other", "x", person=Person.objects.get(ref=ref)))
    answer = send(client, "/marketplace/sessions/L1/settle", {}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_the_buyer")
    client.logout()
    assert send(client, "/marketplace/sessions/L1/settle", {}, key="k").status_code == 401


@pytest.mark.parametrize(
    "body",
    [{"amount_fen": 0}, {"amount_fen": 1.5}, {"amount_fen": "1"}, {"amount_fen": True}, {"amount_fen": 10**20}, {}],
)
def test_amounts_that_are_not_money(trader, running, body):
    assert send(trader, "/marketplace/sessions/L1/bids", body).status_code in {400, 422}
    assert Bid.objects.count() == 0


def test_a_stranger_and_a_user_without_the_role_do_not_bid(client, running):
    assert send(client, "/marketplace/sessions/L1/bids", {"amount_fen": 10_000_000}).status_code == 401
    client.force_login(User.objects.create_user("nobody", "x"))
    answer = send(client, "/marketplace/sessions/L1/bids", {"amount_fen": 10_000_000})
    assert (answer.status_code, answer.json()["code"]) == (403, "party_missing")


@pytest.fixture
def reader(client):
    """A browser in which somebody is signed in."""
    client.force_login(User.objects.create_user("reader", "x"))
    return client


def test_whether_land_is_free_is_told_to_those_signed_in(client, running):
    body = {"kind": "vep_bundle", "geometry": shapely.geometry.mapping(strip(300, 400)), "valid_from": "2026-01-01"}
    assert send(client, "/rights/conflict-check", body, key="").status_code == 401


def comb(*, upright: bool):
    """Return a comb of 498 teeth, 2 m wide and 2 km long, its spine along one side; 1,994 vertices in EPSG:4490."""
    around = [(0.0, -2.0)]
    for tooth in range(498):
        around += [(4.0 * tooth, 0.0), (4.0 * tooth, 2000.0), (4.0 * tooth + 2, 2000.0), (4.0 * tooth + 2, 0.0)]
    around.append((1990.0, -2.0))
    turned = [(EAST + x, NORTH + y) if upright else (EAST + y, NORTH + x) for x, y in around]
    return exclusion.from_metres(shapely.Polygon(turned))


def test_a_comb_over_a_comb_is_refused(reader):
    terms = {"valid_from": date(2020, 1, 1), "valid_to": None, "at": timezone.now()}
    rights.register(code="COMB", kind="forest_tenure", holder="A", geometry=comb(upright=True), **terms)
    over = shapely.geometry.mapping(comb(upright=False))
    body = {"kind": "vep_bundle", "geometry": over, "valid_from": "2026-01-01"}
    answer = send(reader, "/rights/conflict-check", body, key="")
    assert (answer.status_code, answer.json()["code"]) == (422, "shape_too_detailed")
    assert len(answer.content) < 2_000


def test_more_rights_near_by_than_an_enquiry_is_compared_with(reader, monkeypatch):
    monkeypatch.setattr(rights, "MOST_NEIGHBOURS", 2)
    for n in range(3):
        register(f"R{n}", 100 * n, 100 * n + 90)
    body = {"kind": "vep_bundle", "geometry": shapely.geometry.mapping(strip(0, 180)), "valid_from": "2026-01-01"}
    told = send(reader, "/rights/conflict-check", body, key="").json()["conflicts"]
    assert [(conflict["right"], conflict["area_m2"]) for conflict in told] == [("R0", 18_000.0), ("R1", 16_000.0)]
    body["geometry"] = shapely.geometry.mapping(strip(0, 300))
    answer = send(reader, "/rights/conflict-check", body, key="")
    assert (answer.status_code, answer.json()["code"]) == (422, "shape_too_detailed")


def test_land_that_is_taken(reader, running):
    body = {"kind": "vep_bundle", "geometry": shapely.geometry.mapping(strip(300, 400)), "valid_from": "2026-01-01"}
    [conflict] = send(reader, "/rights/conflict-check", body, key="").json()["conflicts"]
    assert (conflict["right"], conflict["area_m2"], conflict["area_mu"]) == ("R1", 4_000.0, 6.0)


@pytest.mark.parametrize(
    "geometry",
    [{}, {"type": "Blob"}, {"type": "Point", "coordinates": [117, 27]}, {"type": "Polygon", "coordinates": []},
     {"type": "Polygon", "coordinates": [[[117, 27], [117.1, 27.1], [117.1, 27], [117, 27.1], [117, 27]]]},
     {"type": "Polygon", "coordinates": "x"}, {"type": "Polygon", "coordinates": [[[[[[[[[[[117]]]]]]]]]]]},
     {"type": "Polygon", "coordinates": [[[1e9, 0], [1e9, 1], [2e9, 1], [1e9, 0]]]}],
)  # fmt: skip
def test_shapes_that_are_none(reader, geometry):
    body = {"kind": "vep_bundle", "geometry": geometry, "valid_from": "2026-01-01"}
    assert send(reader, "/rights/conflict-check", body, key="").status_code == 422
