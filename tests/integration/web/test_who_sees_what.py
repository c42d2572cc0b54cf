"""Every route of the site for a stranger, another resident, the owner, another merchant, officers: who gets in."""

import pytest
from django.urls import get_resolver, reverse

from policy import claims
from tests.integration.web.conftest import AT

pytestmark = pytest.mark.django_db

READERS = (None, "other_resident", "owner", "other_merchant", "seller", "checker", "payer", "auditor")
ALL = (200,) * 8
NONE_THERE = (404,) * 8
POST_ONLY = (405,) * 8
# The desk of datasets and runs: officials and auditors read it; nobody here is an analyst, who alone changes anything.
DESK = (302, 403, 403, 403, 403, 200, 403, 200)
DESK_EMPTY = (302, 403, 403, 403, 403, 404, 403, 404)
ANALYSTS_DESK = (302, *(403,) * 7)
MERCHANTS = (302, 403, 403, 200, 403, 403, 403, 403)
# A resident's own pages: auditors read them too, and nobody else.
OWN = (302, 403, 200, 403, 403, 403, 403, 200)
# The desk of 绿宝: nobody here is an operator; auditors look.
OPERATORS_DESK = (302, 403, 403, 403, 403, 403, 403, 200)
# 302: asked to sign in. In the order of READERS.
ANSWERS = {
    "home": ALL,
    "sign_in": (200, *(302,) * 7),
    "sign_out": POST_ONLY,
    "display": POST_ONLY,
    "set_language": (302,) * 8,
    "map": ALL,
    "counties_geojson": ALL,
    "parcel_tile": ALL,
    "parts_geojson": NONE_THERE,
    "map_export": NONE_THERE,
    "gep": ALL,
    "comparison": ALL,
    "publication": ALL,
    "published_account": NONE_THERE,
    "datasets": DESK,
    "dataset_new": ANALYSTS_DESK,
    "dataset": DESK_EMPTY,
    "dataset_withdraw": ANALYSTS_DESK,
    "dataset_rejections": DESK_EMPTY,
    "parcel_loading": DESK_EMPTY,
    "runs": DESK,
    "run_new": ANALYSTS_DESK,
    "run": DESK_EMPTY,
    "run_progress": DESK_EMPTY,
    "run_file": DESK_EMPTY,
    "run_step": ANALYSTS_DESK,
    "scenario_new": ANALYSTS_DESK,
    "scenario_parcels": DESK_EMPTY,
    "ogc_landing": ALL,
    "ogc_conformance": ALL,
    "ogc_openapi": ALL,
    "ogc_collections": ALL,
    "ogc_collection": NONE_THERE,
    "ogc_items": NONE_THERE,
    "ogc_item": NONE_THERE,
    "ogc_tilejson": NONE_THERE,
    "ogc_tilesets": NONE_THERE,
    "ogc_tileset": NONE_THERE,
    "parcel": NONE_THERE,
    "greenpoints": ALL,
    "public_figures": ALL,
    "operator_desk": OPERATORS_DESK,
    "campaign_new": ANALYSTS_DESK,
    "grant_new": ANALYSTS_DESK,
    "delivery": (302, 403, 403, 403, 403, 403, 403, 404),
    "operator_decide": POST_ONLY,
    "act": ALL,
    "factors": (302, 403, 403, 403, 403, 200, 403, 200),
    "factor_new": (302, 403, 403, 403, 403, 200, 403, 403),
    "factor_decide": POST_ONLY,
    "show_code": (302, *(405,) * 7),
    "resident": OWN,
    "statements": (302, 403, 302, 403, 403, 403, 403, 302),
    "statement": OWN,
    "statement_file": OWN,
    "consents": OWN,
    "consent_decide": POST_ONLY,
    "entrustments": OWN,
    "entrustment_decide": POST_ONLY,
    "circles": OWN,
    "circle_decide": POST_ONLY,
    "goal": POST_ONLY,
    "personal_data": OWN,
    "account_close": POST_ONLY,
    "personal_data_correct": (302, 403, 302, 403, 403, 403, 403, 403),
    "personal_data_export": (302, 403, 200, 403, 403, 403, 403, 403),
    "units": ALL,
    "registry_desk": DESK,
    "risk_desk": (302, 403, 403, 403, 403, 403, 403, 200),
    "unit_life": NONE_THERE,
    "unit_batch_proof": NONE_THERE,
    "certificate": NONE_THERE,
    "certificate_file": NONE_THERE,
    "vouchers": OWN,
    "voucher_take": POST_ONLY,
    "voucher_give_up": POST_ONLY,
    "merchant_voucher": MERCHANTS,
    "merchant_day": MERCHANTS,
    "merchant_refund": POST_ONLY,
    "merchant_statements": MERCHANTS,
    "merchant_dispute": POST_ONLY,
    "settlements": (302, 403, 403, 403, 403, 403, 200, 200),
    "settlement_pay": POST_ONLY,
    "settlement_answer": POST_ONLY,
    "redeem": (302, 403, 403, 200, 403, 403, 403, 403),
    "marketplace": ALL,
    "listing": NONE_THERE,
    "policy": ALL,
    "reconciliation": (302, 403, 403, 403, 403, 403, 200, 200),
    "claim": (404, 404, 404, 404, 200, 200, 200, 200),
    "transparency": ALL,
    "proof": (302, 403, 200, 403, 403, 403, 403, 200),
    "verifier": ALL,
    "api_docs": ALL,
}


