"""Keys change: what a former key sealed is sealed anew, in steps that may be broken off; nothing is lost."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from identity import people, resealing, sealing
from identity.models import Person

OLD, NEW = "an-old-secret-" * 4, "a-new-secret-" * 4


def stored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM identity_person ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def run(*arguments):
    told, wrong = StringIO(), StringIO()
    try:
        call_command("reseal", *arguments, stdout=told, stderr=wrong)
    except SystemExit as ended:
        return ended.code, told.getvalue(), wrong.getvalue()
    return 0, told.getvalue(), wrong.getvalue()


@pytest.fixture
def rotated(db, settings, at):
    """Seven people whose names a former key sealed, and a new key in force."""
    settings.FIELD_ENCRYPTION_KEY, settings.FIELD_ENCRYPTION_OLD_KEYS = OLD, []
    refs = [people.register(f"居民{n}", region="361002", phone=f"1390000000{n}", at=at) for n in range(7)]
    settings.FIELD_ENCRYPTION_KEY, settings.FIELD_ENCRYPTION_OLD_KEYS = NEW, [OLD]
    return refs


def names():
    return list(Person.objects.order_by("id").values_list("name", flat=True))


def test_the_former_key_can_be_thrown_away_afterwards(rotated, settings):
    assert run("--check")[0] == 1
    code, told, _ = run("--batch", "3")
    assert code == 0
    assert "identity_person.name: 3 sealed anew, 4 to go" in told
    settings.FIELD_ENCRYPTION_OLD_KEYS = []
    assert names() == [f"居民{n}" for n in range(7)]
    assert list(Person.objects.order_by("id").values_list("phone", flat=True)) == [f"1390000000{n}" for n in range(7)]
    assert run("--check") == (0, told.splitlines()[-1] + "\n", "")


def test_it_goes_on_where_it_was_broken_off(rotated):
    steps = resealing.reseal(batch=2)
    next(steps)
    steps.close()
    current = sealing.key_id(sealing.derived_key(NEW, use="field"))
    assert [name.split(":")[1] == current for name in stored()] == [True] * 2 + [False] * 5
    before = stored()
    assert run()[0] == 0
    assert stored()[:2] == before[:2]  # what was done is not done again
    assert run()[1].count("sealed anew") == 0


def test_a_row_that_no_key_opens_is_named_and_left(rotated):
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM identity_person")
        first = cursor.fetchone()[0]
        cursor.execute("UPDATE identity_person SET name = 'aes256gcm:00000000:AAAA' WHERE id = %s", [first])
    code, told, wrong = run()
    assert code == 1
    assert f"identity_person.name of row {first}: identity_person.name is sealed with the unknown key" in wrong
    assert "identity_person.name: 1 rows need a former key" in told
    assert stored()[0] == "aes256gcm:00000000:AAAA"


def test_a_row_that_is_written_meanwhile_keeps_what_was_written(rotated, monkeypatch):
    real = sealing.unseal

    def and_somebody_writes(text, *, keys, place):
        if place == "identity_person.name":
            Person.objects.order_by("id").update(name="改名")
        return real(text, keys=keys, place=place)

    monkeypatch.setattr(resealing.sealing, "unseal", and_somebody_writes)
    next(resealing.reseal(batch=1))
    monkeypatch.undo()
    assert names() == ["改名"] * 7


def test_every_sealed_column_is_reached():
    assert {field.place for field in resealing.columns()} >= {
        "identity_person.name", "identity_person.phone", "identity_partnerkey.secret", "policy_payee.name",
        "policy_payee.token", "policy_paymentinstruction.payee_name", "policy_paymentinstruction.payee_token",
    }  # fmt: skip
