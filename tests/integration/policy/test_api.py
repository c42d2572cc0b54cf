"""The routes of policy."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from identity import organisations, people, roles
from identity.models import Organisation, Person
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


def seller_user(users, code, *, region):
    """Return somebody who sells for an organisation of Zixi and holds the role in ``region``."""
    organisations.register(code=code, name="合作社", kind="seller", region="361028", at=AT)
    user = users.objects.create_user(code, organisation=Organisation.objects.get(code=code))
    roles.grant(user, "seller", organisation=code, region=region, by="admin", at=AT)
    return user


@pytest.mark.parametrize(("region", "status"), [("361000", 200), ("361028", 200), ("361002", 403)])
def test_who_sells_in_the_county_consents_there(client, sale, programme_in_force, django_user_model, region, status):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee("zixi-coop", name="合作社", token="TK1", at=AT)
    client.force_login(seller_user(django_user_model, "zixi-coop", region=region))
    answer = client.post(f"/api/v1/policy/claims/{claim.number}/consent", headers={"Idempotency-Key": "k1"})
    assert answer.status_code == status


def test_a_resident_consents_to_the_own_claim_only(client, sale, programme_in_force, django_user_model):
    mine, theirs = (people.register(name, region="361028", at=AT) for name in ("甲", "乙"))
    (claim,) = claims.match(event=sale("s1", seller=mine), as_of=AT)
    claims.register_payee(mine, name="甲", token="TK1", at=AT)
    url = f"/api/v1/policy/claims/{claim.number}/consent"
    for ref, status in ((theirs, 403), (mine, 200)):
        user = django_user_model.objects.create_user(ref, person=Person.objects.get(ref=ref))
        client.force_login(user)
        assert client.post(url, headers={"Idempotency-Key": "k1"}).status_code == status


def test_consent_is_one_click_and_one_effect(client, sale, programme_in_force, django_user_model):
    (claim,) = claims.match(event=sale("s1"), as_of=AT)
    claims.register_payee("zixi-coop", name="合作社", token="TK1", at=AT)
    seller, other = (seller_user(django_user_model, name, region="361000") for name in ("zixi-coop", "another"))
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
