"""How acts are counted, for everybody; figures proposed by one official and approved by another."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from greenpoints.quantification.acts import ACTS
from greenpoints.queries import factors
from identity import people
from tests.integration.web.conftest import AT

pytestmark = pytest.mark.django_db
FACTORS = "/greenpoints/factors/"


@pytest.fixture
def told():
    return {
        "code": "board-7-1", "figure": "parameters/ev_power", "value": "0.14", "source": "城市抽样 2026",
        "locator": "表 2", "effective_on": (timezone.localdate() + timedelta(days=2)).isoformat(), "reason": "抽样调查",
    }  # fmt: skip


def send(client, user, path, form):
    client.force_login(user)
    return client.post(f"{FACTORS}{path}", form | {"idempotency_key": uuid.uuid4().hex})


def test_a_figure_needs_two(client, city, told):
    assert send(client, city["checker"], "new/", told).status_code == 302
    page = client.get(FACTORS).content.decode()
    assert "<del>0.15</del>" in page
    assert "<ins>0.14</ins>" in page
    assert 'value="approve"' not in page  # not for whoever proposed it
    send(client, city["checker"], "board-7-1/", {"step": "approve"})
    assert factors.factor_decisions() == ()
    client.force_login(city["approver"])
    assert 'value="approve"' in client.get(FACTORS).content.decode()
    for _twice in range(2):
        send(client, city["approver"], "board-7-1/", {"step": "approve", "note": "同意"})
    (change,) = factors.factor_changes()
    assert (change.approved, change.decided_by, change.note) == (True, "approver", "同意")
    assert change.difference["value"] == ("0.15", "0.14")
    later = factors.in_force_on(change.effective_on).figures["ev_power"]
    assert (later.value, later.approved) == ("0.14", True)
    assert factors.in_force_on(timezone.localdate()).figures["ev_power"].value == "0.15"


def test_a_refused_change_stays_to_be_seen(client, city, told):
    operator = people.register_user("ann", "a-long-password-1", organisation="commission", roles=("operator",), at=AT)
    send(client, operator, "new/", told)
    assert send(client, operator, "board-7-1/", {"step": "refuse"}).status_code == 403
    send(client, city["checker"], "board-7-1/", {"step": "refuse"})
    send(client, city["checker"], "board-7-1/", {"step": "dance"})
    assert factors.factor_changes()[0].approved is False
    assert "已驳回" in client.get(FACTORS).content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"effective_on": "2026-01-01"}, "factor_not_later", id="a day that has passed"),
        pytest.param({"value": "a lot"}, "factor_refused", id="no number"),
        pytest.param({"figure": "reduction_factors/M06", "value": "2500"}, "factor_outside_range", id="a story"),
        pytest.param({"figure": "reduction_factors/none"}, "errorlist", id="no such figure"),
        pytest.param({"reason": ""}, "errorlist", id="no reason"),
    ],
)
def test_what_cannot_be_is_told_at_the_form(client, city, told, changed, said):
    answer = send(client, city["checker"], "new/", told | changed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "城市抽样 2026" in answer.content.decode()  # nothing that was typed is lost
    assert factors.factor_changes() == []


def test_every_act_has_its_page(client, db):
    for code, act in ACTS.items():
        page = client.get(f"/greenpoints/acts/{code}/").content.decode()
        assert act.zh in page
        assert "算例" in page
    assert client.get("/greenpoints/acts/X99/").status_code == 404


def test_the_page_of_an_act_in_both_languages(client, db):
    page = client.get("/greenpoints/acts/M09/").content.decode()
    assert re.search(r"新能源车每公里用电</th><td[^>]*>0.15 <span[^>]*>未经确认", page)
    english = client.get("/greenpoints/acts/M09/", headers={"Accept-Language": "en"}).content.decode()
    assert "Driving an electric car" in english
    assert "one channel a month" in english
    assert not re.search(r"<h2[^>]*>[^<]*[一-鿿]", english)


def test_the_list_of_acts_asks_the_database_little(client, db, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = client.get("/greenpoints/").content.decode()
    assert page.count("/greenpoints/acts/") >= 54
