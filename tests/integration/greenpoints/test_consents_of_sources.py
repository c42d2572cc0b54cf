"""A withdrawn source counts no more, from then on; the others and the past stay, in whatever order things arrive."""

from datetime import UTC, datetime

import pytest
from behaviour_lines import ride
from coins import broken

from greenpoints import data_sources
from greenpoints.models import Behaviour
from greenpoints.quantification.acts import ACTS
from identity import consents

pytestmark = pytest.mark.django_db


def at(hour):
    """Return an hour of the day in Fuzhou."""
    return datetime(2026, 11, 20, hour - 8, tzinfo=UTC)


def answers():
    return dict(Behaviour.objects.order_by("external_id").values_list("external_id", "reason"))


def test_every_act_has_one_source():
    listed = [act for source in data_sources.sources() for act in source.acts]
    assert sorted(listed) == sorted(ACTS)
    assert len({source.code for source in data_sources.sources()}) == len(data_sources.sources())


@pytest.mark.parametrize("split", [(0, 4), (0, 2, 4), (2, 0, 4)], ids=["at once", "in order", "late ones first"])
def test_what_began_while_withdrawn_is_refused(scene, deliver, split):
    consents.withdraw(scene[0], "source/cycling", at=at(10), version="2026-1")
    consents.give(scene[0], "source/cycling", at=at(14), version="2026-1")
    rows = [ride("e1", 9), ride("e2", 11), ride("e3", 13), ride("e4", 15)]
    parts = {(0, 4): [rows], (0, 2, 4): [rows[:2], rows[2:]], (2, 0, 4): [rows[2:], rows[:2]]}[split]
    for n, part in enumerate(parts):
        deliver(part, code=f"b{n}")
    assert answers() == {"e1": "", "e2": "consent_withdrawn", "e3": "consent_withdrawn", "e4": ""}
    assert broken() == []


def test_another_source_and_another_resident_stay(scene, deliver):
    consents.withdraw(scene[0], "source/steps", at=at(8), version="2026-1")
    consents.withdraw(scene[1], "source/cycling", at=at(8), version="2026-1")
    deliver([ride("e1", 9), ride("e2", 9, who="tok-1"), ride("e3", 9, who="tok-2")])
    assert answers() == {"e1": "", "e2": "consent_withdrawn", "e3": ""}
