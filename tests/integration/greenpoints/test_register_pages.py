"""The public register, the certificate, the desk and the signed API, as their readers use them."""

import json

import pytest
from behaviour_lines import AT
from django.test import Client
from django.utils import timezone
from registry_story import ISSUED
from test_registry import made_of, retire, rich, serial, town  # noqa: F401

from bookkeeping import offline_verifier, transparency
from greenpoints.models import PoolBatch
from greenpoints.queries import register
from greenpoints.registry import units
from identity import organisations, partner_keys, people, signatures


@pytest.fixture
def issued_units(rich):  # noqa: F811
    return made_of(1_053)


@pytest.fixture
def officers(db):
    organisations.register(code="commission", name="发改委", kind="government", region="361000", at=AT)
    return [
        people.register_user(name, "a-long-password-1", organisation="commission", roles=(role,), at=AT)
        for name, role in (("first", "operator"), ("second", "policy_officer"), ("auditor", "auditor"))
    ]


def page(path, user=None, **data):
    client = Client()
    if user:
        client.force_login(user)
    return client.post(path, data) if data else client.get(path)


def test_the_life_of_a_number_from_issue_to_retirement(issued_units):
    retire()
    told = register.life(serial(20, 30))
    assert [(line.serial, line.became) for line in told.now] == [
        (serial(1, 25), "已注销使用"), (serial(26, 1000), "持有"),
    ]  # fmt: skip
    assert [(line.serial, line.was, line.became, line.order) for line in told.lines] == [
        (serial(1, 1000), "", "持有", ""), (serial(1, 1000), "持有", "已拆分", ""), (serial(1, 25), "", "持有", ""),
        (serial(26, 1000), "", "持有", ""), (serial(1, 25), "持有", "已注销使用", "r1"),
    ]  # fmt: skip
    for wrong in (serial(1054, 1054), "x", "CN-JX-FZ-LBR-OTHER-2026-0000000001-0000000001"):
        with pytest.raises(register.NumberUnknown):
            register.life(wrong)


def test_the_register_adds_up(issued_units):
    retire()
    (line,) = register.series()
    assert (line.issued_kg, line.held_kg, line.buffer_kg, line.retired_kg, line.other_kg) == (1053, 975, 53, 25, 0)


def test_retirements_are_paged_and_found_by_beneficiary(issued_units):
    for n in range(3):
        retire(f"r{n}", kg=1, beneficiary="园区" if n else "马拉松", purpose="park_offset" if n else "event")
    first, following = register.retirements(limit=2)
    second, end = register.retirements(limit=2, after=following)
    assert [line.order for line in first + second] == ["r2", "r1", "r0"] and end is None
    found, _next = register.retirements(beneficiary="园区", purpose="park_offset")
    assert [line.serials for line in found] == [[serial(3, 3)], [serial(2, 2)]]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_public_pages(issued_units, language):
    retire()
    for path, text in (
        ("/units/", "LBR-2027-000001"), (f"/units/serials/{serial(1, 25)}/", serial(1, 1000)),
        ("/units/certificates/LBR-2027-000001/", serial(1, 25)),
    ):  # fmt: skip
        answer = Client(headers={"accept-language": language}).get(path)
        assert answer.status_code == 200 and text in answer.content.decode(), path
    assert page("/units/?number=" + serial(1, 25))["Location"] == f"/units/serials/{serial(1, 25)}/"
    assert page("/units/?number=LBR-2027-000001")["Location"] == "/units/certificates/LBR-2027-000001/"
    assert "没有这个编号" in page("/units/?number=nothing").content.decode()


def test_a_proof_file_is_the_one_that_the_blocks_descend_from(issued_units):
    import hashlib

    answer = page(f"/units/batches/{issued_units.code}.json")
    assert hashlib.sha256(answer.content).hexdigest() == PoolBatch.objects.get().proof_digest
    assert page("/api/v1/greenpoints/units/batches/none/proof").status_code == 404


def test_a_certificate_proves_itself_offline(issued_units, tmp_path):
    retire()
    assert page("/units/certificates/LBR-2027-000001.json").status_code == 404  # not sealed yet
    transparency.seal(at=ISSUED)
    told = json.loads(page("/units/certificates/LBR-2027-000001.json").content)
    assert told["certificate"]["serials"] == [serial(1, 25)]
    offline_verifier.check(told)
    (leaf,) = told["leaves"]
    assert (leaf["leg"]["reference"], leaf["leg"]["quantity"]) == ("units/retirement/r1", 25)
    leaf["leg"]["quantity"] = 2_500
    with pytest.raises(offline_verifier.Refuted):
        offline_verifier.check(told)
    assert page("/units/certificates/LBR-2027-000001.pdf").content.startswith(b"%PDF")


