"""What the database itself enforces: bids, settlements and the history of rights stay as written; none bids too late.

Installed after every migration, since SQLite loses triggers whenever it rebuilds a table.
"""

from pathlib import Path
from typing import Any

from django.db import connections

FOLDER = Path(__file__).parent / "sql"
APPEND_ONLY = ("marketplace_bid", "marketplace_rightchange", "marketplace_settlement")


def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Install the triggers on the database ``using``, where the tables stand."""
    connection = connections[using]
    if set(connection.introspection.table_names()) >= set(APPEND_ONLY):
        install(connection)


def install(connection: Any) -> None:
    """Create every trigger anew; what stood there under the same name is replaced."""
    remove(connection)
    text = (FOLDER / f"{connection.vendor}.sql").read_text(encoding="utf-8")
    for statement in text.split("\n-- next\n"):
        _run(connection, statement)


def remove(connection: Any) -> None:
    """Drop every trigger of the market. For table rebuilds, and for tests that damage it."""
    for name, table in present(connection).items():
        on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
        _run(connection, f"DROP TRIGGER IF EXISTS {name}{on_table}")


def present(connection: Any) -> dict[str, str]:
    """Return the triggers of the market that the database has: name to table."""
    query = {
        "postgresql": (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgname LIKE 'marketplace\\_%_kept'"
            " AND c.relnamespace = current_schema()::regnamespace"
        ),
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'marketplace_%_kept'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def _run(connection: Any, statement: str) -> None:
    # Without parameters, so that a percent sign stays a percent sign.
    with connection.cursor() as cursor:
        cursor.execute(statement)
