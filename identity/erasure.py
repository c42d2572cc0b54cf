"""Forgets who a person was. The book keeps its rows under a name that means nobody any more."""

from datetime import datetime

from django.db import transaction

from core import events
from identity import queries
from identity.models import OneTimeCode, PartnerBinding, Person, RoleGrant, User


def erase(ref: str, *, at: datetime) -> None:
    """Delete everything that leads from the ref to the person: name, phone, real name, tokens of partners, sign-in.

    The ref stays in the book, in the consent ledger (proof of what was agreed) and in journals. Again: nothing.
    Raises PersonMissing. Wards of the person stay, and need another guardian before they can act.
    """
    with transaction.atomic():
        person = queries.person_row(ref, lock=True)
        if person.erased_at is not None:
            return
        Person.objects.filter(pk=person.pk).update(
            name="",
            phone="",
            phone_index="",
            real_name_token="",
            real_name_index="",
            guardian=None,
            erased_at=at,
        )
        PartnerBinding.objects.filter(person=person).delete()
        OneTimeCode.objects.filter(person=person).delete()
        for user in User.objects.filter(person=person):
            _end_sign_in(user, at=at)
        events.record("identity.person.erased", subject=ref, occurred_at=at, detail={})


def _end_sign_in(user: User, *, at: datetime) -> None:
    """Leave of a sign-in only the row that grants and journals point to."""
    RoleGrant.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=at, revoked_by="erasure")
    user.username, user.is_active, user.person, user.organisation = f"erased-{user.pk}", False, None, None
    user.set_unusable_password()
    user.save()
