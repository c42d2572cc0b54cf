"""The consent ledger is append-only, by the database itself."""

from core.trigger_sets import TriggerSet

TRIGGERS = TriggerSet(app="identity", tables=frozenset({"identity_consent"}), append_only=["identity_consent"])
