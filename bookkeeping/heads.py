"""Signed tree heads: what is signed, with which key. No database."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True)
class Head:
    """The log at one moment; hashes, key and signature in hexadecimal. ``previous`` is empty in the first head."""

    size: int
    root: str
    at: str
    previous: str
    key_id: str
    public_key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return what the signature is over."""
        lines = ("fuzhou-book-head/1", str(self.size), self.root, self.at, self.previous, self.key_id)
        return ("\n".join(lines) + "\n").encode()

    def hash(self) -> str:
        """Return the hash by which the next head names this one."""
        return hashlib.sha256(self.signed_bytes() + bytes.fromhex(self.signature)).hexdigest()

    def signature_holds(self) -> bool:
        """Tell whether the key that the head names signed it."""
        public_key = bytes.fromhex(self.public_key)
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(self.signature), self.signed_bytes())
        except InvalidSignature:
            return False
        return self.key_id == key_id_of(public_key)


def sign(*, size: int, root: bytes, at: datetime, previous: Head | None, secret: str) -> Head:
    """Return a signed head. ``secret``: any text of at least 32 characters; the key is made from its hash."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"LEDGER_SIGNING_KEY has at least {SHORTEST_SECRET} characters")
    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"fuzhou-book-key\n" + secret.encode()).digest())
    public_key = key.public_key().public_bytes_raw()
    head = Head(
        size=size,
        root=root.hex(),
        at=at.isoformat(),
        previous=previous.hash() if previous else "",
        key_id=key_id_of(public_key),
        public_key=public_key.hex(),
    )
    return Head(**{**asdict(head), "signature": key.sign(head.signed_bytes()).hex()})


def key_id_of(public_key: bytes) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]
