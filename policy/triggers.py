"""What the database itself refuses: a change of a decision, an approval, a signature, a step or a bank file.

Installed after every migration, since SQLite loses triggers whenever it rebuilds a table.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connections

APPEND_ONLY = ("policy_decision", "policy_approval", "policy_claimstep", "policy_batchsignature", "policy_bankfile")
REFUSE = """CREATE OR REPLACE FUNCTION policy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"""


def install_after_migrate(*, using: str, **_kwargs: Any) -> None:
    """Install the triggers on the database ``using``, where the tables stand."""
    connection = connections[using]
    if set(APPEND_ONLY) <= set(connection.introspection.table_names()):
        with connection.cursor() as cursor:
            for statement in statements(connection.vendor):
                cursor.execute(statement)


def statements(vendor: str) -> Iterator[str]:
    """Return what makes the tables append-only on ``postgresql`` or ``sqlite``."""
    if vendor == "postgresql":
        yield REFUSE
    for table in APPEND_ONLY:
        yield from _postgresql(table) if vendor == "postgresql" else _sqlite(table)


def _postgresql(table: str) -> Iterator[str]:
    yield f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}"
    yield (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION policy_refuse_change()"
    )


def _sqlite(table: str) -> Iterator[str]:
    for verb in ("UPDATE", "DELETE"):
        yield f"DROP TRIGGER IF EXISTS {table}_no_{verb.lower()}"
        yield (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
