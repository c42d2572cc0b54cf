"""No two blocks that are leaves of the register share a serial number. On SQLite a trigger sees to it."""

from typing import Any

from django.db import migrations

NAME = "greenpoints_block_number_once"
NUMBERS = 10_000_000_000  # of a series: its id and ten digits are one number, so that one plain range index will do


def exclude(apps: Any, schema_editor: Any) -> None:
    """Add the exclusion constraint over series and numbers."""
    if schema_editor.connection.vendor == "postgresql":
        numbers = f"int8range(series_id * {NUMBERS} + start, series_id * {NUMBERS} + \"end\", '[]')"
        schema_editor.execute(
            f"ALTER TABLE greenpoints_unitblock ADD CONSTRAINT {NAME} EXCLUDE USING gist ({numbers} WITH &&)"
            " WHERE (status NOT IN ('split', 'merged', 'transferred'))"
        )


def allow(apps: Any, schema_editor: Any) -> None:
    """Drop it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE greenpoints_unitblock DROP CONSTRAINT {NAME}")


class Migration(migrations.Migration):
    """One constraint; no row changes."""

    dependencies = [("greenpoints", "0008_registry")]
    operations = [migrations.RunPython(exclude, allow)]
