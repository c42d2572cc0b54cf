"""What identity does in the background."""

from datetime import datetime, timedelta
from typing import Any

from core import jobs
from identity import one_time_codes, signatures

jobs.recurring("identity.forget", timedelta(hours=1))


@jobs.handler("identity.forget")
def forget(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Delete nonces and one-time codes that are too old to be accepted anyway."""
    signatures.forget_nonces(before=as_of - 4 * signatures.TOLERANCE)
    one_time_codes.forget(before=as_of)
