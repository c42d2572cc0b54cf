"""The triggers of an app: made anew after every migration, since SQLite loses them whenever it rebuilds a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections

BETWEEN = "\n-- next\n"
_REFUSE = """CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"""
_PRESENT = {
    "postgresql": (
        "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND t.tgname LIKE %s AND c.relnamespace = current_schema()::regnamespace"
    ),
    # The index of a geometry column keeps its own triggers, see spatial_index.py.
    "sqlite": (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s ESCAPE '\\'"
        " AND name NOT LIKE '%%\\_rtree\\_%%' ESCAPE '\\'"
    ),
}


@dataclass(frozen=True)
class TriggerSet:
    """The triggers of ``app``, whose names begin with its own: append-only tables, and statements by vendor."""

    app: str
    tables: frozenset[str]
    append_only: Sequence[str] = ()
    statements: dict[str, Sequence[str]] = field(default_factory=dict)

    def install_after_migrate(self, *, using: str, **_kwargs: Any) -> None:
        """Install the triggers on the database ``using``, where the tables stand."""
        connection = connections[using]
        if set(connection.introspection.table_names()) >= self.tables:
            self.install(connection)

    def install(self, connection: Any) -> None:
        """Create every trigger anew; what stood there under the app's name is dropped."""
        self.remove(connection)
        for statement in self.made(connection.vendor):
            _run(connection, statement)

    def remove(self, connection: Any) -> None:
        """Drop every trigger of the app. For table rebuilds, and for tests that empty or damage it."""
        for name, table in self.present(connection).items():
            on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            _run(connection, f"DROP TRIGGER IF EXISTS {name}{on_table}")

    def present(self, connection: Any) -> dict[str, str]:
        """Return the triggers of the app that the database has: name to table."""
        with connection.cursor() as cursor:
            cursor.execute(_PRESENT[connection.vendor], [f"{self.app}\\_%"])
            return dict(cursor.fetchall())

    def made(self, vendor: str) -> list[str]:
        """Return the statements that make the triggers on ``postgresql`` or ``sqlite``."""
        kept = {"postgresql": _append_only_postgresql, "sqlite": _append_only_sqlite}[vendor]
        return [
            *(statement for table in self.append_only for statement in kept(table)),
            *self.statements.get(vendor, ()),
        ]


def from_folder(folder: Path) -> dict[str, Sequence[str]]:
    """Return the statements of ``folder``/postgresql.sql and ``folder``/sqlite.sql, by vendor."""
    texts = {vendor: (folder / f"{vendor}.sql").read_text(encoding="utf-8") for vendor in ("postgresql", "sqlite")}
    return {vendor: [part.strip() for part in text.split(BETWEEN) if part.strip()] for vendor, text in texts.items()}


def _append_only_postgresql(table: str) -> Iterable[str]:
    yield _REFUSE
    yield (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION core_refuse_change()"
    )
    yield (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()"
    )


def _append_only_sqlite(table: str) -> Iterable[str]:
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _run(connection: Any, statement: str) -> None:
    # Without parameters, so that a percent sign stays a percent sign.
    with connection.cursor() as cursor:
        cursor.execute(statement)
