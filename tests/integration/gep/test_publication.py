"""What may be called official: never an account that rests on unconfirmed figures or synthetic data."""

from datetime import UTC, datetime

import pytest

from core import events
from gep import accounts, intake, queries
from gep.models import Account
from identity import roles
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def requested(tmp_path):
    intake.load_parcels(landscapes.write_parcels(tmp_path / "parcels.gpkg"))
    layers = landscapes.write_layers(tmp_path)
    return accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code


@pytest.fixture
def compiled(requested):
    return accounts.compile(requested, as_of=AT).code


@pytest.fixture
def analyst():
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",))


def published_events():
    return events.since(0, kinds={"gep.account_published"})


def test_an_account_with_unconfirmed_figures_is_never_official(compiled, analyst):
    with pytest.raises(accounts.AccountUnconfirmed) as refused:
        accounts.publish(compiled, by=analyst, at=AT)
    assert (refused.value.code, refused.value.status) == ("account_unconfirmed", 409)
    figures = set(refused.value.detail["figures"])
    assert "soil_retention.erosivity.factor" in figures
    assert "water_retention.runoff.113" not in figures  # there is no bamboo in this county
    assert "water_retention.runoff.111" not in refused.value.detail["figures"]
    assert queries.account(compiled).status == "compiled"
    assert published_events() == []


def test_a_synthetic_account_is_never_official_however_good_its_figures(compiled, analyst):
    Account.objects.filter(code=compiled).update(synthetic=True, unconfirmed_figures=False)
    with pytest.raises(accounts.AccountSynthetic) as refused:
        accounts.publish(compiled, by=analyst, at=AT)
    assert (refused.value.code, refused.value.status) == ("account_synthetic", 409)
    assert queries.account(compiled).status == "compiled"


def test_a_confirmed_account_is_published_once(compiled, analyst):
    Account.objects.filter(code=compiled).update(unconfirmed_figures=False)  # as if every figure had been confirmed
    first = accounts.publish(compiled, by=analyst, at=AT)
    assert first.status == "published"
    assert accounts.publish(compiled, by=analyst, at=AT) == first
    (told,) = published_events()
    assert told.subject == compiled
    assert told.detail == {"account": compiled, "region": "361028", "year": 2024, "by": "analyst"}
    assert queries.latest_account().code == compiled
    assert accounts.compile(compiled, as_of=AT).status == "published"


def test_only_an_analyst_of_the_region_publishes(compiled):
    Account.objects.filter(code=compiled).update(unconfirmed_figures=False)
    for name, role, region in (("operator", "operator", "361000"), ("elsewhere", "analyst", "361027")):
        user = register_user(name, "a long password 27", at=AT, roles=(role,), region=region)
        with pytest.raises(roles.RoleMissing):
            accounts.publish(compiled, by=user, at=AT)
    assert queries.account(compiled).status == "compiled"


def test_an_account_without_figures_is_not_published(requested, analyst):
    with pytest.raises(accounts.AccountNotCompiled) as refused:
        accounts.publish(requested, by=analyst, at=AT)
    assert refused.value.detail == {"account": requested, "status": "requested"}
