"""The facts of a settled sale come from the market and from the account; what nobody knows is None."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.core.exceptions import ObjectDoesNotExist

from policy import facts

COUNTIES = {"P1": "361028", "P2": "361002", "P9": "360102"}


@pytest.fixture
def sold(monkeypatch):
    """A settled sale at 00:30 of the next day in Shanghai."""

    def make(*, parcels, account="2024", seller_region="361028"):
        sale = SimpleNamespace(
            session="s1",
            right="R1",
            seller="zixi-coop",
            buyer="resort",
            seller_region=seller_region,
            price_fen=253_029_200,
            parcels=parcels,
            settled_at=datetime(2026, 5, 19, 16, 30, tzinfo=UTC),
        )
        monkeypatch.setattr(facts.marketplace_queries, "settlement", lambda session: sale)
        monkeypatch.setattr(facts.gep_queries, "latest_account", lambda: account)
        monkeypatch.setattr(facts.gep_queries, "parcel_value_fen", lambda code: 600_000)
        monkeypatch.setattr(facts.gep_queries, "parcel", find_parcel)
        return facts.of_sale("s1")

    return make


def find_parcel(code):
    if code not in COUNTIES:
        raise ObjectDoesNotExist
    return SimpleNamespace(county=COUNTIES[code])


def test_the_facts_of_a_sale(sold):
    case = sold(parcels=("P1", "P2"))
    assert (case.party, case.subject, case.on.isoformat()) == ("zixi-coop", "R1", "2026-05-20")
    assert case.facts == {
        "sale.settled_on": "2026-05-20",
        "sale.price_fen": 253_029_200,
        "sale.county_code": "361002",
        "sale.seller_county_code": "361028",
        "sale.same_party": False,
        "sale.gep_value_fen": 1_200_000,
    }


def test_a_parcel_outside_the_city_decides(sold):
    assert sold(parcels=("P1", "P9")).facts["sale.county_code"] == "360102"


def test_what_nobody_knows_is_none(sold):
    known = sold(parcels=("P1", "P404"), account=None, seller_region="").facts
    names = ("sale.county_code", "sale.gep_value_fen", "sale.seller_county_code")
    assert [known[name] for name in names] == [None] * 3
    assert sold(parcels=()).facts["sale.county_code"] is None
