"""The consent ledger: lines are added, never changed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

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


@dataclass(frozen=True, slots=True)
class Standing:
    """The last line of a person for a purpose."""

    purpose: str
    version: str
    given: bool
    at: datetime


def standings(person_ref: str, *, at: datetime) -> dict[str, Standing]:
    """Return, by purpose, the last line of a person written for that moment or before."""
    lines = Consent.objects.filter(person__ref=person_ref, at__lte=at).order_by("at", "id")
    return {
        purpose: Standing(purpose, version, given, moment)
        for purpose, version, given, moment in lines.values_list("purpose", "version", "given", "at")
    }


def history(person_ref: str) -> list[Standing]:
    """Return every line of a person, oldest first."""
    lines = Consent.objects.filter(person__ref=person_ref).order_by("at", "id")
    return [Standing(*line) for line in lines.values_list("purpose", "version", "given", "at")]


def withdrawn(person_refs: Sequence[str], *, prefix: str, at: datetime) -> dict[tuple[str, str], datetime]:
    """Return when each consent whose purpose begins with ``prefix`` was withdrawn, by person and purpose.

    Only those in which the last line by ``at`` is a withdrawal. One statement, however many people.
    """
    people = "json_array_elements_text(%s::json)" if connection.vendor == "postgresql" else "json_each(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ref, purpose, at FROM ("  # noqa: S608
            " SELECT person.ref, consent.purpose, consent.at, consent.given, row_number() OVER ("
            "  PARTITION BY consent.person_id, consent.purpose ORDER BY consent.at DESC, consent.id DESC) AS place"
            " FROM identity_consent AS consent JOIN identity_person AS person ON person.id = consent.person_id"
            f" WHERE consent.at <= %s AND consent.purpose LIKE %s AND person.ref IN (SELECT value FROM {people})"
            ") AS latest WHERE place = 1 AND NOT given",
            [connection.ops.adapt_datetimefield_value(at), f"{prefix}%", json.dumps(list(dict.fromkeys(person_refs)))],
        )
        rows = cursor.fetchall()
    return {(ref, purpose): moment if moment.tzinfo else moment.replace(tzinfo=UTC) for ref, purpose, moment in rows}


def _write(person_ref: str, purpose: str, *, at: datetime, version: str, given: bool) -> None:
    with transaction.atomic():
        person = queries.person_row(person_ref)
        Consent.objects.create(person=person, purpose=purpose, version=version, given=given, at=at)
        kind = "identity.consent.given" if given else "identity.consent.withdrawn"
        events.record(kind, subject=person_ref, occurred_at=at, detail={"purpose": purpose, "version": version})
