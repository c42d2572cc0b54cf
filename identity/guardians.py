"""Who acts for a minor: a confirmed adult, until the minor is of age."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from identity import queries
from identity.models import AgeGroup

MOST_WARDS = 5


class GuardianRefused(RuleViolation):
    """A guardian is a confirmed adult, for somebody under 18, of five at most; ``reason`` says what is wrong."""

    code = "guardian_refused"
    message = _("不能设为监护人：须为已实名的成年人，且被监护人未成年。")


def bind(ward: str, *, guardian: str, at: datetime) -> None:
    """Make a confirmed adult the guardian of a person who is not known to be of age. Again: nothing.

    Raises PersonMissing, GuardianRefused.
    """
    with transaction.atomic():
        minor = queries.person_row(ward, lock=True)
        adult = queries.person_row(guardian)
        if minor.guardian_id == adult.pk:
            return
        if adult.age_group != AgeGroup.ADULT or adult.erased_at is not None:
            raise GuardianRefused(reason="not_an_adult", guardian=guardian)
        if minor.age_group == AgeGroup.ADULT or minor.pk == adult.pk:
            raise GuardianRefused(reason="of_age", person=ward)
        if adult.wards.count() >= MOST_WARDS:
            raise GuardianRefused(reason="too_many", guardian=guardian)
        minor.guardian = adult
        minor.save(update_fields=["guardian"])
        events.record("identity.guardian.bound", subject=ward, occurred_at=at, detail={"guardian": guardian})


def release(ward: str, *, at: datetime) -> None:
    """End the guardianship of a person who is of age now. Again: nothing. Raises GuardianRefused for a minor."""
    with transaction.atomic():
        person = queries.person_row(ward, lock=True)
        if person.guardian_id is None:
            return
        if person.age_group != AgeGroup.ADULT:
            raise GuardianRefused(reason="still_a_minor", person=ward)
        person.guardian = None
        person.save(update_fields=["guardian"])
        events.record("identity.guardian.released", subject=ward, occurred_at=at, detail={})
