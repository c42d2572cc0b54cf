"""Issues and revokes the keys with which partners sign."""

import base64
import secrets
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from identity import queries, signing
from identity.models import PartnerKey


class AlgorithmRefused(RuleViolation):
    """An algorithm that is unknown, or whose optional package is not installed; ``reason`` tells."""

    code = "algorithm_refused"
    message = _("签名算法不可用。")
    status = 422


class KeyMissing(RuleViolation):
    """No key has this id."""

    code = "key_missing"
    message = _("没有该密钥。")
    status = 404


class IssuedKey(NamedTuple):
    """A new key. ``secret`` is shown once; it is empty where the partner keeps its own private key."""

    key_id: str
    secret: str


def issue(*, organisation: str, algorithm: str, at: datetime, public_key: str = "") -> IssuedKey:
    """Issue a key to an organisation, valid from ``at``.

    With ``public_key`` (base64 of the raw key, Ed25519 only) the partner keeps the private one to itself, which is
    the better way; without it a pair is made here, and its private half is returned and not kept.
    """
    if algorithm not in signing.ALGORITHMS:
        raise AlgorithmRefused(algorithm=algorithm, reason="unknown")
    provider = signing.ALGORITHMS[algorithm]
    if public_key:
        _check_public(public_key, algorithm=algorithm)
        pair = signing.KeyPair(private="", public=public_key)
    else:
        try:
            pair = provider.make()
        except signing.AlgorithmNotInstalled as error:
            raise AlgorithmRefused(algorithm=algorithm, reason=str(error)) from None
    with transaction.atomic():
        key = PartnerKey.objects.create(
            key_id=f"k{secrets.token_hex(8)}",
            organisation=queries.organisation_row(organisation),
            algorithm=algorithm,
            secret=pair.private if provider.shared_secret else "",
            public_key="" if provider.shared_secret else pair.public,
            valid_from=at,
        )
        detail = {"key": key.key_id, "algorithm": algorithm}
        events.record("identity.key.issued", subject=organisation, occurred_at=at, detail=detail)
    return IssuedKey(key_id=key.key_id, secret=f"{algorithm}:{pair.private}" if pair.private else "")


def is_known(key_id: str) -> bool:
    """Return whether a key of this name was ever issued here."""
    return PartnerKey.objects.filter(key_id=key_id).exists()


def revoke(key_id: str, *, at: datetime) -> None:
    """Revoke a key; every later check refuses what it signed. Again: nothing."""
    with transaction.atomic():
        key = PartnerKey.objects.select_for_update().select_related("organisation").filter(key_id=key_id).first()
        if key is None:
            raise KeyMissing(key=key_id)
        if key.revoked_at is None:
            key.revoked_at = at
            key.save(update_fields=["revoked_at"])
            subject = key.organisation.code
            events.record("identity.key.revoked", subject=subject, occurred_at=at, detail={"key": key_id})


def _check_public(public_key: str, *, algorithm: str) -> None:
    try:
        raw = base64.b64decode(public_key, validate=True)
    except ValueError:
        raw = b""
    if algorithm != "ed25519" or len(raw) != 32:
        raise AlgorithmRefused(algorithm=algorithm, reason="a public key is 32 raw bytes in base64, for ed25519 only")
