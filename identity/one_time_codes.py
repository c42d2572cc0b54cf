"""Codes that a resident shows and another redeems, once and within minutes: how consent is given face to face."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from identity import queries, sealing
from identity.models import OneTimeCode

VALID_FOR = timedelta(minutes=5)
# 39 random bits: with a thousand codes in force, one guess in five hundred million hits one. No 0, O, 1, I, L.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8
SPACING = str.maketrans("", "", " -")


class CodeRefused(RuleViolation):
    """No such code is in force: mistyped, used before, replaced by a newer one, or too old."""

    code = "code_refused"
    message = _("一次性码无效：可能输错、已用过或已过期。请居民重新出示。")
    status = 422


def issue(person: str, *, purpose: str, at: datetime) -> str:
    """Return a new code of the person (ref) for ``purpose``, valid for five minutes; it takes the last one's place."""
    row = queries.person_row(person)
    code = "".join(secrets.choice(LETTERS) for _place in range(LENGTH))
    told = {"code_hash": _hash(code, purpose=purpose), "expires_at": at + VALID_FOR, "redeemed_at": None}
    OneTimeCode.objects.update_or_create(person=row, purpose=purpose, defaults=told)
    return code


def redeem(code: str, *, purpose: str, at: datetime) -> str:
    """Return the ref of the person who was issued the code, and use it up in the caller's transaction.

    Spaces, dashes and small letters do not matter. Raises CodeRefused.
    """
    wanted = OneTimeCode.objects.filter(
        code_hash=_hash(code.upper().translate(SPACING), purpose=purpose), redeemed_at=None, expires_at__gt=at
    )
    # The conditional update lets one of two redeemers through; the row stays theirs until the transaction ends.
    with transaction.atomic():
        ref = wanted.values_list("person__ref", flat=True).first()
        if ref is None or not wanted.update(redeemed_at=at):
            raise CodeRefused
    return ref


def forget(*, before: datetime) -> int:
    """Delete the codes that ended before that moment; return how many."""
    return OneTimeCode.objects.filter(expires_at__lt=before).delete()[0]


def _hash(code: str, *, purpose: str) -> str:
    key = sealing.derived_key(settings.FIELD_INDEX_KEY, use=f"one-time-code/{purpose}")
    return sealing.blind_index(code, key=key)
