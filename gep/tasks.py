"""The work of the app that outlives a request."""

from datetime import datetime
from typing import Any

from core import jobs
from gep import accounts


@jobs.handler("gep.compile_account", atomic=False)
def compile_account(payload: dict[str, Any], *, as_of: datetime) -> None:
    """Compile a requested account; once compiled, again changes nothing."""
    accounts.compile(payload["account"], as_of=as_of)
