"""What other apps may ask about people and organisations."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolation
from identity.encrypted_fields import phone_index
from identity.models import AgeGroup, Organisation, Person, User


class OrganisationMissing(RuleViolation):
    """No organisation has this code."""

    code = "organisation_missing"
    message = _("没有该代码的机构。")
    status = 404


class PersonMissing(RuleViolation):
    """No person has this ref."""

    code = "person_missing"
    message = _("没有该人员。")
    status = 404


@dataclass(frozen=True)
class OrganisationView:
    """What is public about an organisation."""

    code: str
    name: str
    kind: str
    region: str


def person_refs(*, partner: str, subject_refs: Sequence[str]) -> list[str | None]:
    """Return the ref of the person behind each of a partner's tokens, in order; None where the token is unknown."""
    tokens = "json_array_elements_text(%s::json)" if connection.vendor == "postgresql" else "json_each(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT binding.subject_ref, person.ref FROM identity_partnerbinding AS binding"  # noqa: S608
            " JOIN identity_organisation AS partner ON partner.id = binding.partner_id"
            " JOIN identity_person AS person ON person.id = binding.person_id"
            f" WHERE partner.code = %s AND binding.subject_ref IN (SELECT value FROM {tokens})",
            [partner, json.dumps(list(dict.fromkeys(subject_refs)))],
        )
        known = dict(cursor.fetchall())
    return [known.get(subject) for subject in subject_refs]


def organisation(code: str) -> OrganisationView:
    """Return the organisation with this code, or raise OrganisationMissing."""
    row = organisation_row(code)
    return OrganisationView(code=row.code, name=row.name, kind=row.kind, region=row.region)


def organisations(*, kind: str | None = None) -> list[OrganisationView]:
    """Return the organisations, of one kind where it is named, in code order."""
    rows = Organisation.objects.order_by("code")
    if kind is not None:
        rows = rows.filter(kind=kind)
    return [OrganisationView(code=row.code, name=row.name, kind=row.kind, region=row.region) for row in rows]


def organisation_row(code: str, *, lock: bool = False) -> Organisation:
    """Return the row of an organisation, locked until the transaction ends where ``lock`` says so."""
    rows = Organisation.objects.select_for_update() if lock else Organisation.objects
    try:
        return rows.get(code=code)
    except Organisation.DoesNotExist:
        raise OrganisationMissing(organisation=code) from None


def person_row(ref: str, *, lock: bool = False) -> Person:
    """Return the row of a person, locked until the transaction ends where ``lock`` says so, or raise PersonMissing."""
    rows = Person.objects.select_for_update() if lock else Person.objects
    try:
        return rows.get(ref=ref)
    except Person.DoesNotExist:
        raise PersonMissing(person=ref) from None


def person_exists(ref: str) -> bool:
    """Return whether a person has this ref."""
    return Person.objects.filter(ref=ref).exists()


def person_region(ref: str) -> str:
    """Return the region code of a person, or raise PersonMissing."""
    return person_row(ref).region


def residents_within(region: str, refs: Sequence[str]) -> set[str]:
    """Return those of ``refs`` whose region is exactly ``region``; one statement, whatever their number."""
    texts = "json_array_elements_text(%s::json)" if connection.vendor == "postgresql" else "json_each(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ref FROM identity_person WHERE region = %s AND ref IN (SELECT value FROM {texts})",  # noqa: S608
            [region, json.dumps(list(refs))],
        )
        return {ref for (ref,) in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class PersonView:
    """What a person may see about themselves; ``wards`` are the refs of the minors they act for."""

    ref: str
    name: str
    phone: str
    region: str
    registered_at: datetime
    verified: bool
    age_group: str
    guardian: str
    wards: list[str]
    partners: list[str]


def person(ref: str) -> PersonView:
    """Return what is kept about a person, or raise PersonMissing; ``partners`` are those who know them by a token."""
    row = person_row(ref)
    return PersonView(
        ref=row.ref,
        name=row.name,
        phone=row.phone,
        region=row.region,
        registered_at=row.registered_at,
        verified=row.verified_at is not None,
        age_group=row.age_group,
        guardian=row.guardian.ref if row.guardian else "",
        wards=list(row.wards.order_by("ref").values_list("ref", flat=True)),
        partners=list(row.partnerbinding_set.order_by("partner__code").values_list("partner__code", flat=True)),
    )


def acts_for(user: Any, ref: str) -> bool:
    """Return whether the signed-in user is this person, or the guardian of this minor."""
    own = getattr(user, "person", None)
    if own is None or not user.is_active:
        return False
    return (
        own.ref == ref
        or Person.objects.filter(ref=ref, guardian_id=own.pk, erased_at__isnull=True)
        .exclude(age_group=AgeGroup.ADULT)
        .exists()
    )


def regions_of(refs: Sequence[str]) -> dict[str, str]:
    """Return the region code of each of these people that there is; one statement."""
    among = "json_array_elements_text(%s::json)" if connection.vendor == "postgresql" else "json_each(%s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ref, region FROM identity_person WHERE ref IN (SELECT value FROM {among})",  # noqa: S608
            [json.dumps(list(refs))],
        )
        return dict(cursor.fetchall())


def persons_by_phone(phone: str) -> list[str]:
    """Return the refs of those registered with this phone number."""
    index = phone_index(phone)
    return list(Person.objects.filter(phone_index=index).values_list("ref", flat=True)) if index else []


def users_with_organisation(code: str) -> list[User]:
    """Return those who sign in for an organisation."""
    return list(User.objects.filter(organisation__code=code).order_by("username"))
