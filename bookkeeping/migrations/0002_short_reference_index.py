"""On PostgreSQL references are unique by a short key: a third of the index, and pages that fill. SQLite stays as it is."""

from typing import Any

from django.db import migrations

from bookkeeping.references import KEY

NAME = "bookkeeping_leg_reference"


def shorten(apps: Any, schema_editor: Any) -> None:
    """Put the short index in the place of the one over the text, under its name."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE bookkeeping_leg DROP CONSTRAINT {NAME}")
        schema_editor.execute(f"CREATE UNIQUE INDEX {NAME} ON bookkeeping_leg ({KEY})")


def lengthen(apps: Any, schema_editor: Any) -> None:
    """Put the index over the text back."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {NAME}")
        schema_editor.execute(f"ALTER TABLE bookkeeping_leg ADD CONSTRAINT {NAME} UNIQUE (reference, leg)")


class Migration(migrations.Migration):
    """One index; no row changes."""

    dependencies = [("bookkeeping", "0001_initial")]
    operations = [migrations.RunPython(shorten, lengthen)]
