import random
from datetime import timedelta

import pytest

from identity import organisations, partner_keys, signatures
from identity.signatures import SignatureRefused

pytestmark = pytest.mark.django_db
BODY = bytes(range(256)) * 4
NONCE = "n" * 20
WHERE = {"method": "POST", "path": "/api/v1/batches?day=2026-11-20"}


@pytest.fixture
def signed(key, at):
    return signatures.sign(BODY, key_id=key.key_id, secret=key.secret, at=at, nonce=NONCE, **WHERE)


def reason(body, headers, *, at, **where):
    with pytest.raises(SignatureRefused) as refused:
        signatures.verify(body, headers=headers, at=at, **{**WHERE, **where})
    return refused.value.detail["reason"]


def test_a_signed_request_names_its_partner_and_may_be_sent_again(signed, at):
    for _ in range(2):  # the same request: the idempotency of the route answers it
        assert signatures.verify(BODY, headers=signed, at=at, **WHERE) == "fz-bus"


def test_another_request_under_a_used_nonce_is_refused(signed, key, at):
    signatures.verify(BODY, headers=signed, at=at, **WHERE)
    other = signatures.sign(b"other", key_id=key.key_id, secret=key.secret, at=at, nonce=NONCE, **WHERE)
    assert reason(b"other", other, at=at) == "replay"


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_early_request_is_refused(signed, at, seconds):
    assert reason(BODY, signed, at=at + timedelta(seconds=seconds)) == "time"


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_accepted(signed, at, seconds):
    moment = at + timedelta(seconds=seconds)
    assert signatures.verify(BODY, headers=signed, at=moment, **WHERE) == "fz-bus"


def flipped(body, bit):
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def all_bits_are_refused(signed, at, bits):
    for bit in bits:
        assert reason(flipped(BODY, bit), signed, at=at) == "signature"


def test_no_bit_of_the_body_bends_sampled(signed, at):
    all_bits_are_refused(signed, at, random.Random(5).sample(range(len(BODY) * 8), 60))


@pytest.mark.long
def test_no_bit_of_the_body_bends(signed, at):
    all_bits_are_refused(signed, at, range(len(BODY) * 8))


@pytest.mark.parametrize("name", ["X-Key-Id", "X-Timestamp", "X-Nonce", "X-Signature"])
def test_no_bit_of_a_header_bends(signed, at, name):
    for bit in range(len(signed[name]) * 8):
        changed = flipped(signed[name].encode(), bit).decode("latin-1")
        if name == "X-Key-Id" and changed.lower() == signed[name]:
            continue
        assert reason(BODY, {**signed, name: changed}, at=at) in {"headers", "time", "signature"}


@pytest.mark.parametrize("changed", [{"method": "PUT"}, {"path": "/api/v1/batches"}, {"path": "/api/v1/other"}])
def test_method_and_path_are_signed(signed, at, changed):
    assert reason(BODY, signed, at=at, **changed) == "signature"


def test_the_idempotency_key_is_signed(signed, at):
    assert reason(BODY, {**signed, "Idempotency-Key": "another"}, at=at) == "signature"


def test_json_written_anew_is_another_body(key, at):
    headers = signatures.sign(b'{"a":1}', key_id=key.key_id, secret=key.secret, at=at, nonce=NONCE, **WHERE)
    assert reason(b'{"a": 1}', headers, at=at) == "signature"


def test_the_key_of_another_partner_does_not_pass(signed, at):
    organisations.register(code="fz-bike", name="抚州单车", kind="partner", region="361000", at=at)
    for algorithm in ("hmac-sha256", "ed25519"):
        theirs = partner_keys.issue(organisation="fz-bike", algorithm=algorithm, at=at)
        assert reason(BODY, {**signed, "X-Key-Id": theirs.key_id}, at=at) == "signature"


def test_the_algorithm_is_never_taken_from_the_request(bus, at):
    """The classic confusion: the public key of Ed25519 used as the shared secret of HMAC."""
    from identity.models import PartnerKey

    key = partner_keys.issue(organisation=bus, algorithm="ed25519", at=at)
    public = PartnerKey.objects.get(key_id=key.key_id).public_key
    forged = signatures.sign(BODY, key_id=key.key_id, secret=f"hmac-sha256:{public}", at=at, nonce=NONCE, **WHERE)
    assert reason(BODY, {**forged, "X-Algorithm": "hmac-sha256"}, at=at) == "signature"


def test_a_revoked_key_is_refused_at_once(signed, key, at):
    signatures.verify(BODY, headers=signed, at=at, **WHERE)
    partner_keys.revoke(key.key_id, at=at)
    assert reason(BODY, signed, at=at) == "key"


def test_without_headers_nothing_passes(key, at):
    assert reason(BODY, {}, at=at) == "headers"


def test_sm2_says_what_is_missing(bus, at):
    with pytest.raises(partner_keys.AlgorithmRefused) as refused:
        partner_keys.issue(organisation=bus, algorithm="sm2-sm3", at=at)
    assert "tongsuopy" in refused.value.detail["reason"]


def test_a_partner_may_keep_its_private_key(bus, at):
    from identity import signing

    pair = signing.Ed25519().make()
    key = partner_keys.issue(organisation=bus, algorithm="ed25519", public_key=pair.public, at=at)
    assert key.secret == ""
    headers = signatures.sign(BODY, key_id=key.key_id, secret=f"ed25519:{pair.private}", at=at, nonce=NONCE, **WHERE)
    assert signatures.verify(BODY, headers=headers, at=at, **WHERE) == "fz-bus"


def test_used_nonces_are_forgotten_when_they_are_old(signed, at):
    signatures.verify(BODY, headers=signed, at=at, **WHERE)
    assert signatures.forget_nonces(before=at) == 0
    assert signatures.forget_nonces(before=at + timedelta(minutes=10)) == 1


def test_a_file_is_signed_beside_it(key, at, tmp_path):
    path = tmp_path / "day.csv"
    path.write_bytes(BODY)
    document = signatures.sign_file(path, key_id=key.key_id, secret=key.secret, at=at)
    later = at + timedelta(days=30)
    assert signatures.verify_file(path, document, at=later) == "fz-bus"
    assert signatures.verify_file(BODY, document, at=later) == "fz-bus"
    with pytest.raises(SignatureRefused):
        signatures.verify_file(BODY + b"x", document, at=later)
    for name, value in {"size_bytes": 3, "sha256": "0" * 64, "signed_at": "1", "key_id": "k0", "version": "2"}.items():
        with pytest.raises(SignatureRefused):
            signatures.verify_file(BODY, {**document, name: value}, at=later)
    partner_keys.revoke(key.key_id, at=later)
    with pytest.raises(SignatureRefused):
        signatures.verify_file(path, document, at=later)


def test_a_request_signature_is_no_file_signature(signed, key, at):
    document = signatures.sign_file(BODY, key_id=key.key_id, secret=key.secret, at=at)
    with pytest.raises(SignatureRefused):
        signatures.verify_file(BODY, {**document, "signature": signed["X-Signature"]}, at=at)
