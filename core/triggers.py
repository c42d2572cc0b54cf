"""What the database itself sees to in the event journal; installed after every migration.

SQLite loses triggers whenever it rebuilds a table, so they are created anew each time.
"""

from typing import Any

from django.db import connections

# A writer holds a shared advisory lock that carries the sequence which stood when it began. Readers stop there.
LOCK_SPACE = 0x0E7E47 << 40

POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION core_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'core_event is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE OR REPLACE FUNCTION core_event_begin_write() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE stood bigint;
    BEGIN
        IF coalesce(current_setting('core.event_writer', true), '') <> 'yes' THEN
            SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO stood FROM core_event_sequence_seq;
            PERFORM pg_advisory_xact_lock_shared({LOCK_SPACE} + stood);
            PERFORM set_config('core.event_writer', 'yes', true);
        END IF;
        RETURN NULL;
    END $$""",  # noqa: S608 - a constant of ours
    f"""CREATE OR REPLACE FUNCTION core_event_oldest_writer() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT min(((classid::bigint << 32) | objid::bigint) - {LOCK_SPACE}) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((classid::bigint << 32) | objid::bigint) BETWEEN {LOCK_SPACE} AND {LOCK_SPACE + 2**40 - 1} $$""",  # noqa: S608
    "DROP TRIGGER IF EXISTS core_event_append_only ON core_event",
    """CREATE TRIGGER core_event_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_refuse_change()""",
    "DROP TRIGGER IF EXISTS core_event_no_truncate ON core_event",
    """CREATE TRIGGER core_event_no_truncate BEFORE TRUNCATE ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_refuse_change()""",
    "DROP TRIGGER IF EXISTS core_event_writer ON core_event",
    """CREATE TRIGGER core_event_writer BEFORE INSERT ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_begin_write()""",
)
SQLITE = tuple(
    statement
    for verb in ("UPDATE", "DELETE")
    for statement in (
        f"DROP TRIGGER IF EXISTS core_event_no_{verb.lower()}",
        f"""CREATE TRIGGER core_event_no_{verb.lower()} BEFORE {verb} ON core_event
        BEGIN SELECT RAISE(ABORT, 'core_event is append-only'); END""",
    )
)


def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Install the triggers on the database ``using``, where the table stands."""
    connection = connections[using]
    if "core_event" in connection.introspection.table_names():
        install(connection)


def install(connection: Any) -> None:
    """Create every trigger anew."""
    with connection.cursor() as cursor:
        for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[connection.vendor]:
            cursor.execute(statement)
