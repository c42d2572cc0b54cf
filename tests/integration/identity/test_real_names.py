"""Real names, guardians, corrections and erasure: who a person is, and that it can be forgotten."""

import pytest
from django.db import IntegrityError, transaction

from identity import consents, erasure, guardians, one_time_codes, people, queries, real_names
from identity.models import PartnerBinding, Person, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def adult(at):
    ref = people.register("周兰", region="361002", at=at, phone="13900000001")
    real_names.confirm(ref, token="gov-1", age_group="adult", at=at)
    return ref


@pytest.fixture
def child(at, adult):
    ref = people.register("周小禾", region="361002", at=at)
    guardians.bind(ref, guardian=adult, at=at)
    real_names.confirm(ref, token="gov-2", age_group="child", at=at)
    return ref


def test_one_real_name_has_one_account(adult, at):
    other = people.register("周兰", region="361002", at=at)
    with pytest.raises(real_names.RealNameTaken):
        real_names.confirm(other, token="gov-1", age_group="adult", at=at)
    assert not queries.person(other).verified
    real_names.confirm(adult, token="gov-1", age_group="adult", at=at)
    assert queries.person(adult).verified


def test_the_token_is_ciphertext_and_its_index_says_nothing(adult):
    row = Person.objects.get(ref=adult)
    assert row.real_name_token == "gov-1"
    assert "gov-1" not in row.real_name_index


@pytest.mark.parametrize(("token", "age_group"), [("", "adult"), ("x" * 201, "adult"), ("gov-9", "unknown")])
def test_an_incomplete_answer_of_the_service_is_refused(at, token, age_group):
    ref = people.register("孙梅", region="361002", at=at)
    with pytest.raises(real_names.RealNameRefused):
        real_names.confirm(ref, token=token, age_group=age_group, at=at)


def test_a_child_needs_a_guardian_first(at):
    ref = people.register("孙小满", region="361002", at=at)
    with pytest.raises(real_names.GuardianRequired):
        real_names.confirm(ref, token="gov-3", age_group="child", at=at)


def test_the_database_itself_refuses_a_child_alone(child):
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(ref=child).update(guardian=None)


def test_only_a_confirmed_adult_guards(at, child):
    unknown = people.register("孙梅", region="361002", at=at)
    ward = people.register("孙小满", region="361002", at=at)
    for guardian in (unknown, child):
        with pytest.raises(guardians.GuardianRefused):
            guardians.bind(ward, guardian=guardian, at=at)


def test_a_guardian_acts_for_the_child_and_not_for_the_grown_up(adult, child, at):
    user = people.register_user("zhoulan", "quite-a-long-secret-9", at=at, person=adult)
    assert queries.acts_for(user, child)
    assert queries.acts_for(user, adult)
    with pytest.raises(guardians.GuardianRefused):
        guardians.release(child, at=at)
    real_names.confirm(child, token="gov-2", age_group="adult", at=at)
    assert not queries.acts_for(user, child)
    guardians.release(child, at=at)
    assert queries.person(child).guardian == ""


def test_a_correction_names_the_columns_only(adult, at):
    people.correct(adult, name="周岚", phone="13900000002", region="361003", at=at)
    told = queries.person(adult)
    assert (told.name, told.phone, told.region) == ("周岚", "13900000002", "361003")
    assert queries.persons_by_phone("13900000002") == [adult]
    with pytest.raises(people.PersonRefused):
        people.correct(adult, name="周岚", phone="123", region="361003", at=at)


def test_erasure_leaves_nothing_that_leads_to_the_person(bus, at):
    (ref,) = people.enrol_many(partner=bus, subject_refs=["card-7"], region="361002", at=at)
    people.correct(ref, name="周兰", phone="13900000001", region="361002", at=at)
    real_names.confirm(ref, token="gov-1", age_group="adult", at=at)
    people.register_user("zhoulan", "quite-a-long-secret-9", at=at, person=ref)
    consents.give(ref, "source/transit", at=at, version="1")
    one_time_codes.issue(ref, purpose="redemption", at=at)
    erasure.erase(ref, at=at)
    erasure.erase(ref, at=at)
    row = Person.objects.get(ref=ref)
    assert (row.name, row.phone, row.phone_index, row.real_name_token, row.real_name_index) == ("",) * 5
    assert queries.person_refs(partner=bus, subject_refs=["card-7"]) == [None]
    assert not PartnerBinding.objects.filter(person=row).exists()
    user = User.objects.get()
    assert (user.username, user.is_active, user.person) == (f"erased-{user.pk}", False, None)
    assert not user.has_usable_password()
    assert consents.in_force(ref, "source/transit", at=at)
    (again,) = people.enrol_many(partner=bus, subject_refs=["card-7"], region="361002", at=at)
    assert again != ref
