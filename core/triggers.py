"""What the database itself sees to in the event journal."""

from core.trigger_sets import TriggerSet

# A writer holds a shared advisory lock that carries the sequence which stood when it began. Readers stop there.
LOCK_SPACE = 0x0E7E47 << 40

WRITERS = (
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
    """CREATE TRIGGER core_event_writer BEFORE INSERT ON core_event
    FOR EACH STATEMENT EXECUTE FUNCTION core_event_begin_write()""",
)
TRIGGERS = TriggerSet(
    app="core", tables=frozenset({"core_event"}), append_only=["core_event"], statements={"postgresql": WRITERS}
)
