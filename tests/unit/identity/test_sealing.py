import pytest

from identity import credit_codes, sealing, signing

KEY = sealing.derived_key("a secret", use="field")
KEYS = {sealing.key_id(KEY): KEY}


def test_what_is_sealed_is_read_with_its_key_and_differs_each_time():
    once, again = (sealing.seal("13900001111", key=KEY, place="person.phone") for _ in range(2))
    assert once != again
    assert once.startswith(f"aes256gcm:{sealing.key_id(KEY)}:")
    assert sealing.unseal(once, keys=KEYS, place="person.phone") == "13900001111"


def test_an_older_key_still_reads():
    newer = sealing.derived_key("another", use="field")
    sealed = sealing.seal("x", key=KEY, place="p")
    assert sealing.unseal(sealed, keys={sealing.key_id(newer): newer, **KEYS}, place="p") == "x"
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, keys={sealing.key_id(newer): newer}, place="p")


def test_a_sealed_text_cannot_be_moved_or_altered():
    sealed = sealing.seal("x", key=KEY, place="person.name")
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, keys=KEYS, place="person.phone")
    last = "B" if sealed[-5] == "A" else "A"
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed[:-5] + last + sealed[-4:], keys=KEYS, place="person.name")


def test_the_blind_index_is_keyed():
    other = sealing.derived_key("another", use="phone")
    assert sealing.blind_index("1", key=KEY) == sealing.blind_index("1", key=KEY) != sealing.blind_index("1", key=other)
    assert sealing.blind_index("", key=KEY) == ""


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        pytest.param("91350100M000100Y43", True, id="the example of GB 32100-2015"),
        pytest.param("91350100M000100Y44", False, id="wrong check character"),
        pytest.param("91350100M000100Y4", False, id="17 characters"),
        pytest.param("91350100I000100Y43", False, id="a letter that is not used"),
        pytest.param("", False, id="empty"),
    ],
)
def test_credit_codes(code, valid):
    assert credit_codes.is_valid(code) is valid


def test_hmac_by_rfc_4231_case_2():
    # key "Jefe", data "what do ya want for nothing?"
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    made = signing.HmacSha256().sign(b"what do ya want for nothing?", private="SmVmZQ==")
    assert made.hex() == expected


def test_ed25519_by_rfc_8032_test_1():
    import base64

    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    made = signing.Ed25519().sign(b"", private=base64.b64encode(secret).decode())
    assert made.hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_what_is_signed_of_a_request_is_written_out():
    message = signing.request_message(
        b"", key_id="k1", method="post", path="/api?x=1", timestamp="1700000000", nonce="n", idempotency_key="i"
    )
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert message.decode().split("\n") == [
        "fuzhou-eco-request-1", "POST", "/api?x=1", "k1", "1700000000", "n", "i", empty,
    ]  # fmt: skip


def test_a_line_break_cannot_shift_the_signed_lines():
    with pytest.raises(ValueError, match="line break"):
        signing.request_message(b"", key_id="k", method="POST", path="/a\nb", timestamp="1", nonce="n")
