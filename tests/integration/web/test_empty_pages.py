"""Every page stands on an empty database, says that there is nothing yet, and keeps the strict content policy."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

PAGES = (
    "home", "map", "gep", "greenpoints", "marketplace", "policy", "transparency", "sign_in", "api_docs", "comparison",
    "publication",
)  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_data(client, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gep", "还没有核算完成的账户。"),
        ("map", "还没有地块。"),
        ("comparison", "至少要有两个核算完成的账户"),
        ("publication", "还没有正式发布的账户。"),
        ("marketplace", "目前没有挂牌。"),
        ("policy", "还没有申报。"),
        ("transparency", "还没有封存的账。"),
    ],
)
def test_an_empty_list_says_so(client, name, text):
    assert text in client.get(reverse(name)).content.decode()


@pytest.mark.parametrize("path", ["/parcels/none/", "/policy/claims/none/", "/marketplace/none/", "/no-such-page/"])
def test_what_is_not_there_is_404_with_a_number_to_quote(client, path):
    answer = client.get(path, headers={"X-Request-Id": "quote-this-1"})
    assert answer.status_code == 404
    assert "quote-this-1" in answer.content.decode()


@pytest.mark.parametrize("path", ["/redeem/", "/greenpoints/AAAAAAAAAAAAAAAA/", "/transparency/proof.json"])
def test_what_needs_a_sign_in_asks_for_it(client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/?next=")


def test_the_offline_verifier_is_the_one_of_the_repository(client):
    from bookkeeping import offline_verifier

    answer = client.get(reverse("verifier"))
    with open(offline_verifier.__file__, "rb") as file:
        assert b"".join(answer.streaming_content) == file.read()


def test_a_tile_without_parcels_is_empty_and_not_kept(client):
    answer = client.get("/tiles/parcels/12/3379/1719.mvt")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"  # parcels may come before the first account


def test_the_county_lines_carry_what_is_known_and_no_more(client):
    told = client.get("/map/counties.geojson").json()
    assert len(told["features"]) == 11
    assert set(told["features"][0]["properties"]) == {"code", "name"}


@pytest.mark.parametrize(
    "path", ["/parcels/a%00b/", "/map/?county=a%00b", "/transparency/?reference=a%00b", "/?a%00b=1"]
)
def test_an_address_with_nul_leads_nowhere(client, path):
    assert client.get(path).status_code == 404
