"""What the database itself enforces: a serial number is in one block, the retired stays so, orders stay as written,
as do the figures that acts are calculated with and who decided on them.
"""

from pathlib import Path

from core.trigger_sets import TriggerSet, from_folder

APPEND_ONLY = (
    "greenpoints_unitorder",
    "greenpoints_blockchange",
    "greenpoints_basis",
    "greenpoints_factorchange",
    "greenpoints_factordecision",
)
TRIGGERS = TriggerSet(
    app="greenpoints",
    tables=frozenset((*APPEND_ONLY, "greenpoints_unitblock", "greenpoints_poolbatch")),
    append_only=APPEND_ONLY,
    statements=from_folder(Path(__file__).parent / "sql"),
)
