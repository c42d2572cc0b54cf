"""The work of the app that outlives a request."""

from datetime import datetime, timedelta
from typing import Any

from core.jobs import handler, recurring
from policy import claims


@handler("policy.match_events")
def match_events(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Match what happened since the last time to the programmes in force."""
    claims.match_new_events(as_of=as_of)


recurring("policy.match_events", every=timedelta(seconds=30))