@pytest.fixture
def address(city, seven_coins, claim):
    """Return the address of a route that leads to something of the owner's or the seller's."""
    own = city["refs"][0]
    arguments = {
        "delivery": ("none", "none"), "operator_decide": ("grant", "none"),
        "statements": (own,), "statement": (own, "2026-05"), "statement_file": (own, "2026-05", "csv"),
        "entrustments": (own,), "entrustment_decide": (own,), "circles": (own,),
        "circle_decide": (own,), "goal": (own,),
        "consents": (own,), "consent_decide": (own,), "personal_data": (own,), "account_close": (own,),
        "vouchers": (own,), "voucher_take": (own,), "voucher_give_up": (own,), "merchant_dispute": ("2026-05-31",),
        "personal_data_correct": (own,),
        "personal_data_export": (own,),
        "act": ("M09",), "factor_decide": ("none",),
        "parcel_tile": (12, 3379, 1719), "parcel": ("none",), "resident": (own,), "listing": ("none",),
        "claim": (claim,), "map_export": ("csv",), "published_account": ("none",), "dataset": ("none",),
        "dataset_withdraw": ("none",), "dataset_rejections": ("none",),
        "parcel_loading": ("none",), "run": ("none",), "run_progress": ("none",),
        "run_file": ("none", "report.pdf"), "run_step": ("none", "cancel"), "ogc_collection": ("none",),
        "ogc_items": ("none",), "ogc_item": ("none", "one"), "ogc_tilejson": ("none",), "ogc_tilesets": ("none",),
        "ogc_tileset": ("none",), "unit_life": ("none",), "unit_batch_proof": ("none",), "certificate": ("none",),
        "certificate_file": ("none", "pdf"),
    }  # fmt: skip
    return lambda name: reverse(name, args=arguments.get(name)) + ("?reference=gift/1" if name == "proof" else "")


def names_of_pages():
    found = get_resolver("web.urls").reverse_dict
    return {name for name in found if isinstance(name, str)}


def test_the_table_names_every_route():
    assert names_of_pages() == set(ANSWERS)


@pytest.mark.parametrize("place", range(len(READERS)), ids=str)
def test_every_route_for_every_reader(client, city, address, place):
    if READERS[place]:
        client.force_login(city[READERS[place]])
    found = {name: client.get(address(name)).status_code for name in ANSWERS}
    assert found == {name: answers[place] for name, answers in ANSWERS.items()}


@pytest.mark.parametrize("reader", [None, "other_resident", "other_merchant", "seller", "checker", "payer"])
def test_a_residents_balance_is_told_to_nobody_else(client, city, address, reader):
    if reader:
        client.force_login(city[reader])
    told = b"".join(client.get(address(name)).getvalue() for name in ANSWERS if name != "verifier")
    assert city["refs"][0].encode() not in client.get("/greenpoints/").content
    assert b"gift/1" not in told.replace(b"reference=gift/1", b"").replace(b"reference%3Dgift/1", b"")


def test_a_claim_is_listed_and_open_once_it_was_on_notice(client, city, claim):
    assert claim not in client.get("/policy/").content.decode()
    claims.register_payee("bamboo-coop", name="合作社", token="TK1", at=AT)
    claims.consent(claim, party="bamboo-coop", at=AT)
    claims.check(claim, user=city["checker"], at=AT)
    claims.approve(claim, user=city["approver"], at=AT)
    claims.open_notice(claim, at=AT)
    assert claim in client.get("/policy/").content.decode()
    page = client.get(f"/policy/claims/{claim}/").content.decode()
    assert "审批" in page
    assert "approver" not in page  # officers are named to officials only
    client.force_login(city["payer"])
    assert "approver" in client.get(f"/policy/claims/{claim}/").content.decode()


BOOK = "/api/v1/book/accounts/coin:resident/{ref}"


@pytest.mark.parametrize(
    ("reader", "status"),
    [(None, 401), ("other_resident", 403), ("other_merchant", 403), ("checker", 403), ("owner", 200), ("auditor", 200)],
)
@pytest.mark.parametrize("part", ["balance", "statement"])
def test_the_api_tells_an_account_to_its_owner_and_to_the_books_readers(
    client, city, seven_coins, reader, status, part
):
    if reader:
        client.force_login(city[reader])
    assert client.get(f"{BOOK.format(ref=city['refs'][0])}/{part}").status_code == status


@pytest.mark.parametrize(
    ("reader", "status"),
    [(None, 401), ("other_seller", 403), ("owner", 403), ("other_merchant", 403), ("checker", 403)],
)
def test_nobody_consents_for_the_seller(client, city, claim, reader, status):
    if reader:
        client.force_login(city[reader])
    answer = client.post(f"/api/v1/policy/claims/{claim}/consent", headers={"Idempotency-Key": "k1"})
    assert answer.status_code == status


@pytest.mark.parametrize("reader", ["seller", "other_merchant", "checker", "auditor"])
def test_only_residents_get_a_code_for_their_coins(client, city, reader):
    client.force_login(city[reader])
    assert client.post("/greenpoints/code/").status_code == 403


@pytest.mark.parametrize("reader", ["owner", "other_resident", "seller", "checker", "payer", "auditor"])
def test_only_merchants_take_coins(client, city, seven_coins, reader):
    client.force_login(city[reader])
    form = {"step": "hold", "order": "o1", "person": city["refs"][0], "coins": "1", "idempotency_key": "k1"}
    assert client.post("/redeem/", form).status_code == 403
