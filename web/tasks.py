"""The background work of the pages: the whole book is checked every hour, and the verdicts are published."""

from datetime import datetime, timedelta
from typing import Any

from core.jobs import handler, recurring
from web import verdicts

VERIFY = "web.verify_book"


@handler(VERIFY, atomic=False)
def verify_book(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Check every invariant and keep what each said."""
    verdicts.check(at=as_of)


recurring(VERIFY, every=timedelta(hours=1))
