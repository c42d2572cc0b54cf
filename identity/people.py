"""Looks after residents and those who sign in. Other apps keep a person's ``ref`` and nothing else."""

import base64
import json
import os
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core import events, regions
from core.errors import RuleViolation
from identity import queries
from identity.encrypted_fields import phone_index
from identity.models import Organisation, Person, User
from identity.roles import grant

REF_BYTES = 10  # 80 random bits are 16 letters of base32
PHONE = re.compile(r"1[3-9][0-9]{9}")
SUBJECT_REF_LENGTH = 64


class PersonRefused(RuleViolation):
    """A person whose region, name or phone number cannot be used; ``reason`` says which."""

    code = "person_refused"
    message = _("个人信息不符合要求。")
    status = 422


class SubjectRefused(RuleViolation):
    """A partner's token is empty or longer than 64 characters; ``row`` is its place from 0."""

    code = "subject_refused"
    message = _("用户标识为空或过长。")
    status = 422


class UsernameTaken(RuleViolation):
    """Somebody signs in under this name already."""

    code = "username_taken"
    message = _("该登录名已被使用。")


class PasswordTooWeak(RuleViolation):
    """A password that the rules refuse; ``reasons`` lists them."""

    code = "password_too_weak"
    message = _("密码不符合安全要求。")
    status = 422


def new_ref() -> str:
    """Return 16 random letters of base32."""
    return base64.b32encode(os.urandom(REF_BYTES)).decode()


def register(name: str, *, region: str, at: datetime, phone: str = "") -> str:
    """Register a resident; return the new ref."""
    _check(name, phone=phone, region=region)
    with transaction.atomic():
        person = Person.objects.create(
            ref=new_ref(), name=name, phone=phone, phone_index=phone_index(phone), region=region, registered_at=at
        )
        events.record("identity.person.registered", subject=person.ref, occurred_at=at, detail={"region": region})
    return person.ref


def correct(ref: str, *, name: str, phone: str, region: str, at: datetime) -> None:
    """Correct what a person told about themselves; the same again changes nothing. Raises PersonMissing, PersonRefused.

    The journal names the columns that changed, not what they say.
    """
    _check(name, phone=phone, region=region)
    with transaction.atomic():
        person = queries.person_row(ref, lock=True)
        told = {"name": name, "phone": phone, "region": region}
        changed = [column for column, value in told.items() if getattr(person, column) != value]
        if not changed or person.erased_at is not None:
            return
        person.name, person.phone, person.phone_index, person.region = name, phone, phone_index(phone), region
        person.save(update_fields=["name", "phone", "phone_index", "region"])
        events.record("identity.person.corrected", subject=ref, occurred_at=at, detail={"columns": changed})


def _check(name: str, *, phone: str, region: str) -> None:
    if region not in regions.table():
        raise PersonRefused(reason="region", value=region)
    if not name or len(name) > 100:
        raise PersonRefused(reason="name")
    if phone and not PHONE.fullmatch(phone):
        raise PersonRefused(reason="phone")


def enrol_many(*, partner: str, subject_refs: Sequence[str], region: str, at: datetime) -> list[str]:
    """Return the refs of the residents bound to a partner's tokens, in order; those not known yet are registered.

    Enrolling a token again returns the same ref. A constant number of statements, whatever the length.
    """
    if region not in regions.table():
        raise PersonRefused(reason="region", value=region)
    for row, subject in enumerate(subject_refs):
        if not 0 < len(subject) <= SUBJECT_REF_LENGTH or "\0" in subject:
            raise SubjectRefused(row=row)
    with transaction.atomic():
        # Two enrolments for one partner go one after the other, so that neither registers a token twice.
        organisation = queries.organisation_row(partner, lock=True)
        refs = queries.person_refs(partner=partner, subject_refs=subject_refs)
        known = {subject: ref for subject, ref in zip(subject_refs, refs, strict=True) if ref is not None}
        fresh = {subject: new_ref() for subject in dict.fromkeys(subject_refs) if subject not in known}
        if fresh:
            _insert_bound(fresh, organisation=organisation, region=region, at=at)
            detail = {"people": len(fresh), "region": region}
            events.record("identity.people.enrolled", subject=partner, occurred_at=at, detail=detail)
    known.update(fresh)
    return [known[subject] for subject in subject_refs]


def _insert_bound(refs: dict[str, str], *, organisation: Organisation, region: str, at: datetime) -> None:
    """Insert the people and their bindings from one JSON object of token to ref."""
    pairs = "json_each_text(%s::json)" if connection.vendor == "postgresql" else "json_each(%s)"
    told, moment = json.dumps(refs), connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_person (ref, name, phone, phone_index, region, registered_at,"  # noqa: S608
            " real_name_token, real_name_index, age_group)"
            f" SELECT pair.value, '', '', '', %s, %s, '', '', 'unknown' FROM {pairs} AS pair",
            [region, moment, told],
        )
        cursor.execute(
            "INSERT INTO identity_partnerbinding (partner_id, subject_ref, person_id, bound_at)"  # noqa: S608
            f" SELECT %s, pair.key, person.id, %s FROM {pairs} AS pair"
            " JOIN identity_person AS person ON person.ref = pair.value",
            [organisation.pk, moment, told],
        )


def register_user(
    username: str,
    password: str,
    *,
    at: datetime,
    person: str = "",
    organisation: str = "",
    roles: Iterable[str] = (),
    region: str = regions.FUZHOU,
    by: str = "system",
) -> User:
    """Register one who signs in, bound to a person (ref) or an organisation (code), and grant the roles."""
    if User.objects.filter(username=username).exists():
        raise UsernameTaken(username=username)
    try:
        validate_password(password, User(username=username))
    except ValidationError as error:
        raise PasswordTooWeak(reasons=error.messages) from None
    with transaction.atomic():
        user = User.objects.create_user(
            username,
            password,
            date_joined=at,
            person=queries.person_row(person) if person else None,
            organisation=queries.organisation_row(organisation) if organisation else None,
        )
        for role in roles:
            grant(user, role, region=region, organisation=organisation, by=by, at=at)
    return user
