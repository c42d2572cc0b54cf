"""On PostgreSQL triggers check the terms of an account when it is opened; they are fixed, so no posting need do it again.

Without this each posting reads and compiles the checks anew, a tenth of its time. SQLite keeps them as checks. Whoever
changes one of these checks changes it in sql/postgresql.sql too, and takes it out of the table's on PostgreSQL as here.
"""

from typing import Any

from django.db import migrations

AT_OPENING = {"bookkeeping_account_asset", "bookkeeping_account_nature", "bookkeeping_account_stripes"}


def to_triggers(apps: Any, schema_editor: Any) -> None:
    """Drop the checks; the triggers are made after every migration."""
    if schema_editor.connection.vendor == "postgresql":
        for account, check in _checks(apps):
            schema_editor.remove_constraint(account, check)


def to_checks(apps: Any, schema_editor: Any) -> None:
    """Put the checks back."""
    if schema_editor.connection.vendor == "postgresql":
        for account, check in _checks(apps):
            schema_editor.add_constraint(account, check)


def _checks(apps: Any) -> list[tuple[Any, Any]]:
    account = apps.get_model("bookkeeping", "Account")
    return [(account, check) for check in account._meta.constraints if check.name in AT_OPENING]


class Migration(migrations.Migration):
    """Three checks; no row changes."""

    dependencies = [("bookkeeping", "0003_stripes_from_the_beginning")]
    operations = [migrations.RunPython(to_triggers, to_checks)]
