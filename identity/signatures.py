"""Checks what partners sign: requests, within five minutes and once, and files, at any time."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja.security.base import AuthBase

from core.errors import RuleViolation
from identity import signing
from identity.models import PartnerKey, RequestNonce

TOLERANCE = timedelta(minutes=5)
NONCE = re.compile(r"[0-9A-Za-z_-]{16,64}")
SECONDS = re.compile(r"[0-9]{1,12}")
FILE_CHUNK_BYTES = 1 << 20


class SignatureRefused(RuleViolation):
    """A request or file that its signature does not cover; ``reason``: headers, time, key, signature or replay."""

    code = "signature_refused"
    message = _("签名无效或已过期。")
    status = 401


def sign(
    body: bytes,
    *,
    key_id: str,
    secret: str,
    method: str,
    path: str,
    at: datetime,
    nonce: str,
    idempotency_key: str = "",
) -> dict[str, str]:
    """Return the headers that sign a request; ``path`` has its query, ``secret`` names its algorithm."""
    timestamp = str(int(at.timestamp()))
    message = signing.request_message(
        body, key_id=key_id, method=method, path=path, timestamp=timestamp, nonce=nonce, idempotency_key=idempotency_key
    )
    headers = {"X-Key-Id": key_id, "X-Timestamp": timestamp, "X-Nonce": nonce}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return {**headers, "X-Signature": signing.sign_message(message, secret=secret)}


def verify(body: bytes, *, headers: Mapping[str, str], method: str, path: str, at: datetime) -> str:
    """Return the code of the partner that signed the request, or raise SignatureRefused.

    The very same request may come again while its time is accepted: the idempotency of the route answers it. Another
    request under a used nonce is refused.
    """
    given = {name.lower(): value for name, value in headers.items()}
    key_id, timestamp = given.get("x-key-id", ""), given.get("x-timestamp", "")
    nonce, signature = given.get("x-nonce", ""), given.get("x-signature", "")
    if not (key_id and signature and len(signature) <= 200 and SECONDS.fullmatch(timestamp) and NONCE.fullmatch(nonce)):
        raise SignatureRefused(reason="headers")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise SignatureRefused(reason="time")
    try:
        message = signing.request_message(
            body, key_id=key_id, method=method, path=path, timestamp=timestamp, nonce=nonce,
            idempotency_key=given.get("idempotency-key", ""),
        )  # fmt: skip
    except (ValueError, UnicodeEncodeError):
        raise SignatureRefused(reason="headers") from None
    key = _signing_key(key_id, message, signature, at=at)
    _use_nonce(key, nonce, signature, at=at)
    return key.organisation.code


def forget_nonces(*, before: datetime) -> int:
    """Delete the nonces last accepted before that moment; return how many. Safe from twice the tolerance on."""
    return RequestNonce.objects.filter(seen_at__lt=before).delete()[0]


def sign_file(file: Path | bytes, *, key_id: str, secret: str, at: datetime) -> dict[str, Any]:
    """Return the detached signature of a file (or its bytes): a document to be kept beside it as JSON."""
    digest, size = _digest(file)
    timestamp = str(int(at.timestamp()))
    message = signing.file_message(digest, key_id=key_id, timestamp=timestamp, size=size)
    signature = signing.sign_message(message, secret=secret)
    return {
        "version": signing.FILE, "key_id": key_id, "signed_at": timestamp, "size_bytes": size, "sha256": digest,
        "signature": signature,
    }  # fmt: skip


def verify_file(file: Path | bytes, document: Mapping[str, Any], *, at: datetime) -> str:
    """Return the code of the partner that signed a file, or raise SignatureRefused.

    A file may be old; its key must be in force at ``at`` and must have been when it signed.
    """
    key_id, timestamp, signature = (str(document.get(name, "")) for name in ("key_id", "signed_at", "signature"))
    if document.get("version") != signing.FILE or not SECONDS.fullmatch(timestamp):
        raise SignatureRefused(reason="headers")
    digest, size = _digest(file)
    if (document.get("sha256"), document.get("size_bytes")) != (digest, size):
        raise SignatureRefused(reason="signature")
    message = signing.file_message(digest, key_id=key_id, timestamp=timestamp, size=size)
    key = _signing_key(key_id, message, signature, at=at)
    signed = int(timestamp)
    if signed < key.valid_from.timestamp() - TOLERANCE.total_seconds() or signed > (at + TOLERANCE).timestamp():
        raise SignatureRefused(reason="time")
    return key.organisation.code


class PartnerSignature(AuthBase):
    """Ninja auth: the request is signed by a partner; ``request.auth`` is the partner's code."""

    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "X-Signature"

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        self.clock = clock
        super().__init__()

    def __call__(self, request: HttpRequest) -> str:
        """Return the partner's code, or raise SignatureRefused (401)."""
        return verify(
            request.body,
            headers=request.headers,
            method=request.method or "",
            path=request.get_full_path(),
            at=self.clock(),
        )


def _signing_key(key_id: str, message: bytes, signature: str, *, at: datetime) -> PartnerKey:
    """Return the key in force that made the signature. Its algorithm is the one that it was issued with."""
    key = PartnerKey.objects.select_related("organisation").filter(key_id=key_id).first()
    if key is None:
        raise SignatureRefused(reason="signature")  # as for a wrong signature: it does not tell which keys exist
    try:
        made = signing.is_signed(message, signature, algorithm=key.algorithm, public=key.secret or key.public_key)
    except signing.AlgorithmNotInstalled as error:
        raise SignatureRefused(reason="key", needs=str(error)) from None
    if not made:
        raise SignatureRefused(reason="signature")
    if at < key.valid_from - TOLERANCE or (key.revoked_at is not None and key.revoked_at <= at):
        raise SignatureRefused(reason="key")
    return key


def _use_nonce(key: PartnerKey, nonce: str, signature: str, *, at: datetime) -> None:
    try:
        with transaction.atomic():
            RequestNonce.objects.create(key=key, nonce=nonce, signature=signature, seen_at=at)
    except IntegrityError:
        if RequestNonce.objects.filter(key=key, nonce=nonce).exclude(signature=signature).exists():
            raise SignatureRefused(reason="replay") from None


def _digest(file: Path | bytes) -> tuple[str, int]:
    if isinstance(file, bytes):
        return hashlib.sha256(file).hexdigest(), len(file)
    digest, size = hashlib.sha256(), 0
    with Path(file).open("rb") as stream:
        while chunk := stream.read(FILE_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
