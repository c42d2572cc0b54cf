"""The public figures are sums of the log at the head shown: added up again here, leaf by leaf."""

import re

import pytest
from behaviour_lines import AT, ride

from bookkeeping import transparency
from bookkeeping.kinds import MOVING
from bookkeeping.log_store import leaves
from greenpoints.redemption import redemptions
from web.views import public_figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(scene, deliver):
    """Return nothing; seal a book in which 10 km were ridden, 4 coins issued and 3 of them redeemed."""
    deliver([ride("e1", 8, metres=3_200), ride("e2", 10, metres=4_800), ride("e3", 12, metres=2_000)])
    redemptions.hold(person=scene[0], merchant="tea-house", coins=3, order="o1", at=AT)
    redemptions.confirm(merchant="tea-house", order="o1", at=AT)
    transparency.seal(at=AT)


def recomputed():
    """Return the balance of every heading from the leaves of the log alone."""
    sums = {}
    for _id, leaf in leaves(after=0, until=2**62, limit=10_000):
        if leaf.kind in MOVING:
            for account, sign in ((leaf.source, -1), (leaf.target, 1)):
                heading = account.partition("/")[0]
                sums[heading] = sums.get(heading, 0) + sign * leaf.quantity
    return sums


def test_every_figure_is_the_sum_of_the_leaves(sealed, scene):
    at_head = recomputed()
    redemptions.hold(person=scene[0], merchant="tea-house", coins=1, order="o2", at=AT)
    redemptions.confirm(merchant="tea-house", order="o2", at=AT)  # after the head: must not show
    _head, lines = transparency.balances_at_head()
    assert {line.heading: line.balance for line in lines if line.balance} == {
        heading: amount for heading, amount in at_head.items() if amount
    }
    told = {row["heading"]: row["amount"] for asset in public_figures.told(lines) for row in asset["rows"]}
    assert told["co2e:act"] == told["co2e:resident"] == 400_000
    assert (told["coin:resident"], told["coin:merchant"]) == (1, 3)
    assert (told["fen:reserved"], told["fen:payable"]) == (5, 15)


def test_the_page_names_the_head_and_nobody(client, sealed, scene):
    page = client.get("/greenpoints/figures/").content.decode()
    assert transparency.head().root in page
    assert "0.400 kg CO₂e" in page
    assert not any(ref in page for ref in scene)


def test_before_the_first_head_there_is_nothing_to_show(client, db):
    page = client.get("/greenpoints/figures/").content.decode()
    assert "还没有封存的账" in page
    assert not re.search(r"<table", page)
