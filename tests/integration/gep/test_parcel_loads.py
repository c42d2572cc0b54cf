"""A dataset of parcels becomes the parcels of its counties: by jobs, county by county, stopped and taken up again."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from core import jobs
from gep import datasets, parcel_loads
from gep.datasets import Description
from gep.intake import ParcelRowRefused
from gep.models import Parcel, ParcelLineage, ParcelLoad
from identity import roles
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
DAY = date(2023, 1, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst():
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",))


def dataset(folder, *, counties=("361022", "361028"), region="361000", width=100, year=2023):
    """A parcel of each county, 100 m high."""
    shapes = np.array([shapely.box(500_000 + 200 * n, 3_060_000, 500_000 + 200 * n + width, 3_060_100)
                       for n in range(len(counties))])  # fmt: skip
    path = landscapes.write_parcels(
        folder / f"{year}.gpkg", shapes=shapes, county=list(counties), code=[f"{county}-1" for county in counties],
        town_code=[""] * len(counties), town=[""] * len(counties), village_code=[""] * len(counties),
        ecosystem=["111"] * len(counties),
    )  # fmt: skip
    said = Description(
        kind="parcels", region=region, year=year, filename=path.name, licence="internal", source="survey"
    )
    return datasets.add_file(path, said, at=AT).code


def test_each_county_is_a_job_and_the_share_tells_how_far(tmp_path, analyst):
    code = dataset(tmp_path)
    asked = parcel_loads.request(code, valid_from=DAY, by=analyst, at=AT)
    assert (asked.state, asked.counties, asked.share) == ("waiting", ["361022", "361028"], 0)
    parcel_loads.take_next(ParcelLoad.objects.get().pk, as_of=AT)
    first = parcel_loads.of(code, at=AT)
    assert (first.state, first.share, first.done) == (
        "running", 0.5, {"361022": {"unchanged": 0, "ended": 0, "begun": 1, "edges": 0}},
    )  # fmt: skip
    jobs.run_due(as_of=AT)
    assert (parcel_loads.of(code, at=AT).state, Parcel.objects.count()) == ("done", 2)
    again = parcel_loads.request(code, valid_from=DAY, by=analyst, at=AT)
    assert again.state == "done"


def test_a_load_that_is_stopped_goes_on_with_the_next_county(tmp_path, analyst):
    code = dataset(tmp_path)
    parcel_loads.request(code, valid_from=DAY, by=analyst, at=AT)
    parcel_loads.take_next(ParcelLoad.objects.get().pk, as_of=AT)
    assert parcel_loads.cancel(code, by=analyst, at=AT).state == "cancelled"
    jobs.run_due(as_of=AT)
    assert Parcel.objects.count() == 1
    assert parcel_loads.resume(code, by=analyst, at=AT).state == "waiting"
    jobs.run_due(as_of=AT)
    assert (parcel_loads.of(code, at=AT).state, Parcel.objects.count()) == ("done", 2)
    with pytest.raises(parcel_loads.LoadNotPossible):
        parcel_loads.cancel(code, by=analyst, at=AT)


def test_the_next_survey_is_a_version_with_its_lineage(tmp_path, analyst):
    parcel_loads.request(dataset(tmp_path), valid_from=DAY, by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    later = dataset(tmp_path, width=80, year=2024)
    parcel_loads.request(later, valid_from=date(2024, 1, 1), by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    assert parcel_loads.of(later, at=AT).done["361028"] == {"unchanged": 0, "ended": 1, "begun": 1, "edges": 2}
    assert sorted(ParcelLineage.objects.filter(parent__county="361028").values_list("share", flat=True)) == [0.2, 0.8]


def test_a_version_that_cannot_be_is_told_and_leaves_the_parcels(tmp_path, analyst):
    parcel_loads.request(dataset(tmp_path), valid_from=DAY, by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    earlier = dataset(tmp_path, width=80, year=2022)
    parcel_loads.request(earlier, valid_from=date(2022, 1, 1), by=analyst, at=AT)
    jobs.run_due(as_of=AT)
    found = parcel_loads.of(earlier, at=AT)
    assert found.state == "refused"
    assert "361022-1" in found.refusal
    assert Parcel.objects.filter(valid_to=None, valid_from=DAY).count() == 2


def test_who_may_load_what(tmp_path, analyst):
    neighbour = register_user("neighbour", "a long password 27", at=AT, roles=("analyst",), region="361022")
    code = dataset(tmp_path)
    with pytest.raises(roles.RoleMissing):
        parcel_loads.request(code, valid_from=DAY, by=neighbour, at=AT)
    mixed = dataset(tmp_path, region="361022", year=2021)
    with pytest.raises(ParcelRowRefused) as refused:  # the dataset says that it is of one county
        parcel_loads.request(mixed, valid_from=DAY, by=neighbour, at=AT)
    assert refused.value.detail["value"] == "361028"


def test_page_and_api_load_and_follow(tmp_path, analyst, client):
    code = dataset(tmp_path)
    client.force_login(analyst)
    assert "装入图斑库" in client.get(f"/gep/datasets/{code}/").content.decode()
    assert client.get(f"/api/v1/gep/datasets/{code}/load").status_code == 409
    wrong = client.post(f"/gep/datasets/{code}/load/", {"step": "start", "valid_from": "never"})
    assert wrong.status_code == 409
    assert client.post(f"/gep/datasets/{code}/load/", {"step": "start", "valid_from": "2023-01-01"}).status_code == 302
    assert client.get(f"/api/v1/gep/datasets/{code}/load").json()["state"] == "waiting"
    assert "停止入库" in client.get(f"/gep/datasets/{code}/").content.decode()
    jobs.run_due(as_of=datetime.now(tz=UTC))
    page = client.get(f"/gep/datasets/{code}/").content.decode()
    assert "已入库" in page
    assert "黎川县" in page
    answer = client.get(f"/gep/datasets/{code}/load/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    body = {"valid_from": "2023-01-01"}
    again = client.post(f"/api/v1/gep/datasets/{code}/load", body, content_type="application/json")
    assert (again.status_code, again.json()["share"]) == (202, 1.0)