def test_a_batch_at_the_desk_from_filing_to_retirement(officers, monkeypatch):
    first, second, auditor = officers
    desk = "/units/desk/"
    told = {
        "step": "file", "code": "TRANSIT", "title_zh": "公共出行", "title_en": "Transit", "document_ref": "D-1",
        "document_digest": "A" * 64, "acts": ["M02", "M05"],
    }  # fmt: skip
    answer = page(desk, first, idempotency_key="k1", **told)
    assert answer.status_code == 200 and "方法学已申报。" in answer.content.decode()
    for n, (step, more) in enumerate((("review", {"review_ref": "R"}), ("notice", {}))):
        moment = AT.replace(day=2)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        assert page(desk, first, idempotency_key=f"s{n}", step=step, code="TRANSIT", **more).status_code == 200
    early = page(desk, second, idempotency_key="k2", step="approve", code="TRANSIT")
    assert early.status_code == 409 and "method_notice_running" in early.content.decode()
    assert page(desk, auditor, idempotency_key="k3", step="approve", code="TRANSIT").status_code == 403
    assert page(desk, auditor).status_code == 200
    assert page(desk, first, idempotency_key="k4", step="freeze", method="TRANSIT", vintage="x", county="361002")
    assert page(desk, first, idempotency_key="k5", step="nothing").status_code == 422


def test_the_desk_issues_a_frozen_batch_by_a_second_person(town, officers, deliver):  # noqa: F811
    from behaviour_lines import ride
    from registry_story import entrust, frozen

    hour = {"ended_at": "2026-11-20T09:00:00+08:00"}
    deliver([ride(f"e{n}", 8, who=f"tok-{n}", metres=10_000, **hour) for n in range(10)])
    for person in town:
        entrust(person)
    batch = frozen()
    shown = page("/units/desk/", officers[2]).content.decode()
    assert "抽查 10 条，待核查 10 条，不实 0 条。" in shown and "bike-co/e0" in shown
    for n in range(10):
        answer = page(
            "/units/desk/", officers[2], idempotency_key=f"f{n}", step="finding", batch=batch.code, partner="bike-co",
            external_id=f"e{n}", verdict="confirmed",
        )  # fmt: skip
        assert answer.status_code == 200
    assert page("/units/desk/", officers[1], idempotency_key="i", step="issue", batch=batch.code).status_code == 200
    assert PoolBatch.objects.get().units_kg == 3
    answer = page(
        "/units/desk/", officers[1], idempotency_key="r", step="retire", order="r1", serial_or_series="TRANSIT-2026",
        quantity_kg="1", holder="lvbao-pool", beneficiary="马拉松", purpose="event",
    )  # fmt: skip
    assert "证书已生成" in answer.content.decode()


def test_a_holder_retires_its_own_units_by_a_signed_request(issued_units):
    organisations.register(code="park", name="园区", kind="partner", region="361000", at=AT)
    units.transfer(
        order="t1", serial_or_series="TRANSIT-2026", quantity_kg=100, holder="lvbao-pool", to="park", by="o", at=ISSUED
    )
    key = partner_keys.issue(organisation="park", algorithm="hmac-sha256", at=AT)
    path = "/api/v1/greenpoints/units/retirements"
    body = json.dumps(
        {
            "order": "p1",
            "serial_or_series": "TRANSIT-2026",
            "quantity_kg": 100,
            "beneficiary": "东乡经开区",
            "purpose": "park_offset",
        }  # fmt: skip
    ).encode()

    def send(once, content=body):
        headers = signatures.sign(
            content, key_id=key.key_id, secret=key.secret, method="POST", path=path, at=timezone.now(),
            nonce=f"nonce-{once:016}", idempotency_key="once",
        )  # fmt: skip
        return Client().post(path, content, content_type="application/json", headers=headers)

    first, again = send(1), send(2)
    assert first.status_code == again.status_code == 200, first.content
    assert first.json()["serials"] == [serial(1, 100)] and again["Idempotency-Replayed"] == "true"
    assert Client().post(path, body, content_type="application/json").status_code == 401
    listed = Client().get(path + "?beneficiary=东乡经开区").json()
    assert [row["quantity_kg"] for row in listed["items"]] == [100] and listed["next"] is None
    assert Client().get("/api/v1/greenpoints/units").json()[0]["retired_kg"] == 100
    assert Client().get(f"/api/v1/greenpoints/units/serials/{serial(1, 1)}").json()["now"][0]["holder"] == "park"
    assert Client().get("/api/v1/greenpoints/units/serials/none").status_code == 404
