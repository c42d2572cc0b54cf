"""The tables of the app: batches, their rows, what is carried, what was issued, redemptions, funds."""

from greenpoints.models.batches import Batch, BatchContent, BatchStatus, Behaviour, BehaviourStatus
from greenpoints.models.points import Carry, Fund, Issue, IssueStatus
from greenpoints.models.redemptions import Redemption, RedemptionStatus

__all__ = [
    "Batch",
    "BatchContent",
    "BatchStatus",
    "Behaviour",
    "BehaviourStatus",
    "Carry",
    "Fund",
    "Issue",
    "IssueStatus",
    "Redemption",
    "RedemptionStatus",
]
