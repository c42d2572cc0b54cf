"""The catalogue: uploaded in pieces in any order, checked, deduplicated, refused with its reason."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import events, jobs
from gep import dataset_queries, datasets, storage
from gep.datasets import Description
from gep.models import Dataset, DatasetPart
from gep.revisions import RevisionStale
from identity import roles
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
PART = 1024
pytestmark = pytest.mark.django_db
DEM = Description(
    kind="layer", layer="dem_m", region="361028", year=2024, filename="dem.tif", licence="internal", source="survey"
)


@pytest.fixture
def analyst():
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",))


@pytest.fixture
def raw(tmp_path):
    """A layer's file of three pieces, two of them whole."""
    raw = landscapes.write_raster(tmp_path / "dem.tif", landscapes.layer("dem_m")).read_bytes()
    return raw + b"\0" * (2 * PART + 100 - len(raw))  # a TIFF may end with bytes that nothing names


def pieces(raw):
    return [raw[start : start + PART] for start in range(0, len(raw), PART)]


def sha(raw):
    return hashlib.sha256(raw).hexdigest()


def announce(raw, by, **changes):
    return datasets.announce(replace(DEM, **changes), sha256=sha(raw), size=len(raw), part_size=PART, by=by, at=AT)


def send(code, raw, by, *, numbers=(3, 1, 2)):
    for number in numbers:
        piece = pieces(raw)[number - 1]
        view = datasets.receive_part(code, number=number, raw=piece, sha256=sha(piece), by=by)
    return view


def test_pieces_in_any_order_become_a_checked_dataset(raw, analyst):
    code = announce(raw, analyst).code
    view = send(code, raw, analyst, numbers=(3, 1))
    assert (view.parts, view.received_parts, view.missing_parts) == (3, 2, [2])
    with pytest.raises(datasets.PartsMissing) as refused:
        datasets.complete(code, by=analyst, at=AT)
    assert refused.value.detail == {"dataset": code, "missing": [2], "count": 1}
    send(code, raw, analyst, numbers=(2, 2, 1))  # again as often as the line breaks
    assert datasets.complete(code, by=analyst, at=AT).status == "checking"
    jobs.run_due(as_of=AT)
    found = dataset_queries.dataset(code)
    assert (found.status, found.refusal) == ("ready", "")
    assert found.facts["cell_m"] == 30
    assert found.facts["extent"] == [500_010.0, 3_059_820.0, 500_250.0, 3_060_000.0]
    assert storage.get_bytes(found.sha256) == raw
    assert DatasetPart.objects.count() == 0
    assert not any(storage.holds(sha(piece)) for piece in pieces(raw))  # the pieces are gone, the whole is kept
    assert datasets.complete(code, by=analyst, at=AT).status == "ready"
    assert [event.detail["dataset"] for event in events.since(0, kinds={"gep.dataset_ready"})] == [code]


def test_the_same_content_for_the_same_use_is_one_dataset(raw, analyst):
    first = announce(raw, analyst)
    assert announce(raw, analyst) == first
    assert announce(raw, analyst, year=2023).code != first.code
    assert Dataset.objects.count() == 2


def test_pieces_that_are_not_those_announced_are_refused(raw, analyst):
    code = announce(raw, analyst).code
    one, last = pieces(raw)[0], pieces(raw)[2]
    for number, piece, digest, reason in (
        (0, one, sha(one), "number"), (4, one, sha(one), "number"), (1, one[:-1], sha(one[:-1]), "length"),
        (3, last + b"x", sha(last + b"x"), "length"), (1, one, sha(b"other"), "checksum"),
    ):  # fmt: skip
        with pytest.raises(datasets.PartRefused) as refused:
            datasets.receive_part(code, number=number, raw=piece, sha256=digest, by=analyst)
        assert refused.value.detail["reason"] == reason
    send(code, raw, analyst, numbers=(1,))
    other = bytes(reversed(one))
    with pytest.raises(datasets.PartDiffers):
        datasets.receive_part(code, number=1, raw=other, sha256=sha(other), by=analyst)


