"""After signing in everybody lands on the page of their role, and errors around forms say what to do."""

import pytest
from django.test import Client

PASSWORD = "a-long-password-1"


@pytest.mark.parametrize(
    ("name", "page"),
    [("merchant", "/redeem/"), ("seller", "/marketplace/"), ("checker", "/policy/"), ("payer", "/policy/"),
     ("auditor", "/transparency/")],
)  # fmt: skip
def test_a_role_lands_on_its_page(client, city, name, page):
    answer = client.post("/sign-in/", {"username": city[name].username, "password": PASSWORD})
    assert answer.headers["Location"] == page


def test_a_resident_lands_on_the_own_page_without_the_merchants_desk(client, city):
    answer = client.post("/sign-in/", {"username": "owner", "password": PASSWORD})
    assert answer.headers["Location"] == f"/greenpoints/{city['refs'][0]}/"
    assert "/redeem/" not in client.get(answer.headers["Location"]).content.decode()


def test_a_locked_out_reader_is_told_when_to_come_back(client, city):
    for _ in range(5):
        answer = client.post("/sign-in/", {"username": "owner", "password": "wrong"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")


def test_a_form_without_its_token_has_expired(db):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "owner", "password": "x"})
    told = answer.content.decode()
    assert answer.status_code == 403
    assert "页面已过期" in told
    assert "无权查看" not in told
