"""Over HTTP: a scenario against its base with its losses, and project units valued by hand, never added to GEP."""

import pytest

from gep import run_queries, run_work
from gep.models import Run
from identity.people import register_user
from tests.integration.gep.test_runs import AT, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    user = register_user("analyst", "a long password 27", at=AT, roles=("analyst",))
    client.force_login(user)
    return user


def test_a_scenario_is_compared_with_its_base_and_keeps_its_losses(tmp_path, client, analyst):
    base = ask(tmp_path)
    run_work.drain(base, as_of=AT)
    asked = {
        "region": "361028", "year": 2024, "price_year": 2024, "datasets": dict(run_queries.run(base).datasets),
        "kind": "scenario", "base": base, "land_use": {"361028-0": "0702", "361028-1": "0702"}, "accept_findings": True,
    }  # fmt: skip
    answer = client.post("/api/v1/gep/runs", asked, content_type="application/json")
    assert answer.status_code == 202
    scenario = answer.json()["code"]
    run_work.drain(scenario, as_of=AT)
    told = client.get(f"/api/v1/gep/accounts/{base}/compare/{scenario}").json()
    assert told["change_fen"] == run_queries.run(scenario).total_fen - run_queries.run(base).total_fen < 0
    assert sum(row["change_fen"] for row in told["rows"]) == told["change_fen"] == sum(told["effects"].values())
    water = next(row for row in told["rows"] if row["indicator"] == "water_retention")
    assert water["change_quantity"] == pytest.approx(water["second_quantity"] - water["first_quantity"])
    client.logout()
    assert client.get(f"/api/v1/gep/accounts/{base}/compare/{scenario}").status_code == 404
    Run.objects.filter(code=base).update(status="published", unconfirmed_figures=False)
    assert client.get(f"/api/v1/gep/accounts/{base}/compare/{scenario}").status_code == 404  # the scenario is a draft


INCOME = {
    "unit": "大觉山漂流段", "discount_rate": "0.05",
    "products": [
        {"name": "门票", "group": "cultural", "net_income_fen": [10_500, 11_025], "payer": "游客"},
        {"name": "竹材", "group": "provisioning", "net_income_fen": [-1_050, 2_205]},
    ],
}  # fmt: skip


def test_a_project_unit_by_income_by_hand(client, analyst):
    # 10500/1.05 + 11025/1.1025 = 20000; -1050/1.05 + 2205/1.1025 = 1000.
    told = client.post("/api/v1/gep/project-values/income", INCOME, content_type="application/json").json()
    assert (told["value_fen"], told["by_product_fen"]) == (21_000, {"门票": 20_000, "竹材": 1_000})
    assert (told["approach"], told["added_to_gep"]) == ("income", False)
    assert Run.objects.count() == 0


def test_a_regulating_service_that_nobody_pays_for_does_not_enter(client, analyst):
    unpaid = {"name": "水源涵养", "group": "regulating", "net_income_fen": [1]}
    answer = client.post(
        "/api/v1/gep/project-values/income", INCOME | {"products": [unpaid]}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "gep_project_value_refused")
    assert "水源涵养" in str(answer.json())


def test_a_project_unit_by_comparables_by_hand(client, analyst):
    # (1000 x 1.2 + 1100 + 1300) / 3 = 1200 yuan for one of 12.5: 15,000 yuan.
    three = [
        {"name": "甲", "yuan_per_unit": "1000", "factors": {"交通": "1.2"}}, {"name": "乙", "yuan_per_unit": "1100"},
        {"name": "丙", "yuan_per_unit": "1300"},
    ]  # fmt: skip
    body = {"unit": "单元", "size": "12.5", "comparables": three}
    address = "/api/v1/gep/project-values/comparables"
    assert client.post(address, body, content_type="application/json").json()["value_fen"] == 1_500_000
    two = client.post(address, body | {"comparables": three[:2]}, content_type="application/json")
    assert (two.status_code, two.json()["code"]) == (422, "gep_project_value_refused")


def test_only_analysts_value_project_units(client):
    assert client.post("/api/v1/gep/project-values/income", INCOME, content_type="application/json").status_code == 401