def test_a_whole_that_is_not_what_was_announced_is_refused_and_may_come_again(raw, analyst):
    code = datasets.announce(DEM, sha256=sha(b"promised"), size=len(raw), part_size=PART, by=analyst, at=AT).code
    send(code, raw, analyst)
    datasets.complete(code, by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    found = dataset_queries.dataset(code)
    assert (found.status, found.refusal) == ("refused", "upload_damaged")
    again = datasets.announce(DEM, sha256=sha(b"promised"), size=len(raw), part_size=PART, by=analyst, at=AT)
    assert (again.status, again.code != code) == ("uploading", True)


def test_a_file_that_is_no_layer_is_refused_with_its_reason(analyst, tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("<VRTDataset/>" + " " * 2_000)
    view = datasets.add_file(path, DEM, at=AT)
    assert (view.status, view.refusal) == ("refused", "not_a_geotiff")
    assert [event.detail["refusal"] for event in events.since(0, kinds={"gep.dataset_refused"})] == ["not_a_geotiff"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "music"}, "kind"),
        ({"region": "999999"}, "region"),
        ({"layer": "magic"}, "layer"),
        ({"layer": ""}, "layer"),
        ({"kind": "statistics"}, "layer"),
        ({"unit": "kg"}, "unit"),
        ({"layer": "land_cover"}, "scheme"),
        ({"licence": " "}, "licence"),
    ],
)
def test_a_description_that_cannot_be_is_refused_by_its_field(raw, analyst, changes, field):
    with pytest.raises(datasets.DatasetNotDescribed) as refused:
        announce(raw, analyst, **changes)
    assert refused.value.detail["field"] == field


def test_sizes_are_bounded_before_a_byte_is_sent(analyst):
    for size, part_size, field in ((5 * 2**30, 8 * 2**20, "size"), (2**24, 1_024, "part_size"), (1, 1, "part_size")):
        with pytest.raises(datasets.DatasetNotDescribed) as refused:
            datasets.announce(DEM, sha256=sha(b""), size=size, part_size=part_size, by=analyst, at=AT)
        assert refused.value.detail["field"] == field


def test_only_analysts_of_the_region_have_a_say(raw, analyst):
    code = announce(raw, analyst).code
    stranger = register_user("elsewhere", "a long password 27", at=AT, roles=("analyst",), region="361027")
    steps = (
        lambda: announce(raw, stranger),
        lambda: send(code, raw, stranger),
        lambda: datasets.complete(code, by=stranger, at=AT),
        lambda: datasets.amend(code, changes={"label": "x"}, revision=1, by=stranger, at=AT),
        lambda: datasets.withdraw(code, reason="x", revision=1, by=stranger, at=AT),
    )
    for step in steps:
        with pytest.raises(roles.RoleMissing):
            step()


def test_what_is_said_is_corrected_on_the_latest_revision_only(tmp_path, analyst):
    path = landscapes.write_raster(tmp_path / "dem.tif", landscapes.layer("dem_m"))
    view = datasets.add_file(path, DEM, at=AT)
    changed = datasets.amend(
        view.code, changes={"licence": "CC BY 4.0", "synthetic": True}, revision=view.revision, by=analyst, at=AT
    )
    assert (changed.licence, changed.synthetic, changed.revision) == ("CC BY 4.0", True, view.revision + 1)
    with pytest.raises(RevisionStale):
        datasets.amend(view.code, changes={"label": "late"}, revision=view.revision, by=analyst, at=AT)
    with pytest.raises(datasets.DatasetNotDescribed):  # what was made up does not become real by saying so
        datasets.amend(view.code, changes={"synthetic": False}, revision=changed.revision, by=analyst, at=AT)
    with pytest.raises(datasets.DatasetNotDescribed):
        datasets.amend(view.code, changes={"sha256": "x"}, revision=changed.revision, by=analyst, at=AT)


def test_a_withdrawn_dataset_makes_room_for_another(tmp_path, analyst):
    path = landscapes.write_raster(tmp_path / "dem.tif", landscapes.layer("dem_m"))
    view = datasets.add_file(path, DEM, at=AT)
    gone = datasets.withdraw(view.code, reason="高程有误", revision=view.revision, by=analyst, at=AT)
    assert (gone.status, gone.withdrawn_reason) == ("withdrawn", "高程有误")
    with pytest.raises(datasets.DatasetStepNotPossible):
        datasets.withdraw(view.code, reason="again", revision=gone.revision, by=analyst, at=AT)
    assert datasets.add_file(path, DEM, at=AT).code != view.code


def test_synthetic_bytes_stay_synthetic_whoever_brings_them_again(raw, analyst):
    first = announce(raw, analyst, synthetic=True)
    datasets.withdraw(first.code, reason="a trial", revision=first.revision, by=analyst, at=AT)
    assert announce(raw, analyst, year=2023).synthetic
    plain = raw[:-1] + b"\1"
    assert not announce(plain, analyst).synthetic
    assert announce(plain, analyst, synthetic=True).synthetic  # said later, of what is there already
