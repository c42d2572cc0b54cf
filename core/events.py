"""The journal of business facts: what happened, in the order in which the database wrote it down."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.functional import Promise

from core.models import Event

MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class KindLabels:
    """What people read for a kind of event."""

    zh: str | Promise
    en: str


class UndeclaredKind(LookupError):
    """A kind of event that no app declared; a mistake of ours, not of a caller."""


_kinds: dict[str, KindLabels] = {}


def declare(kind: str, *, zh: str, en: str) -> None:
    """Make ``kind`` known with both labels; called from an app's ``ready``."""
    if not zh or not en:
        raise ValueError(f"the event kind {kind} needs a Chinese and an English label")
    known = _kinds.setdefault(kind, KindLabels(zh=zh, en=en))
    if known != KindLabels(zh=zh, en=en):
        raise ValueError(f"the event kind {kind} is declared twice with different labels")


def declared() -> dict[str, KindLabels]:
    """Return every declared kind with its labels."""
    return dict(_kinds)


def record(kind: str, *, subject: str, occurred_at: datetime, detail: dict[str, Any]) -> None:
    """Write a fact into the caller's transaction. ``detail`` holds what JSON can, and nothing about persons.

    Raises ``UndeclaredKind`` where no app declared ``kind``.
    """
    if kind not in _kinds:
        raise UndeclaredKind(f"no app declares the event kind {kind!r}; call core.events.declare in its ready()")
    Event.objects.create(kind=kind, subject=subject, occurred_at=occurred_at, detail=detail)


def latest(kind: str) -> Event | None:
    """Return the event of ``kind`` that was written last, or None."""
    return Event.objects.filter(kind=kind).order_by("-sequence").first()


def since(sequence: int, *, kinds: Collection[str] | None = None, limit: int = 200) -> list[Event]:
    """Return at most ``limit`` events after ``sequence``, oldest first.

    An event that is not returned yet though a later one was written stays after every returned sequence, so a reader
    that keeps the last sequence misses none.
    """
    rows = Event.objects.filter(sequence__gt=sequence, sequence__lte=_settled_until()).order_by("sequence")
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return list(rows[: min(limit, MOST_AT_ONCE)])


def _settled_until() -> int:
    """Return the sequence up to which no transaction under way can still add an event."""
    if connection.vendor != "postgresql":
        return 2**63 - 1  # one writer at a time: sequences are in the order of the commits
    with connection.cursor() as cursor:
        # The order of the two statements matters: whoever takes its lock later gets a sequence beyond the first answer.
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM core_event_sequence_seq")
        written = cursor.fetchone()[0]
        cursor.execute("SELECT core_event_oldest_writer()")
        oldest = cursor.fetchone()[0]
    return written if oldest is None else min(written, oldest)
