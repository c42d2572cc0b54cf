"""On PostgreSQL every striped account has all its stripes; those opened before get the ones that they lack."""

from typing import Any

from django.db import migrations

STRIPES = """
    INSERT INTO bookkeeping_slot (account_id, slot, balance, held_out, held_in)
    SELECT id, stripe, 0, 0, 0 FROM bookkeeping_account CROSS JOIN generate_series(0, 63) AS stripe WHERE striped
    ON CONFLICT (account_id, slot) DO NOTHING
"""


def complete(apps: Any, schema_editor: Any) -> None:
    """Open the missing stripes. The triggers, which refuse this, are made anew after every migration."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER IF EXISTS bookkeeping_slot_keep ON bookkeeping_slot")
        schema_editor.execute(STRIPES)
        schema_editor.execute("DROP FUNCTION IF EXISTS bookkeeping_move_stripe(bigint, integer, bigint, bigint, bigint)")


class Migration(migrations.Migration):
    """Rows of zeros; nothing moves."""

    dependencies = [("bookkeeping", "0002_short_reference_index")]
    operations = [migrations.RunPython(complete, migrations.RunPython.noop)]
