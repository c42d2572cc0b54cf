"""Who is under review, and which partners are stopped."""

from collections.abc import Collection
from dataclasses import dataclass

from greenpoints.models import PartnerStop, RiskCase, RiskStatus, RiskSubject


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


def stopped_partners(partners: Collection[str]) -> frozenset[str]:
    """Return those partners whose deliveries are refused."""
    rows = PartnerStop.objects.filter(partner__in=list(partners), resumed_at=None)
    return frozenset(rows.values_list("partner", flat=True))
