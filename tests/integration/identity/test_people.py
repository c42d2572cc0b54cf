import re

import pytest
from django.db import connection

from identity import organisations, people, queries

pytestmark = pytest.mark.django_db


def test_a_person_is_sixteen_random_letters(at):
    ref = people.register("张三", phone="13900001111", region="361028", at=at)
    assert re.fullmatch("[A-Z2-7]{16}", ref)
    assert queries.person_region(ref) == "361028"
    assert queries.persons_by_phone("13900001111") == [ref]
    assert queries.persons_by_phone("13900001112") == []


def test_enrolling_keeps_the_order_and_gives_the_same_refs_again(bus, at):
    first = people.enrol_many(partner=bus, subject_refs=["t1", "t2", "t1"], region="361002", at=at)
    assert first[0] == first[2] != first[1]
    again = people.enrol_many(partner=bus, subject_refs=["t3", "t2", "t1"], region="361002", at=at)
    assert again[1:] == [first[1], first[0]]
    assert queries.person_refs(partner=bus, subject_refs=["t2", "nobody", "t1"]) == [first[1], None, first[0]]


def test_partners_do_not_share_tokens(bus, at):
    organisations.register(code="fz-bike", name="抚州单车", kind="partner", region="361000", at=at)
    ours = people.enrol_many(partner=bus, subject_refs=["t1"], region="361002", at=at)
    theirs = people.enrol_many(partner="fz-bike", subject_refs=["t1"], region="361002", at=at)
    assert ours != theirs


@pytest.mark.parametrize("count", [10, 20_000])
def test_enrolling_takes_as_many_statements_for_twenty_thousand_as_for_ten(
    bus, at, count, django_assert_max_num_queries
):
    tokens = [f"card-{number}" for number in range(count)]
    with django_assert_max_num_queries(8):
        refs = people.enrol_many(partner=bus, subject_refs=tokens, region="361000", at=at)
    assert len(set(refs)) == count


def test_raw_sql_finds_no_name_and_no_phone(at):
    people.register("李四光", phone="13912345678", region="361028", at=at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_person")
        told = repr(cursor.fetchall())
    assert "李四光" not in told
    assert "13912345678" not in told
    assert queries.Person.objects.get().phone == "13912345678"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"region": "361029"}, "region"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "１３９００００１１１１"}, "phone"),
        ({"name": ""}, "name"),
    ],
)
def test_a_person_with_wrong_particulars_is_refused(at, told, reason):
    particulars = {"name": "张三", "region": "361028", "at": at, **told}
    with pytest.raises(people.PersonRefused) as refused:
        people.register(particulars.pop("name"), **particulars)
    assert refused.value.detail["reason"] == reason


@pytest.mark.parametrize("token", ["", "x" * 65, "a\0b"])
def test_a_bad_token_refuses_the_whole_enrolment(bus, at, token):
    with pytest.raises(people.SubjectRefused) as refused:
        people.enrol_many(partner=bus, subject_refs=["good", token], region="361002", at=at)
    assert refused.value.detail == {"row": 1}
    assert queries.person_refs(partner=bus, subject_refs=["good"]) == [None]


def test_an_organisation_is_registered_once(bus, at):
    organisations.register(code=bus, name="抚州公交", kind="partner", region="361000", at=at)
    with pytest.raises(organisations.OrganisationDiffers):
        organisations.register(code=bus, name="别的公交", kind="partner", region="361000", at=at)
    assert queries.organisation(bus) == queries.OrganisationView("fz-bus", "抚州公交", "partner", "361000")
    with pytest.raises(queries.OrganisationMissing):
        queries.organisation("nobody")


def test_users_are_registered_with_their_roles(bus, at):
    user = people.register_user("wang", "correct-horse-9", organisation=bus, roles=["partner_admin"], at=at)
    assert user.check_password("correct-horse-9")
    with pytest.raises(people.UsernameTaken):
        people.register_user("wang", "correct-horse-9", at=at)
    with pytest.raises(people.PasswordTooWeak):
        people.register_user("zhao", "password", at=at)
