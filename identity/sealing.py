"""Seals texts with AES-256-GCM and makes keyed hashes to find them by; keys are passed in."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEME = "aes256gcm"
NONCE_BYTES = 12


class CannotUnseal(ValueError):
    """A sealed text was altered, moved to another column, or sealed with a key that we do not have."""


def derived_key(secret: str, *, use: str) -> bytes:
    """Return 32 bytes for one use of a secret of high entropy."""
    return hmac.new(secret.encode(), f"fuzhou-eco/{use}".encode(), hashlib.sha256).digest()


def key_id(key: bytes) -> str:
    """Return the short public name of a key."""
    return hashlib.sha256(b"key-id" + key).hexdigest()[:8]


def seal(text: str, *, key: bytes, place: str) -> str:
    """Return ``scheme:key id:base64`` of ``text``, bound to ``place`` (table and column)."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
    return f"{SCHEME}:{key_id(key)}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, keys: Mapping[str, bytes], place: str) -> str:
    """Return the text sealed for ``place``; ``keys`` are by their key id. CannotUnseal where that cannot be."""
    scheme, _, rest = sealed.partition(":")
    name, _, body = rest.partition(":")
    if scheme != SCHEME or name not in keys:
        raise CannotUnseal(f"{place} is sealed with the unknown key {scheme}:{name}")
    raw = base64.b64decode(body)
    try:
        return AESGCM(keys[name]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
    except InvalidTag:
        raise CannotUnseal(f"{place} holds a text that was altered or moved") from None


def looks_sealed(stored: str) -> bool:
    """Return whether a stored value is empty or has the form of a sealed one."""
    scheme, _, rest = stored.partition(":")
    return not stored or (scheme == SCHEME and rest.count(":") == 1 and len(rest) > 40)


def blind_index(text: str, *, key: bytes) -> str:
    """Return a keyed hash of ``text`` in hexadecimal, empty for empty: equal texts have equal hashes."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest() if text else ""
