"""The routes of policy."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from identity import roles
from policy import claims
from tests.integration.policy.conftest import AT

pytestmark = pytest.mark.django_db
FACTS = {
    "e.county_code": "361002",
    "cert.issued_on": "2022-12-15",
    "cert.overseas_body": False,
    "cert.previous_cert_same_product": False,
    "cert.kind": "green",
    "claim.action": "new",
}
CASE = {"programme": "CERT-GREEN-2022", "on": "2022-12-20", "facts": FACTS}


def ask(client, body):
    return client.post("/api/v1/policy/assess", body, content_type="application/json")


def test_every_condition_is_answered(client):
    told = ask(client, CASE).json()
    assert (told["status"], told["amount_fen"]) == ("NOT_ELIGIBLE", 0)
    assert [(one["id"], one["result"]) for one in told["conditions"]] == [
        ("C1_district", "MET"),
        ("C2_window", "NOT_MET"),
        ("C3_body", "MET"),
        ("C4_honest_new", "MET"),
        ("C5_renewable", "MET"),
    ]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"programme": "NOTHING"}, 404, "programme_missing"),
        ({"on": "2024-01-01"}, 409, "programme_not_in_force"),
        ({"facts": FACTS | {"cert.issued_on": "2022-02-30"}}, 422, "facts_refused"),
        ({"facts": FACTS | {"cert.kind": "gold"}}, 422, "facts_refused"),
        ({"facts": FACTS | {"bonus": 1}}, 422, "facts_refused"),
        ({"facts": FACTS | {"e.county_code": 361002}}, 422, "facts_refused"),
        ({"facts": FACTS | {"e.county_code": 1.5}}, 422, "invalid_input"),
        ({"extra": 1}, 422, "invalid_input"),
    ],
)
def test_refusals_name_what_is_wrong(client, change, status, code):
    answer = ask(client, CASE | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_programmes_in_plain_words(client, programme_in_force):
    (shown,) = client.get("/api/v1/policy/programmes").json()
    assert (shown["code"], shown["demo"], shown["confirmed"]) == ("DEMO-RIGHT-SALE", True, False)
    detail = client.get("/api/v1/policy/programmes/CERT-GREEN-2022").json()
    assert len(detail["conditions"]) == 5
    assert detail["sources"][0]["publisher"] == "临川区农业农村局"
    assert client.get("/api/v1/policy/programmes/NOTHING").status_code == 404


def test_consent_is_one_click_and_one_effect(client, sale, programme_in_force, django_user_model):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee("zixi-coop", name="合作社", token="TK1", at=AT)
    seller = django_user_model.objects.create_user("seller")
    other = django_user_model.objects.create_user("other")
    roles.grant(seller, "seller", organisation="zixi-coop", by="admin", at=AT)
    roles.grant(other, "seller", organisation="another", by="admin", at=AT)
    url = f"/api/v1/policy/claims/{claim.number}/consent"
    assert client.post(url).status_code == 401
    client.force_login(other)
    assert client.post(url, headers={"Idempotency-Key": "k1"}).json()["code"] == "not_your_claim"
    client.force_login(seller)
    assert client.post(url).json()["code"] == "idempotency-key-required"
    first = client.post(url, headers={"Idempotency-Key": "k2"})
    again = client.post(url, headers={"Idempotency-Key": "k2"})
    assert first.json() == again.json() == {
        "number": claim.number, "programme": "DEMO-RIGHT-SALE", "status": "CONSENTED", "amount_fen": 1_000_000,
    }  # fmt: skip
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_command_prints_the_decision(tmp_path, capsys):
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS))
    call_command("policy", "assess", "CERT-GREEN-2022", facts=path, on=AT.date().replace(year=2022))
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "NOT_ELIGIBLE"
    path.write_text('{"a": 1, "a": 2}')
    with pytest.raises(CommandError):
        call_command("policy", "assess", "CERT-GREEN-2022", facts=path)
