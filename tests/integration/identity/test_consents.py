from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from identity import consents, people

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(at):
    return people.register("张三", region="361028", at=at)


def test_the_last_line_decides(person, at):
    assert not consents.in_force(person, "subsidy", at=at)
    consents.give(person, "subsidy", at=at, version="2026-1")
    consents.withdraw(person, "subsidy", at=at + timedelta(days=1))
    assert consents.in_force(person, "subsidy", at=at)
    assert not consents.in_force(person, "points", at=at)
    assert not consents.in_force(person, "subsidy", at=at + timedelta(days=1))
    assert not consents.in_force(person, "subsidy", at=at - timedelta(seconds=1))


@pytest.mark.parametrize("statement", ["UPDATE identity_consent SET given = NOT given", "DELETE FROM identity_consent"])
def test_the_database_keeps_every_line(person, at, statement):
    consents.give(person, "subsidy", at=at, version="2026-1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert consents.in_force(person, "subsidy", at=at)
