"""The signed API and the command: what is signed is kept, anything else is refused by name."""

import json

import pytest
from behaviour_lines import AT, as_bytes, ride
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from bookkeeping import queries as book
from greenpoints.intake import batches
from greenpoints.models import Batch
from identity import partner_keys, signatures
from identity.models import Organisation, PartnerBinding, Person

PATH = "/api/v1/greenpoints/batches?batch=b1&business_on=2026-11-20"
NONCES = iter(f"nonce-{n:016}" for n in range(10_000))


@pytest.fixture
def send(scene, key):
    """Return a function that signs and sends."""
    return sender(key)


def sender(key):
    def go(body=b"", *, path=PATH, method="POST", once="k1", content_type="application/x-ndjson", spoil=False):
        headers = signatures.sign(
            body, key_id=key.key_id, secret=key.secret, method=method, path=path, at=timezone.now(),
            nonce=next(NONCES), idempotency_key=once,
        )  # fmt: skip
        if spoil:
            body += b" "
        return Client().generic(method, path, body, content_type=content_type, headers=headers)

    return go


def test_a_batch_is_kept_and_answered(send):
    answer = send(as_bytes([ride("e1", 8), ride("e2", 9, act="X99")]))
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == "/api/v1/greenpoints/batches/b1"
    batches.credit(Batch.objects.get().pk, as_of=timezone.now())
    told = send(path="/api/v1/greenpoints/batches/b1", method="GET", once="", content_type="").json()
    assert (told["status"], told["rows"]) == ("credited", 2)
    assert told["by_reason"] == {"unknown_act": 1}
    listed = send(path="/api/v1/greenpoints/batches/b1/rejections", method="GET", once="", content_type="")
    assert listed.content.decode().splitlines()[1:] == [
        "2,e2,rejected,unknown_act,行为代码不在目录中,The act is not in the catalogue"
    ]


def test_sent_again_it_is_answered_again(send):
    body = as_bytes([ride("e1", 8)])
    first, second = send(body), send(body)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Idempotency-Replayed"] == "true"
    other_key = send(body, once="k2")
    assert other_key.status_code == 202
    assert Batch.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        pytest.param({"spoil": True}, 401, "signature_refused", id="body changed after signing"),
        pytest.param({"once": ""}, 400, "idempotency-key-required", id="no key"),
        pytest.param({"content_type": "text/plain"}, 415, "", id="another type"),
        pytest.param({"body": b"\n"}, 422, "batch_empty", id="nothing"),
        pytest.param({"body": b"{}\n" * 10_001}, 413, "batch_too_large", id="too many rows"),
        pytest.param({"path": PATH.replace("b1", "b%2F1")}, 422, "", id="bad code"),
        pytest.param({"path": PATH + "&dry_run=1"}, 422, "invalid_input", id="a parameter that there is not"),
    ],
)
def test_refused_by_name(send, change, status, code):
    answer = send(**({"body": as_bytes([ride("e1", 8)])} | change))
    assert answer.status_code == status, answer.content
    assert code in answer.content.decode()
    assert Batch.objects.count() == 0


def test_a_code_used_for_other_content_and_another_partners_batch(send, scene):
    send(as_bytes([ride("e1", 8)]))
    again = send(as_bytes([ride("e2", 8)]), once="k2")
    assert (again.status_code, again.json()["code"]) == (409, "batch_content_differs")
    stranger = sender(partner_keys.issue(organisation="tea-house", algorithm="hmac-sha256", at=timezone.now()))
    asked = stranger(path="/api/v1/greenpoints/batches/b1", method="GET", once="", content_type="")
    assert (asked.status_code, asked.json()["code"]) == (404, "behaviour_batch_missing")


def test_coins_at_a_merchant(deliver, scene):
    deliver([ride("e1", 8, metres=6_000)])
    shop = sender(partner_keys.issue(organisation="tea-house", algorithm="ed25519", at=timezone.now()))
    body = json.dumps({"order": "o1", "subject_ref": "unknown", "coins": 1}).encode()
    answer = shop(body, path="/api/v1/greenpoints/redemptions", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "subject_unknown")
    gone = shop(b"", path="/api/v1/greenpoints/redemptions/o1/void", once="k2", content_type="application/json")
    assert (gone.status_code, gone.json()["code"]) == (404, "order_missing")


