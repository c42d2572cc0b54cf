"""Who is under review, and which partners are stopped."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F

from greenpoints.detectors.findings import REASONS
from greenpoints.models import PartnerStop, RiskCase, RiskStatus, RiskSubject
from greenpoints.models.risk import UNSETTLED


@dataclass(frozen=True, slots=True)
class UnderReview:
    """Those of the asked people and partners against whom a suspicion stands."""

    people: frozenset[str]
    partners: frozenset[str]


def under_review(people: Collection[str], *, partners: Collection[str] = ()) -> UnderReview:
    """Return those with a case that was not cleared, and partners that are stopped."""
    standing = RiskCase.objects.exclude(status=RiskStatus.CLEARED)
    found = {
        kind: frozenset(standing.filter(subject_kind=kind, subject__in=subjects).values_list("subject", flat=True))
        for kind, subjects in ((RiskSubject.PERSON, list(people)), (RiskSubject.PARTNER, list(partners)))
    }
    return UnderReview(found[RiskSubject.PERSON], found[RiskSubject.PARTNER] | stopped_partners(partners))


def spending_held(person: str) -> bool:
    """Return whether an officer keeps the resident's coins from being spent until a review is over."""
    return RiskCase.objects.filter(subject_kind=RiskSubject.PERSON, subject=person, holds=True).exists()


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as its reviewers see it, and, without ``facts`` of others, the person it is about."""

    id: int
    subject_kind: str
    subject: str
    reason: str
    zh: str
    en: str
    facts: dict[str, Any]
    business_on: date
    status: str
    status_label: str
    holds: bool
    raised_at: datetime
    appeal: str
    due_on: date | None
    overdue: bool
    decided_by: str
    decided_at: datetime | None
    note: str


def queue(*, today: date, limit: int = 50) -> list[CaseLine]:
    """Return the cases that wait for a decision: appeals by their due day, then the oldest."""
    rows = RiskCase.objects.filter(status__in=UNSETTLED).order_by(F("due_on").asc(nulls_last=True), "raised_at", "pk")
    return [_line(row, today=today) for row in rows[:limit]]


def waiting() -> int:
    """Return how many cases wait for a decision."""
    return RiskCase.objects.filter(status__in=UNSETTLED).count()


def cases_of(person: str, *, today: date) -> list[CaseLine]:
    """Return every case about a resident with its reason, for the resident to read and to appeal; newest first."""
    rows = RiskCase.objects.filter(subject_kind=RiskSubject.PERSON, subject=person).order_by("-pk")
    return [_line(row, today=today) for row in rows[:50]]


def stops() -> list[PartnerStop]:
    """Return the partners that are stopped now."""
    return list(PartnerStop.objects.filter(resumed_at=None).order_by("partner"))


def _line(row: RiskCase, *, today: date) -> CaseLine:
    reason = REASONS[row.reason]
    return CaseLine(
        id=row.pk,
        subject_kind=row.subject_kind,
        subject=row.subject,
        reason=row.reason,
        zh=reason.zh,
        en=reason.en,
        facts=row.facts,
        business_on=row.business_on,
        status=row.status,
        status_label=str(row.get_status_display()),
        holds=row.holds,
        raised_at=row.raised_at,
        appeal=row.appeal,
        due_on=row.due_on,
        overdue=row.due_on is not None and today > row.due_on,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )


def stopped_partners(partners: Collection[str]) -> frozenset[str]:
    """Return those partners whose deliveries are refused."""
    rows = PartnerStop.objects.filter(partner__in=list(partners), resumed_at=None)
    return frozenset(rows.values_list("partner", flat=True))
