"""Real names in two levels: registered by phone (earn, look), confirmed by the government (redeem more, entrust).

The identity number never comes here: the service gives a token of its own for the person and says how old they are.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import events
from core.errors import RuleViolation
from identity import queries
from identity.encrypted_fields import real_name_index
from identity.models import AgeGroup, Person

TOKEN_LENGTH = 200


class RealNameRefused(RuleViolation):
    """The token is empty or too long, or the age group is none that the service tells; ``reason`` says which."""

    code = "real_name_refused"
    message = _("实名核验结果不完整。")
    status = 422


class RealNameTaken(RuleViolation):
    """Somebody else holds an account under this real name already."""

    code = "real_name_taken"
    message = _("该实名身份已绑定另一账户，一人只能有一个账户。")


class GuardianRequired(RuleViolation):
    """A child under 14 has an account only under a guardian."""

    code = "guardian_required"
    message = _("未满14周岁须由监护人开通。请先由监护人绑定。")


def confirm(ref: str, *, token: str, age_group: str, at: datetime) -> None:
    """Write down what the government's service answered about a person; the same answer again changes nothing.

    Raises PersonMissing, RealNameRefused, RealNameTaken, and GuardianRequired for a child without a guardian.
    """
    if not 0 < len(token) <= TOKEN_LENGTH:
        raise RealNameRefused(reason="token")
    if age_group not in (AgeGroup.CHILD, AgeGroup.TEENAGER, AgeGroup.ADULT):
        raise RealNameRefused(reason="age_group", value=age_group)
    index = real_name_index(token)
    with transaction.atomic():
        person = queries.person_row(ref, lock=True)
        if person.real_name_index == index and person.age_group == age_group:
            return
        if Person.objects.filter(real_name_index=index).exclude(pk=person.pk).exists():
            raise RealNameTaken(person=ref)
        if age_group == AgeGroup.CHILD and person.guardian_id is None:
            raise GuardianRequired(person=ref)
        person.real_name_token, person.real_name_index = token, index
        person.age_group, person.verified_at = age_group, at
        person.save(update_fields=["real_name_token", "real_name_index", "age_group", "verified_at"])
        events.record("identity.person.verified", subject=ref, occurred_at=at, detail={})