def test_a_merchant_delivers_no_behaviours(scene):
    shop = sender(partner_keys.issue(organisation="tea-house", algorithm="hmac-sha256", at=timezone.now()))
    answer = shop(as_bytes([ride("e1", 8)]))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_a_partner")
    assert Batch.objects.count() == 0


@pytest.fixture
def shop(deliver, scene):
    """Return how the tea house calls; the tokens it knows two residents by are bound, the first has two coins."""
    deliver([ride("e1", 8, metres=6_000)])
    tea_house = Organisation.objects.get(code="tea-house")
    for token, ref in (("tea-0", scene[0]), ("tea-1", scene[1])):
        PartnerBinding.objects.create(
            partner=tea_house, subject_ref=token, person=Person.objects.get(ref=ref), bound_at=AT
        )
    send = sender(partner_keys.issue(organisation="tea-house", algorithm="ed25519", at=timezone.now()))
    keys = iter(f"key-{n}" for n in range(100))

    def call(path, **body):
        where = f"/api/v1/greenpoints/redemptions{path}"
        return send(json.dumps(body).encode(), path=where, once=next(keys), content_type="application/json")

    return call


def test_coins_held_confirmed_and_given_back_over_the_wire(shop, scene):
    held = shop("", order="o1", subject_ref="tea-0", coins=2)
    assert (held.status_code, held.json()["status"], held.json()["coins"]) == (200, "held", 2)
    assert scene[0] not in held.content.decode()
    taken = shop("/o1/confirm", coins=1)
    assert (taken.status_code, taken.json()["status"], taken.json()["confirmed_coins"]) == (200, "confirmed", 1)
    assert shop("", order="o2", subject_ref="tea-0", coins=1).json()["status"] == "held"
    back = shop("/o2/void")
    assert (back.status_code, back.json()["status"], back.json()["confirmed_coins"]) == (200, "released", 0)
    left = book.balance(f"coin:resident/{scene[0]}")
    assert (left.posted, left.held, book.balance("coin:merchant/tea-house").posted) == (1, 0, 1)
    assert book.balance("fen:payable/tea-house").posted == 5


def test_a_merchant_learns_nothing_of_who_cannot_pay(shop, scene):
    for order, token in (("o1", "tea-0"), ("o2", "tea-1")):
        answer = shop("", order=order, subject_ref=token, coins=3)
        assert (answer.status_code, answer.json()["code"]) == (409, "coins_not_available")
        assert not any(ref in answer.content.decode() for ref in scene)


def test_a_signed_file_at_the_command_line(scene, key, tmp_path, capsys):
    file, signature = tmp_path / "day.ndjson", tmp_path / "day.sig"
    file.write_bytes(as_bytes([ride("e1", 8)]))
    document = signatures.sign_file(file.read_bytes(), key_id=key.key_id, secret=key.secret, at=timezone.now())
    signature.write_text(json.dumps(document))
    named = {"partner": "bike-co", "signature": signature, "on": "2026-11-20"}
    options = [f"--{name}={value}" for name, value in named.items()]
    for _again in range(2):
        call_command("greenpoints", "ingest", str(file), *options)
    assert Batch.objects.get().status == "credited"
    assert "bike-co / day / 2026-11-20: credited" in capsys.readouterr().out
    with pytest.raises(CommandError, match="signed by bike-co, not by tea-house"):
        call_command("greenpoints", "ingest", str(file), *options, "--partner=tea-house")
    file.write_bytes(as_bytes([ride("e2", 8)]))
    with pytest.raises(CommandError, match="signature_refused"):
        call_command("greenpoints", "ingest", str(file), *options)
    with pytest.raises(CommandError, match="No such file"):
        call_command("greenpoints", "ingest", str(tmp_path / "none"), *options)


