"""Officers, a budget and claims for the tests of policy."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model

from identity import roles
from policy import budgets, claims, facts, programmes
from policy.facts import Case

AT = datetime(2026, 5, 20, 4, tzinfo=UTC)
AFTER_NOTICE = AT + timedelta(days=11)
LINE = "DEMO-2026-001"


@pytest.fixture
def officers(db):
    """Two policy officers, four finance officers, each a different person."""
    make = get_user_model().objects.create_user
    admin = make("admin")
    people = {}
    for name, role in (
        ("checker", "policy_officer"),
        ("first", "policy_officer"),
        ("second", "finance_officer"),
        ("payer", "finance_officer"),
        ("signer1", "finance_officer"),
        ("signer2", "finance_officer"),
    ):
        people[name] = make(name)
        roles.grant(people[name], role, by=admin, at=AT)
    return people


@pytest.fixture
def programme_in_force(officers):
    """The demonstration programme, reviewed, worked through its cases and activated by two people."""
    programmes.register_all(at=AT)
    programmes.review("DEMO-RIGHT-SALE", 1, by=officers["checker"], at=AT)
    programmes.simulate("DEMO-RIGHT-SALE", 1, at=AT)
    return programmes.activate("DEMO-RIGHT-SALE", 1, by=officers["second"], at=AT)


@pytest.fixture
def budget(db):
    """A line with one million yuan."""
    budgets.open_line(LINE, name="演示预算")
    budgets.appropriate(LINE, amount_fen=100_000_000, document="doc-1", at=AT)
    return LINE


@pytest.fixture
def sale(monkeypatch):
    """Settled sales by name: ``sale("s1", price_fen=...)`` makes one that the gatherer of facts finds."""
    known = {}

    def settled(session, *, price_fen=100_000_000, seller="zixi-coop", right=None, seller_county="361028", on=AT):
        known[session] = Case(
            party=seller,
            subject=right or f"right-{session}",
            on=date(2026, 5, 20),
            facts={
                "sale.settled_on": "2026-05-20",
                "sale.price_fen": price_fen,
                "sale.county_code": "361028",
                "sale.seller_county_code": seller_county,
                "sale.same_party": False,
                "sale.gep_value_fen": 1_250_000,
            },
        )
        return SaleEvent(session)

    monkeypatch.setitem(facts.GATHERERS, facts.SALE_SETTLED, known.__getitem__)
    return settled


class SaleEvent:
    """What the journal tells about a settled sale."""

    kind = facts.SALE_SETTLED

    def __init__(self, session):
        self.subject = session


@pytest.fixture
def approved(sale, officers, programme_in_force, budget):
    """Make an approved and reserved claim of so many fen."""

    def make(session, *, amount_fen):
        (claim,) = claims.match(event=sale(session, price_fen=amount_fen * 100), as_of=AT)
        claims.register_payee(claim.party, name="资溪县竹业专业合作社", token="TK0001", at=AT)
        claims.consent(claim.number, party=claim.party, at=AT)
        claims.check(claim.number, user=officers["checker"], at=AT)
        claims.approve(claim.number, user=officers["first"], at=AT)
        claims.open_notice(claim.number, at=AT)
        claims.approve(claim.number, user=officers["second"], at=AFTER_NOTICE)
        return claims.reserve(claim.number, at=AFTER_NOTICE)

    return make


@pytest.fixture
def sent(approved, officers, budget):
    """Send a batch of such amounts; return its number and the bytes of its file."""
    from policy import payments

    def make(*amounts_fen):
        for place, amount_fen in enumerate(amounts_fen):
            assert approved(f"s{place}", amount_fen=amount_fen).status == "RESERVED"
        batch = payments.batch(budget, by=officers["payer"], at=AFTER_NOTICE)
        payments.sign(batch.number, user=officers["signer1"], at=AFTER_NOTICE)
        payments.sign(batch.number, user=officers["signer2"], at=AFTER_NOTICE)
        return batch.number, payments.bank_file(batch.number, at=AFTER_NOTICE)

    return make
