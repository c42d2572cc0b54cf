"""Who reads an account: the official one everybody; any other those who work with accounts of its region."""

import pytest
from django.test import override_settings

from gep import datasets, run_queries, runs
from gep.models import Run
from identity.people import register_user
from tests.integration.web import small_county
from tests.integration.web.small_county import AT, COUNTY

pytestmark = pytest.mark.django_db

# Analysts of the county, of the city and of another county; an auditor of the city; a resident; nobody at all.
READERS = {
    "stranger": None, "resident": ((), "361000"), "neighbour": (("analyst",), "361022"),
    "county": (("analyst",), COUNTY), "city": (("analyst",), "361000"), "auditor": (("auditor",), "361000"),
}  # fmt: skip
SEES = {"stranger": False, "resident": False, "neighbour": False, "county": True, "city": True, "auditor": True}
OPEN = (
    "/map/?account={run}", "/map/counties.geojson?account={run}", "/map/parts.geojson?account={run}&area=361028",
    "/map/export.csv?account={run}", "/map/export.xlsx?account={run}", "/map/export.gpkg?account={run}",
    "/tiles/parcels/12/3379/1719.mvt?account={run}", "/parcels/361028-0/?account={run}", "/gep/?account={run}",
    "/gep/compare/?first={run}&second={run}", "/ogc/collections/parcels-{run}", "/ogc/collections/parcels-{run}/items",
    "/ogc/collections/parcels-{run}/items/361028-0", "/ogc/collections/parcels-{run}/tilejson.json",
    "/ogc/collections/parcels-{run}/tiles", "/ogc/collections/parcels-{run}/tiles/WebMercatorQuad",
    "/api/v1/gep/accounts/{run}", "/api/v1/gep/accounts/{run}/parcels/361028-0",
)  # fmt: skip
DESK = (
    "/gep/runs/{run}/", "/gep/runs/{run}/progress/", "/gep/datasets/{dataset}/", "/api/v1/gep/runs/{run}",
    "/api/v1/gep/runs/{run}/progress", "/api/v1/gep/datasets/{dataset}",
)  # fmt: skip
LISTS = ("/gep/?", "/map/", "/gep/compare/", "/gep/published/", "/ogc/collections", "/api/v1/gep/accounts", "/")


@pytest.fixture
def account(tmp_path):
    return small_county.compile_account(tmp_path, synthetic=False)


@pytest.fixture
def signed_in(client):
    def sign_in(reader):
        if READERS[reader] is not None:
            roles, region = READERS[reader]
            client.force_login(register_user(reader, "a long password 27", at=AT, roles=roles, region=region))
        return client

    return sign_in


def answers(client, addresses, account):
    dataset = run_queries.run(account).datasets["land_cover"]
    return {address: client.get(address.format(run=account, dataset=dataset)).status_code for address in addresses}


@pytest.mark.parametrize("reader", READERS)
def test_a_draft_is_seen_by_those_who_work_with_its_region_alone(signed_in, account, reader):
    expected = 200 if SEES[reader] else 404
    assert answers(signed_in(reader), OPEN, account) == dict.fromkeys(OPEN, expected)


@pytest.mark.parametrize("reader", READERS)
def test_no_list_names_a_draft_to_others(signed_in, account, reader):
    client = signed_in(reader)
    told = {address: account in client.get(address).content.decode() for address in LISTS}
    if not SEES[reader]:
        assert told == dict.fromkeys(LISTS, False)
    else:
        assert told["/ogc/collections"]
        assert told["/api/v1/gep/accounts"]


@pytest.mark.parametrize("reader", READERS)
def test_runs_and_datasets_are_the_desk_of_their_region(signed_in, account, reader):
    client = signed_in(reader)
    shut = {"stranger": (302, 401), "resident": (403, 403)}.get(reader, (404, 404))
    found = answers(client, DESK, account)
    if SEES[reader]:
        assert set(found.values()) == {200}
    else:
        assert found == {address: shut["/api/" in address] for address in DESK}
    dataset = run_queries.run(account).datasets["land_cover"]
    for path, code in (("runs", account), ("datasets", dataset)):
        for start, end in (("/gep/", "/"), ("/api/v1/gep/", "")):
            assert (code in client.get(f"{start}{path}{end}").content.decode()) == SEES[reader]


@pytest.mark.parametrize("reader", READERS)
def test_an_official_account_is_everybodys(signed_in, account, reader):
    Run.objects.filter(code=account).update(status="published", unconfirmed_figures=False)
    addresses = (*OPEN, f"/gep/published/{account}/")
    assert answers(signed_in(reader), addresses, account) == dict.fromkeys(addresses, 200)


@pytest.mark.parametrize("kind", ["scenario", "project"])
def test_a_scenario_or_project_of_an_official_account_is_no_open_page(signed_in, account, kind):
    Run.objects.filter(code=account).update(kind=kind)
    assert set(answers(signed_in("stranger"), OPEN, account).values()) == {404}


@pytest.mark.parametrize("shows", [True, False])
def test_synthetic_accounts_are_open_only_where_the_platform_is_a_demonstration(client, tmp_path, shows):
    account = small_county.compile_account(tmp_path)
    with override_settings(DEMO_ACCOUNTS=shows):
        assert set(answers(client, OPEN, account).values()) == {200 if shows else 404}


def test_an_analyst_of_another_county_cannot_take_a_step_or_use_a_dataset(signed_in, account):
    client, wanted = signed_in("neighbour"), run_queries.run(account)
    for step in ("approve", "cancel", "resume", "publish", "withdraw"):
        assert client.post(f"/gep/runs/{account}/{step}/", {"revision": wanted.revision}).status_code == 404
    asked = {"region": "361022", "year": 2024, "price_year": 2024, "datasets": dict(wanted.datasets)}
    answer = client.post("/api/v1/gep/runs", asked, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["code"] == runs.RunNotDescribed.code
    assert datasets.Dataset.objects.filter(uses__run__region="361022").count() == 0
