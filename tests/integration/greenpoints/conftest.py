"""A partner with ten bound residents, a merchant, a sponsor with money."""

import pytest
from behaviour_lines import AT, DAY, as_bytes

from greenpoints.intake import batches
from greenpoints.points import funds
from identity import organisations, partner_keys, people


@pytest.fixture
def scene(db):
    """Return the refs of the residents, in the order of their tokens tok-0 to tok-9."""
    organisations.register(code="bike-co", name="单车公司", kind="partner", region="361000", at=AT)
    organisations.register(code="tea-house", name="茶馆", kind="merchant", region="361000", at=AT)
    funds.endow(sponsor="city", coins=1000, fen=5000, reference="2026", valid_from=DAY, at=AT)
    tokens = [f"tok-{n}" for n in range(10)]
    return people.enrol_many(partner="bike-co", subject_refs=tokens, region="361002", at=AT)


@pytest.fixture
def deliver(scene):
    """Return a function that receives and credits rows under a batch code."""

    def go(rows, code="b1", *, credit=True):
        kept = batches.receive(partner="bike-co", batch=code, business_on=DAY, content=as_bytes(rows), received_at=AT)
        return batches.credit(kept.id, as_of=AT) if credit else kept

    return go


@pytest.fixture
def key(scene):
    """Return the partner's signing key."""
    return partner_keys.issue(organisation="bike-co", algorithm="hmac-sha256", at=AT)
