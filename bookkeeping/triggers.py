"""The part of the book that the database itself enforces: balances follow legs, nothing written is changed.

Installed after every migration, since SQLite loses triggers whenever it rebuilds a table.
"""

from pathlib import Path
from typing import Any

from django.db import connections

FOLDER = Path(__file__).parent / "sql"
TABLES = {
    "bookkeeping_account",
    "bookkeeping_slot",
    "bookkeeping_leg",
    "bookkeeping_openhold",
    "bookkeeping_tile",
    "bookkeeping_signedtreehead",
}


def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Install the triggers on the database ``using``, where the tables stand."""
    connection = connections[using]
    if set(connection.introspection.table_names()) >= TABLES:
        install(connection)


def install(connection: Any) -> None:
    """Create every trigger anew; what stood there under the same name is replaced."""
    remove(connection)
    for statement in _statements(connection.vendor):
        _run(connection, statement)


def remove(connection: Any) -> None:
    """Drop every trigger of the book. For table rebuilds, and for tests that empty or damage the book."""
    for name, table in present(connection).items():
        on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
        _run(connection, f"DROP TRIGGER IF EXISTS {name}{on_table}")


def present(connection: Any) -> dict[str, str]:
    """Return the triggers of the book that the database has: name to table."""
    query = {
        "postgresql": (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgname LIKE 'bookkeeping\\_%'"
            " AND c.relnamespace = current_schema()::regnamespace"
        ),
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'bookkeeping_%'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def _statements(vendor: str) -> list[str]:
    text = (FOLDER / f"{vendor}.sql").read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split("\n-- next\n") if statement.strip()]


def _run(connection: Any, statement: str) -> None:
    # Without parameters, so that a percent sign stays a percent sign.
    with connection.cursor() as cursor:
        cursor.execute(statement)
