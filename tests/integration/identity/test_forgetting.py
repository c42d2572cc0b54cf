"""Nonces and codes that no request can use any more are deleted; those still accepted stay."""

from datetime import timedelta

import pytest

from identity import one_time_codes, people, tasks
from identity.models import OneTimeCode, RequestNonce
from identity.models import PartnerKey as Key


@pytest.mark.django_db
def test_what_is_too_old_is_forgotten(key, at):
    row = Key.objects.get(key_id=key.key_id)
    for nonce, minutes in (("old", 21), ("young", 19)):
        RequestNonce.objects.create(key=row, nonce=nonce, signature="s", seen_at=at - timedelta(minutes=minutes))
    refs = [people.register(name, region="361028", at=at) for name in ("林一", "林二")]
    one_time_codes.issue(refs[0], purpose="redemption", at=at - timedelta(minutes=6))
    code = one_time_codes.issue(refs[1], purpose="redemption", at=at)
    tasks.forget({}, as_of=at)
    assert RequestNonce.objects.get().nonce == "young"
    assert OneTimeCode.objects.count() == 1
    assert one_time_codes.redeem(code, purpose="redemption", at=at) == refs[1]
