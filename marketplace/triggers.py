"""What the database itself enforces: bids, settlements and the history of rights stay as written, no bid is late."""

from pathlib import Path

from core.trigger_sets import TriggerSet, from_folder

APPEND_ONLY = ("marketplace_bid", "marketplace_rightchange", "marketplace_settlement")
TRIGGERS = TriggerSet(
    app="marketplace",
    tables=frozenset(APPEND_ONLY),
    append_only=APPEND_ONLY,
    statements=from_folder(Path(__file__).parent / "sql"),
)
