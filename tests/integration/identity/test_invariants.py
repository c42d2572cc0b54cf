"""Each check sees the fault that it is there for."""

import pytest
from django.db import connection

from core import invariants
from identity import people, roles

pytestmark = pytest.mark.django_db


def verdict(code):
    return next(invariants.examine(one) for one in invariants.registered() if one.code == code)


def test_i19_finds_a_phone_in_the_clear(at):
    people.register("张三", phone="13900001111", region="361028", at=at)
    assert verdict("I19").holds
    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_person SET phone = '13900001111'")
    assert [broken.what for broken in verdict("I19").broken] == ["phone is not ciphertext"]


def test_i18_finds_two_duties_in_one_hand(at):
    user = people.register_user("wang", "correct-horse-9", roles=["system_administrator"], at=at)
    assert verdict("I18").holds
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX identity_rolegrant_one_administrator_duty")
        cursor.execute(
            "INSERT INTO identity_rolegrant (user_id, role, region, organisation, granted_by, granted_at, revoked_by)"
            " SELECT user_id, 'audit_administrator', region, '', '', granted_at, '' FROM identity_rolegrant"
        )
    assert [broken.row for broken in verdict("I18").broken] == [f"identity_user/{user.pk}"]
    assert roles.held(user) == {"system_administrator", "audit_administrator"}
