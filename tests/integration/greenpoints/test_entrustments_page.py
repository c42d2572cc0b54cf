"""A resident entrusts, revokes and objects on a page; nobody does it for them."""

from datetime import date

import pytest
from behaviour_lines import AT
from registry_story import on_file, warranted

from greenpoints.detectors.findings import Finding
from greenpoints.queries import risk
from greenpoints.registry import entrustments
from greenpoints.risk import cases
from identity import people, real_names

pytestmark = pytest.mark.django_db


@pytest.fixture
def resident(scene, client):
    """Return the ref of a confirmed adult who is signed in; a method is on file."""
    on_file()
    warranted()
    real_names.confirm(scene[0], token="card-0", age_group="adult", at=AT)
    client.force_login(people.register_user("lan", "a-long-password-1", person=scene[0], at=AT))
    return scene[0]


def send(client, person, **told):
    return client.post(f"/greenpoints/{person}/entrustments/decide/", told, follow=True).content.decode()


def test_one_entrusts_what_is_open_and_takes_it_back(client, resident):
    page = client.get(f"/greenpoints/{resident}/entrustments/").content.decode()
    assert "公共出行" in page
    terms = entrustments.terms_in_force(AT)
    assert "已委托" in send(client, resident, step="entrust", method="TRANSIT", vintage="2026", terms=terms)
    (row,) = entrustments.of_person(resident)
    assert (row.method, row.vintage, row.terms) == ("TRANSIT", 2026, terms)
    assert "已撤回委托" in send(client, resident, step="revoke", method="TRANSIT", vintage="2026")
    assert entrustments.of_person(resident) == []


def test_other_terms_than_those_in_force_entrust_nothing(client, resident):
    told = send(client, resident, step="entrust", method="TRANSIT", vintage="2026", terms="fund 99 %")
    assert "收益分配方式已更新" in told
    assert "目前不接受委托" in send(
        client, resident, step="entrust", method="TRANSIT", vintage="x", terms=entrustments.terms_in_force(AT)
    )
    assert entrustments.of_person(resident) == []


def test_one_reads_a_review_and_objects(client, resident, scene):
    found = [Finding("person", resident, "machine_rhythm", {})]
    cases.raise_all(found, business_on=date(2026, 11, 20), at=AT)
    (case,) = risk.cases_of(resident, today=date(2026, 11, 21))
    cases.decide(case.id, uphold=True, note="间隔均为60秒", by="reviewer", at=AT)
    page = client.get(f"/greenpoints/{resident}/entrustments/").content.decode()
    assert "间隔相同，疑似脚本" in page
    assert "申诉已提交" in send(client, resident, step="appeal", case=str(case.id), text="我每天同一时刻骑车。")
    assert risk.cases_of(resident, today=date(2026, 11, 21))[0].appeal == "我每天同一时刻骑车。"
    client.force_login(people.register_user("other", "a-long-password-1", person=scene[1], at=AT))
    assert client.post(f"/greenpoints/{resident}/entrustments/decide/", {"step": "appeal"}).status_code == 403
