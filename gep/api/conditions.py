"""What a change rests on (If-Match), and what an answer is (ETag): the revision of the row."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Path

from gep import readers
from gep.readers import READER_ROLES, Reader
from gep.revisions import RevisionMissing, RevisionStale
from identity import roles
from identity.role_codes import Role

TAG = re.compile(r'"(\d{1,9})"')
IF_MATCH = {"parameters": [{"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
                            "example": '"3"', "description": "The ETag that the change rests on"}]}  # fmt: skip
Code = Path(..., max_length=60, pattern=r"^[0-9A-Za-z_-]+$")
analysts = roles.Staff(Role.ANALYST.value)
staff = roles.Staff(*READER_ROLES)


def reader_of(request: HttpRequest) -> Reader:
    """Return what the caller may read, signed in or not."""
    return readers.of(request.user)


def revision_asked(request: HttpRequest) -> int:
    """Return the revision that the caller rests on. Raises RevisionMissing (428), RevisionStale (412)."""
    said = request.headers.get("If-Match", "").strip()
    if not said:
        raise RevisionMissing
    found = TAG.fullmatch(said)
    if found is None:
        raise RevisionStale(if_match=said[:60])
    return int(found[1])


def tagged(response: HttpResponse, view: Any) -> Any:
    """Put the revision of ``view`` on the answer, and return it."""
    response["ETag"] = f'"{view.revision}"'
    return view
