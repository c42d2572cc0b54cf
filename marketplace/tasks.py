"""Background work of the market: ended sessions are closed, sales settled once paid, idle deposits given back."""

import logging
from datetime import datetime, timedelta
from typing import Any

from bookkeeping.refusals import Overdrawn
from core.errors import RuleViolation
from core.jobs import handler, recurring
from marketplace import queries, sessions, settlements

logger = logging.getLogger(__name__)
CLOSE_DUE = "marketplace.close_due_sessions"
SETTLE_PAID = "marketplace.settle_paid_sessions"
RETURN_DEPOSITS = "marketplace.return_deposits"


@handler(CLOSE_DUE, atomic=False)
def close_due_sessions(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Close every session whose deadline has come, each in a transaction of its own."""
    for code in queries.due_session_codes(as_of=as_of):
        try:
            sessions.close(code, at=as_of)
        except sessions.SessionRunning:
            logger.info("session %s was extended while it waited to be closed", code)


@handler(SETTLE_PAID, atomic=False)
def settle_paid_sessions(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Settle every awarded session whose buyer has the money, each in a transaction of its own; the others wait."""
    for code in queries.codes_to_settle():
        try:
            settlements.settle(code, at=as_of)
        except Overdrawn:
            logger.info("session %s waits for the buyer's money", code)
        except RuleViolation as refusal:
            logger.warning("session %s cannot be settled yet: %s", code, refusal)


@handler(RETURN_DEPOSITS, atomic=False)
def return_deposits(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Try again to return deposits whose accounts were frozen when their sessions closed."""
    for code in queries.codes_with_deposits_to_return():
        sessions.return_deposits(code, at=as_of)


recurring(CLOSE_DUE, every=timedelta(seconds=30))
recurring(SETTLE_PAID, every=timedelta(minutes=1))
recurring(RETURN_DEPOSITS, every=timedelta(hours=1))
