"""What the database itself refuses: a change of a decision, an approval, a signature, a step or a bank file."""

from core.trigger_sets import TriggerSet

APPEND_ONLY = ("policy_decision", "policy_approval", "policy_claimstep", "policy_batchsignature", "policy_bankfile")
TRIGGERS = TriggerSet(app="policy", tables=frozenset(APPEND_ONLY), append_only=APPEND_ONLY)
