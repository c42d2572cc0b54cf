"""What the book does by itself: let expired holds go, seal what was posted."""

from datetime import datetime, timedelta
from typing import Any

from bookkeeping import postings, transparency
from core import jobs

SWEEP_LIMIT = 1_000


@jobs.handler("bookkeeping.release_expired")
def release_expired(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Release the holds that ran out by ``as_of``."""
    while postings.release_expired(now=as_of, limit=SWEEP_LIMIT):
        continue


@jobs.handler("bookkeeping.seal", atomic=False)  # each block by itself, so that writers wait for one at most
def seal(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Take what was posted into the public log and sign the new head."""
    transparency.seal(at=as_of)


jobs.recurring("bookkeeping.release_expired", every=timedelta(minutes=1))
jobs.recurring("bookkeeping.seal", every=timedelta(minutes=15))
