"""People, a posting in the book and a claim, for the tests of who may see what."""

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache

from bookkeeping import chart, postings, transparency
from identity import organisations, people
from policy import claims, facts, programmes
from policy.facts import Case

AT = datetime(2026, 5, 20, 4, tzinfo=UTC)
SELLER = "bamboo-coop"


@pytest.fixture(autouse=True)
def nothing_kept_from_another_test():
    """Forget what pages keep of an account that another test made."""
    cache.clear()


@pytest.fixture
def city(db):
    """Users by what they are: two residents, two merchants, a seller and another, officials; ``refs`` of residents."""
    for code, kind in (
        ("tea-house", "merchant"), ("noodle-shop", "merchant"), (SELLER, "seller"), ("timber", "seller"),
        ("commission", "government"),
    ):  # fmt: skip
        organisations.register(code=code, name=code.title(), kind=kind, region="361028", at=AT)
    refs = [people.register(name, region="361028", at=AT) for name in ("甲", "乙")]
    users = {
        "owner": people.register_user("owner", "a-long-password-1", person=refs[0], at=AT),
        "other_resident": people.register_user("other", "a-long-password-1", person=refs[1], at=AT),
    }
    for name, organisation, role in (
        ("merchant", "tea-house", "merchant"), ("other_merchant", "noodle-shop", "merchant"),
        ("seller", SELLER, "seller"), ("other_seller", "timber", "seller"),
        ("checker", "commission", "policy_officer"), ("approver", "commission", "policy_officer"),
        ("payer", "commission", "finance_officer"), ("auditor", "commission", "auditor"),
    ):  # fmt: skip
        users[name] = people.register_user(name, "a-long-password-1", organisation=organisation, roles=(role,), at=AT)
    return users | {"refs": refs}


@pytest.fixture
def seven_coins(city):
    """Seven coins of the owner, in a sealed book; returns the posting's reference."""
    resident = f"coin:resident/{city['refs'][0]}"
    chart.open_accounts(["coin:issued/test"], nature=chart.Nature.SOURCE, floor=None)
    chart.open_accounts([resident], nature=chart.Nature.HOLDER)
    postings.post(reference="gift/1", legs=[postings.Leg("coin:issued/test", resident, 7)], occurred_at=AT)
    transparency.seal(at=AT)
    return "gift/1"


@pytest.fixture
def claim(city, monkeypatch):
    """Return the number of a claim of the seller that was matched and not yet put on public notice."""
    told = {
        "sale.settled_on": "2026-05-20", "sale.price_fen": 100_000_000, "sale.county_code": "361028",
        "sale.seller_county_code": "361028", "sale.same_party": False, "sale.gep_value_fen": 1_250_000,
    }  # fmt: skip
    case = Case(party=SELLER, subject="right-1", on=date(2026, 5, 20), facts=told)
    monkeypatch.setitem(facts.GATHERERS, facts.SALE_SETTLED, lambda session: case)
    programmes.register_all(at=AT)
    programmes.review("DEMO-RIGHT-SALE", 1, by=city["checker"], at=AT)
    programmes.simulate("DEMO-RIGHT-SALE", 1, at=AT)
    programmes.activate("DEMO-RIGHT-SALE", 1, by=city["payer"], at=AT)
    (made,) = claims.match(event=SaleEvent(), as_of=AT)
    return made.number


class SaleEvent:
    """What the journal tells about a settled sale."""

    kind = facts.SALE_SETTLED
    subject = "s1"