EVENT, COMPARE = "/api/v1/greenpoints/behaviours", "/api/v1/greenpoints/reconciliations?business_on=2026-11-20"


def as_json(value):
    return json.dumps(value, indent=1).encode()


def test_a_single_event_is_kept_decided_and_told_with_its_changes(send):
    tap = ride("tap:1", 8, act="M06", unit="trip", quantity=1, evidence={"type": "fare_record"})
    answer = send(as_json(tap), path=EVENT, content_type="application/json")
    assert answer.status_code == 202, answer.content
    where = answer["Location"]
    assert where == f"{EVENT}/tap%3A1" or where == f"{EVENT}/tap:1"
    assert send(path=where, method="GET", once="", content_type="").status_code == 404
    batches.credit(Batch.objects.get().pk, as_of=timezone.now())
    told = send(path=where, method="GET", once="", content_type="").json()
    assert (told["status"], told["posted_mg"], told["changes"]) == ("credited", 80_000, [])
    through = ride("ride", 8, act="M05", quantity=7400, evidence={"type": "fare_record"})
    assert send(as_json(through), path=EVENT, once="k2", content_type="application/json").status_code == 202
    batches.credit(Batch.objects.latest("pk").pk, as_of=timezone.now())
    told = send(path=where, method="GET", once="", content_type="").json()
    assert (told["status"], told["reason"], told["posted_mg"]) == ("excluded", "overlapping_ride", 0)
    assert [(one["reason_before"], one["reason"], one["posted_mg_before"]) for one in told["changes"]] == [
        ("", "overlapping_ride", 80_000)
    ]


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        pytest.param({"started_at": "2026-02-30T08:00:00+08:00"}, 422, "event_not_readable", id="no such day"),
        pytest.param({"measures": {"Km": 3}}, 422, "event_not_readable", id="measure"),
        pytest.param({"colour": "red"}, 422, None, id="unknown member"),
        pytest.param({"quantity": 1.5}, 422, None, id="fraction"),
    ],
)
def test_a_single_event_that_cannot_be_read_is_refused_at_once(send, spoil, status, code):
    answer = send(as_json(ride("e1", 8) | spoil), path=EVENT, content_type="application/json")
    assert answer.status_code == status
    assert code is None or answer.json()["code"] == code
    assert Batch.objects.count() == 0


def test_a_single_event_under_an_id_that_names_another(send):
    assert send(as_json(ride("e1", 8)), path=EVENT, content_type="application/json").status_code == 202
    assert send(as_json(ride("e1", 8)), path=EVENT, once="k2", content_type="application/json").status_code == 202
    other = send(as_json(ride("e1", 9)), path=EVENT, once="k3", content_type="application/json")
    assert (other.status_code, other.json()["code"]) == (409, "batch_content_differs")
    assert Batch.objects.count() == 1


def test_a_day_is_compared_by_count_sum_digest_and_ids(send, deliver):
    deliver([ride("e2", 10), ride("e1", 8), ride("e1", 8), ride("x", 9, act="X99")])

    def compare(body, once):
        return send(as_json(body), path=COMPARE, once=once, content_type="application/json").json()

    told = compare({}, "c1")  # the digest is that of "e1", "e2", a line feed after each
    assert (told["events"], told["agreed"]) == (2, False)
    assert told["acts"] == [
        {"act": "M02", "events": 2, "quantity": 6400, "counted_quantity": 6400, "posted_mg": 256_000}
    ]
    assert told["digest"] == "afd690b15b4e78be8eedf3eac5829d47d0c745cca55a518b0fbe76fd9f274f9d"
    assert compare({"digest": told["digest"]}, "c2")["agreed"] is True
    told = compare({"external_ids": ["e1", "e3", "x"]}, "c3")
    assert (told["not_received"], told["not_listed"], told["agreed"]) == (["e3", "x"], ["e2"], False)
    assert compare({"external_ids": ["e2", "e1"]}, "c4")["agreed"] is True
