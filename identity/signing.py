"""Signs and checks requests and files, over the bytes themselves; knows no database and no clock.

A secret is a text that begins with its algorithm: ``hmac-sha256:<base64>`` or ``ed25519:<base64 of the private key>``.
The algorithm belongs to the key and is never read from a request.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

REQUEST = "fuzhou-eco-request-1"
FILE = "fuzhou-eco-file-1"


class KeyPair(NamedTuple):
    """``private`` signs; ``public`` checks. With a shared secret both are the same."""

    private: str
    public: str


class AlgorithmNotInstalled(RuntimeError):
    """The algorithm is known and its optional package is not there; the text names the package."""


class Algorithm(Protocol):
    """One way to sign; texts are base64 without the algorithm's name."""

    shared_secret: bool

    def make(self) -> KeyPair:
        """Return a new key pair."""

    def sign(self, message: bytes, *, private: str) -> bytes:
        """Return the signature."""

    def check(self, message: bytes, signature: bytes, *, public: str) -> bool:
        """Return whether the signature is of this message by this key."""


class HmacSha256:
    """A shared secret of 32 random bytes."""

    shared_secret = True

    def make(self) -> KeyPair:
        """Return a new shared secret, twice."""
        secret = base64.b64encode(os.urandom(32)).decode()
        return KeyPair(private=secret, public=secret)

    def sign(self, message: bytes, *, private: str) -> bytes:
        """Return the 32 bytes of the keyed hash."""
        return hmac.new(base64.b64decode(private), message, hashlib.sha256).digest()

    def check(self, message: bytes, signature: bytes, *, public: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.sign(message, private=public), signature)


class Ed25519:
    """RFC 8032; we keep the public key only."""

    shared_secret = False

    def make(self) -> KeyPair:
        """Return a new pair, 32 bytes each."""
        key = Ed25519PrivateKey.generate()
        private, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
        return KeyPair(private=base64.b64encode(private).decode(), public=base64.b64encode(public).decode())

    def sign(self, message: bytes, *, private: str) -> bytes:
        """Return the 64 bytes of the signature."""
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)).sign(message)

    def check(self, message: bytes, signature: bytes, *, public: str) -> bool:
        """Return whether the public key made it."""
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Sm2Sm3:
    """GB/T 32918 with SM3: the place where a provider goes. It refuses until one is installed."""

    shared_secret = False
    refusal = "sm2-sm3 needs the optional package tongsuopy, which is not installed"

    def make(self) -> KeyPair:
        """Refuse."""
        raise AlgorithmNotInstalled(self.refusal)

    def sign(self, message: bytes, *, private: str) -> bytes:
        """Refuse."""
        raise AlgorithmNotInstalled(self.refusal)

    def check(self, message: bytes, signature: bytes, *, public: str) -> bool:
        """Refuse."""
        raise AlgorithmNotInstalled(self.refusal)


ALGORITHMS: dict[str, Algorithm] = {"hmac-sha256": HmacSha256(), "ed25519": Ed25519(), "sm2-sm3": Sm2Sm3()}


def request_message(
    body: bytes, *, key_id: str, method: str, path: str, timestamp: str, nonce: str, idempotency_key: str = ""
) -> bytes:
    """Return what is signed: one value a line. ``path`` has its query; ``timestamp`` is seconds since 1970."""
    digest = hashlib.sha256(body).hexdigest()
    lines = (REQUEST, method.upper(), path, key_id, timestamp, nonce, idempotency_key, digest)
    if any("\n" in line or "\r" in line for line in lines):
        raise ValueError("no signed value may hold a line break")
    return "\n".join(lines).encode()


def file_message(digest: str, *, key_id: str, timestamp: str, size: int) -> bytes:
    """Return what is signed of a file with this SHA-256 (hexadecimal) and size in bytes."""
    return "\n".join((FILE, key_id, timestamp, str(size), digest)).encode()


def sign_message(message: bytes, *, secret: str) -> str:
    """Return the base64 of the signature by a secret that names its algorithm."""
    algorithm, _, private = secret.partition(":")
    return base64.b64encode(ALGORITHMS[algorithm].sign(message, private=private)).decode()


def is_signed(message: bytes, signature: str, *, algorithm: str, public: str) -> bool:
    """Return whether ``signature`` (base64, in its one canonical form) is of ``message`` by that key."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    # Bits that base64 ignores would let a changed header pass as the same signature.
    if base64.b64encode(raw).decode() != signature:
        return False
    return ALGORITHMS[algorithm].check(message, raw, public=public)
