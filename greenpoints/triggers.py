"""What the database itself enforces: a serial number is in one block, the retired stays so, orders stay as written."""

from pathlib import Path

from core.trigger_sets import TriggerSet, from_folder

APPEND_ONLY = ("greenpoints_unitorder", "greenpoints_blockchange")
TRIGGERS = TriggerSet(
    app="greenpoints",
    tables=frozenset((*APPEND_ONLY, "greenpoints_unitblock", "greenpoints_poolbatch")),
    append_only=APPEND_ONLY,
    statements=from_folder(Path(__file__).parent / "sql"),
)
