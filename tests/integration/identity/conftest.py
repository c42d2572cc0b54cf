from datetime import UTC, datetime

import pytest

from identity import organisations, partner_keys

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def at():
    return AT


@pytest.fixture
def bus(db, at):
    organisations.register(code="fz-bus", name="抚州公交", kind="partner", region="361000", at=at)
    return "fz-bus"


@pytest.fixture(params=["hmac-sha256", "ed25519"])
def key(request, bus, at):
    return partner_keys.issue(organisation=bus, algorithm=request.param, at=at)
