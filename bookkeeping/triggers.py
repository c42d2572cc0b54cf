"""The part of the book that the database itself enforces: balances follow legs, nothing written is changed."""

from pathlib import Path

from core.trigger_sets import TriggerSet, from_folder

FOLDER = Path(__file__).parent / "sql"
TRIGGERS = TriggerSet(
    app="bookkeeping",
    tables=frozenset(
        {
            "bookkeeping_account",
            "bookkeeping_slot",
            "bookkeeping_leg",
            "bookkeeping_openhold",
            "bookkeeping_tile",
            "bookkeeping_signedtreehead",
        }
    ),
    statements=from_folder(FOLDER),
)
