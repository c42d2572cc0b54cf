"""What others may know of 绿宝: a resident's day, a batch and its refusals, the public totals, a merchant's day."""

from greenpoints.queries.batches import (
    BatchMissing,
    BatchReport,
    Refusal,
    batch,
    received_batch_ids,
    refusals,
    rejections,
)
from greenpoints.queries.events import Event, EventMissing, event
from greenpoints.queries.liability import Liability, MonthOut, liabilities
from greenpoints.queries.public_totals import Totals, totals
from greenpoints.queries.reconciliation import Reconciliation, reconcile
from greenpoints.queries.redemptions import MerchantDay, merchant_day
from greenpoints.queries.residents import ActLine, ResidentSummary, last_day, resident_summary
from greenpoints.queries.traces import BehaviourTrace, TraceMissing, trace

__all__ = [
    "Event",
    "EventMissing",
    "Reconciliation",
    "event",
    "reconcile",
    "ActLine",
    "BatchMissing",
    "BatchReport",
    "BehaviourTrace",
    "Liability",
    "MerchantDay",
    "MonthOut",
    "Refusal",
    "ResidentSummary",
    "Totals",
    "TraceMissing",
    "batch",
    "last_day",
    "liabilities",
    "merchant_day",
    "received_batch_ids",
    "refusals",
    "rejections",
    "resident_summary",
    "totals",
    "trace",
]
