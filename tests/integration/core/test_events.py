"""The journal is appended to, never changed, and a reader that keeps its last sequence misses nothing."""

import threading
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction

from core import events, triggers
from core.models import Event

T0 = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def record(subject):
    events.record("job.dead", subject=subject, occurred_at=T0, detail={"of": subject})


@pytest.mark.django_db
def test_events_are_read_in_order_after_a_sequence():
    record("job/1")
    record("job/2")
    first, second = events.since(0)
    assert (first.subject, second.subject, second.detail) == ("job/1", "job/2", {"of": "job/2"})
    assert first.recorded_at is not None and first.occurred_at == T0
    assert [event.subject for event in events.since(first.sequence)] == ["job/2"]
    assert [event.subject for event in events.since(0, limit=1)] == ["job/1"]
    assert events.since(0, kinds=["other"]) == []
    assert events.since(second.sequence) == []


@pytest.mark.django_db
def test_a_kind_that_nobody_declared_is_not_written():
    with pytest.raises(events.UndeclaredKind, match=r"unheard\.of"):
        events.record("unheard.of", subject="x", occurred_at=T0, detail={})


def test_kinds_have_both_labels_and_one_meaning():
    with pytest.raises(ValueError, match="label"):
        events.declare("test.unlabelled", zh="", en="x")
    with pytest.raises(ValueError, match="twice"):
        events.declare("job.dead", zh="别的", en="Something else")


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE core_event SET kind = 'x'", "DELETE FROM core_event"])
def test_the_database_refuses_changes(statement):
    record("job/1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.get().kind == "job.dead"


@pytest.mark.django_db
def test_the_triggers_are_put_back_by_migrate():
    names = {"postgresql": "core_event_append_only ON core_event", "sqlite": "core_event_no_delete"}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {names[connection.vendor]}")
    triggers.TRIGGERS.install_after_migrate(using="default")
    record("job/1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_a_reader_stops_before_a_writer_that_has_not_committed():
    """On PostgreSQL the later sequence may be committed first; SQLite lets one writer in at a time."""
    if connection.vendor == "sqlite":
        record("early")
        assert [event.subject for event in events.since(0)] == ["early"]
        return
    inside, go_on = threading.Event(), threading.Event()

    def slow_writer():
        with transaction.atomic():
            record("early, committed late")
            inside.set()
            go_on.wait(10)
        connections.close_all()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert inside.wait(10)
    start = max([event.sequence for event in events.since(0)], default=0)
    record("late, committed early")
    seen = [event.subject for event in events.since(start)]
    go_on.set()
    writer.join()
    assert seen == []
    assert [event.subject for event in events.since(start)] == ["early, committed late", "late, committed early"]


@pytest.mark.django_db
def test_many_events_of_one_transaction_hold_one_lock():
    if connection.vendor == "sqlite":
        assert events._settled_until() == 2**63 - 1
        return
    for number in range(20):
        record(f"job/{number}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_migrate_again_changes_nothing():
    call_command("migrate", "core", verbosity=0)
    record("job/1")
