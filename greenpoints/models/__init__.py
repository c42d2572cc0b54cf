"""The tables of the app: batches, their rows, what is carried, what was issued, lots, redemptions, funds."""

from greenpoints.models.batches import Batch, BatchContent, BatchStatus, Behaviour, BehaviourStatus
from greenpoints.models.campaigns import Bonus, BonusStatus, Campaign, CampaignDay, CampaignShare, CampaignStatus
from greenpoints.models.grants import Grant, GrantStatus
from greenpoints.models.lots import ExpiryNotice, Lot, LotUse
from greenpoints.models.points import Carry, Fund, Issue, IssueStatus
from greenpoints.models.quantification import Basis
from greenpoints.models.redemptions import Redemption, RedemptionStatus, Refund
from greenpoints.models.residents import Circle, CircleKind, CircleMember, Closure, Goal
from greenpoints.models.reversals import Debt, Reversal, ReversalCause

__all__ = [
    "Basis",
    "Batch",
    "BatchContent",
    "BatchStatus",
    "Behaviour",
    "BehaviourStatus",
    "Bonus",
    "BonusStatus",
    "Campaign",
    "CampaignDay",
    "CampaignShare",
    "CampaignStatus",
    "Carry",
    "Circle",
    "CircleKind",
    "CircleMember",
    "Closure",
    "Debt",
    "ExpiryNotice",
    "Fund",
    "Goal",
    "Grant",
    "GrantStatus",
    "Issue",
    "IssueStatus",
    "Lot",
    "LotUse",
    "Redemption",
    "RedemptionStatus",
    "Refund",
    "Reversal",
    "ReversalCause",
]
