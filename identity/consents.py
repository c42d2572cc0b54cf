"""The consent ledger: lines are added, never changed."""

from datetime import datetime

from django.db import transaction

from core import events
from identity import queries
from identity.models import Consent


def give(person_ref: str, purpose: str, *, at: datetime, version: str) -> None:
    """Write down that a person agrees to a purpose, under this version of its text."""
    _write(person_ref, purpose, at=at, version=version, given=True)


def withdraw(person_ref: str, purpose: str, *, at: datetime, version: str = "") -> None:
    """Write down that a person no longer agrees."""
    _write(person_ref, purpose, at=at, version=version, given=False)


def in_force(person_ref: str, purpose: str, *, at: datetime) -> bool:
    """Return whether the last line written for that moment or before gives consent."""
    lines = Consent.objects.filter(person__ref=person_ref, purpose=purpose, at__lte=at)
    last = lines.order_by("-at", "-id").first()
    return last is not None and last.given


def _write(person_ref: str, purpose: str, *, at: datetime, version: str, given: bool) -> None:
    with transaction.atomic():
        person = queries.person_row(person_ref)
        Consent.objects.create(person=person, purpose=purpose, version=version, given=given, at=at)
        kind = "identity.consent.given" if given else "identity.consent.withdrawn"
        events.record(kind, subject=person_ref, occurred_at=at, detail={"purpose": purpose, "version": version})
