"""A county surveyed again: what stays, ends and begins, and what became of what. By hand, on boxes of 100 m."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from core import events
from gep import intake
from gep.models import Parcel, ParcelLineage
from gep.parcel_versions import NewVersion, ParcelDiffers, VersionNotPossible
from identity import roles
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
BEFORE, AFTER = date(2023, 1, 1), date(2024, 1, 1)
WEST, SOUTH = 500_000, 3_060_000
pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst():
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",), region="361028")


def parcels(folder, *sides, codes, **columns):
    """Parcels 100 m high, from ``west`` to ``east`` metres."""
    shapes = np.array([shapely.box(WEST + west, SOUTH, WEST + east, SOUTH + 100) for west, east in sides])
    count = len(sides)
    own = {
        "code": list(codes), "county": ["361028"] * count, "town_code": ["361028100"] * count,
        "village_code": ["361028100001"] * count, "ecosystem": ["111"] * count,
    }  # fmt: skip
    return landscapes.write_parcels(folder / "version.gpkg", shapes=shapes, **own | columns)


def became():
    rows = ParcelLineage.objects.select_related("parent", "child")
    return sorted((r.parent.code, r.child.code if r.child else "", round(r.area_m2), round(r.share, 6)) for r in rows)


def test_a_split_a_merger_a_loss_and_what_stays(tmp_path, analyst):
    old = parcels(tmp_path, (0, 100), (100, 160), (160, 200), (200, 300), (300, 400), codes="abcde")
    first = intake.load_version(old, valid_from=BEFORE, by=analyst, at=AT)
    assert first == NewVersion(unchanged=0, ended=0, begun=5, edges=0)
    new = parcels(tmp_path, (0, 25), (25, 100), (100, 200), (200, 290), (300, 400), codes=["a1", "a2", "bc", "d", "e"])
    second = intake.load_version(new, valid_from=AFTER, by=analyst, at=AT)
    assert second == NewVersion(unchanged=1, ended=4, begun=4, edges=6)
    assert became() == [
        ("a", "a1", 2_500, 0.25), ("a", "a2", 7_500, 0.75), ("b", "bc", 6_000, 1.0), ("c", "bc", 4_000, 1.0),
        ("d", "", 1_000, 0.1), ("d", "d", 9_000, 0.9),
    ]  # fmt: skip
    assert Parcel.objects.get(code="e").valid_to is None
    assert Parcel.objects.filter(code="d").count() == 2
    (told, _) = [event.detail for event in events.since(0, kinds={"gep.parcels_versioned"})][::-1]
    assert (told["county"], told["ended"], told["begun"], told["edges"]) == ("361028", 4, 4, 6)


def test_the_same_again_changes_nothing(tmp_path, analyst):
    path = parcels(tmp_path, (0, 100), (100, 200), codes="ab")
    intake.load_version(path, valid_from=BEFORE, by=analyst, at=AT)
    again = intake.load_version(path, valid_from=AFTER, by=analyst, at=AT)
    assert again == NewVersion(unchanged=2, ended=0, begun=0, edges=0)
    assert len(events.since(0, kinds={"gep.parcels_versioned"})) == 1


def test_a_surveyed_area_goes_before_the_outlines_and_marks_what_is_far_off(tmp_path, analyst):
    path = parcels(tmp_path, (0, 100), (100, 200), (200, 300), codes="abc", area_m2=[10_040.0, 10_060.0, None])
    intake.load_version(path, valid_from=BEFORE, by=analyst, at=AT)
    found = Parcel.objects.order_by("code").values_list("area_m2", "official_area_m2", "area_differs")
    assert [(round(area), official, differs) for area, official, differs in found] == [
        (10_040, 10_040.0, False), (10_060, 10_060.0, True), (10_000, None, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        pytest.param(VersionNotPossible, {"on": BEFORE}, id="no later than what is valid"),
        pytest.param(VersionNotPossible, {"sides": [(0, 120), (50, 200)]}, id="land covered twice"),
        pytest.param(VersionNotPossible, {"county": ["361028", "361022"]}, id="two counties"),
        pytest.param(ParcelDiffers, {"codes": ["x", "c"]}, id="another county's code"),
        pytest.param(intake.ParcelRowRefused, {"ecosystem": ["111", "999"]}, id="no such class"),
    ],
)
def test_what_is_refused_leaves_everything_as_it_was(tmp_path, analyst, refusal, changes):
    intake.load_version(parcels(tmp_path, (0, 100), (100, 200), codes="ab"), valid_from=BEFORE, by=analyst, at=AT)
    intake.load_parcels(parcels(tmp_path, (900, 950), codes="c", county=["361022"]))
    before = list(Parcel.objects.order_by("pk").values())
    sides = changes.pop("sides", [(0, 120), (120, 200)])
    on, codes = changes.pop("on", AFTER), changes.pop("codes", "xy")
    with pytest.raises(refusal):
        intake.load_version(parcels(tmp_path, *sides, codes=codes, **changes), valid_from=on, by=analyst, at=AT)
    assert list(Parcel.objects.order_by("pk").values()) == before


def test_only_an_analyst_of_the_county(tmp_path):
    other = register_user("other", "a long password 27", at=AT, roles=("analyst",), region="361022")
    with pytest.raises(roles.RoleMissing):
        intake.load_version(parcels(tmp_path, (0, 100), codes="a"), valid_from=BEFORE, by=other, at=AT)
