"""A run is checked before it starts: what its parcels, layers and statistics leave open waits for an analyst."""

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from django.urls import reverse

from core import jobs
from gep import accounts, intake, run_queries, run_work, runs
from gep.models import Parcel, Run, RunBlock
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db
HEADING = "county,product,quantity,unit,value_fen,unit_price_fen,source\n"


@pytest.fixture
def analyst():
    return register_user("analyst", "a long password 27", at=AT, roles=("analyst",))


def ask(folder, *, statistics="", region="361028", **parcels):
    intake.load_parcels(landscapes.write_parcels(folder / "parcels.gpkg", **parcels))
    more = {}
    if statistics:
        (folder / "statistics.csv").write_text(HEADING + statistics, encoding="utf-8")
        more["statistics"] = folder / "statistics.csv"
    layers = landscapes.write_layers(folder)
    return accounts.request(
        region=region, year=2024, price_year=2024, layers=layers, at=AT, surveyed=True, **more
    ).code  # fmt: skip


def notes(code):
    return {note["code"]: note for note in run_queries.run(code).findings}


def test_a_clean_run_begins_without_asking(tmp_path):
    code = ask(tmp_path)
    run_work.check(code, as_of=AT)
    assert [note for note in run_queries.run(code).findings if note["severity"] != "know"] == []
    assert run_queries.run(code).status == "running"


def test_overlaps_are_told_with_their_place_and_wait_for_an_analyst(tmp_path, analyst):
    shapes = landscapes.quarters()
    shapes[0] = shapely.union(shapes[0], shapely.box(500_100, 3_059_950, 500_120, 3_059_990))  # 10 m x 40 m too far
    code = ask(tmp_path, shapes=shapes)
    assert run_work.check(code, as_of=AT).status == "checked"
    told = notes(code)["parcels_overlap"]
    assert (told["severity"], told["count"], told["told"]) == ("choose", 1, "400.00 m²")
    assert told["examples"][0].startswith("361028-0 × 361028-1: 400.00 m², 5001")
    assert {choice["code"] for choice in told["choices"]} == {"replace_file", "reject_rows", "keep"}
    jobs.run_due(as_of=AT)
    assert run_queries.run(code).status == "checked"  # nothing goes on by itself
    with pytest.raises(runs.RunStepNotPossible):
        runs.start(code, by=analyst, at=AT)
    begun = runs.start(code, by=analyst, at=AT, accept_findings=True)
    assert (begun.status, begun.findings_accepted_by) == ("running", "analyst")
    jobs.run_due(as_of=AT)
    assert run_queries.run(code).status == "compiled"


def test_codes_and_counties_that_do_not_fit(tmp_path):
    uses = ["0301", "9999", "9998", ""]
    statistics = "361028,rice,1000,t,5000000,,2024\n361022,rice,1000,t,7000000,,2024\n"
    code = ask(tmp_path, statistics=statistics, land_use=uses, region="361000")
    assert run_work.check(code, as_of=AT).status == "checked"
    told = notes(code)
    assert (told["unknown_land_use"]["count"], told["unknown_land_use"]["severity"]) == (2, "choose")
    assert sorted(line.split("id ")[1][:8] for line in told["unknown_land_use"]["examples"]) == ["361028-1", "361028-2"]
    assert (told["statistics_without_county"]["subject"], told["statistics_without_county"]["count"]) == ("361022", 1)
    assert "county_without_statistics" not in told


def test_a_county_without_statistics(tmp_path):
    code = ask(tmp_path, statistics="361022,rice,1000,t,7000000,,2024\n", region="361000")
    run_work.check(code, as_of=AT)
    assert (notes(code)["county_without_statistics"]["subject"], notes(code)["county_without_statistics"]["count"]) == (
        "361028", 4,
    )  # fmt: skip


def test_parcels_off_every_layer_stop_the_run_with_the_sentence(tmp_path):
    code = ask(tmp_path)
    far = shapely.transform(Parcel.objects.get(code="361028-0").geometry, lambda points: points + [0.5, 0.5])
    for row in Parcel.objects.all():
        row.geometry = far
        row.save()
    told = run_work.check(code, as_of=AT)
    assert told.status == "refused"
    assert "必须处理" in told.refusal
    assert any(note["severity"] == "stop" for note in told.findings)


def test_a_run_that_was_cancelled_while_it_waited_is_checked_again(tmp_path, analyst):
    code = ask(tmp_path, land_use=["9999"] * 4)
    run_work.check(code, as_of=AT)
    runs.cancel(code, by=analyst, at=AT)
    assert runs.resume(code, by=analyst, at=AT).status == "requested"
    jobs.run_due(as_of=AT)
    assert (run_queries.run(code).status, RunBlock.objects.count()) == ("checked", 1)


def test_who_takes_the_findings_beforehand_is_not_asked(tmp_path, analyst):
    first = ask(tmp_path, land_use=["9999"] * 4)
    wanted = runs.Wanted(
        region="361028", year=2024, price_year=2024, datasets=run_queries.run(first).datasets, surveyed=True, seed=3,
        accept_findings=True,
    )  # fmt: skip
    code = runs.request(wanted, at=AT, by=analyst).code
    assert run_work.check(code, as_of=AT).status == "running"
    assert run_queries.run(code).findings_accepted_by == "analyst"


def test_the_page_and_the_api_tell_what_was_found_and_let_the_analyst_choose(tmp_path, analyst, client):
    code = ask(tmp_path, land_use=["9999"] * 4)
    run_work.check(code, as_of=AT)
    client.force_login(analyst)
    page = client.get(reverse("run", args=[code])).content.decode()
    assert "地类编码未知" in page
    assert "清除地类编码，按土地覆被判定" in page
    assert "按现状继续" in page
    told = client.get(f"/api/v1/gep/runs/{code}").json()["findings"]
    note = next(note for note in told if note["code"] == "unknown_land_use")
    assert (note["en"], note["count"]) == ("The land-use code is not known.", 4)
    client.post(reverse("run_step", args=[code, "start"]))
    assert Run.objects.get().status == "running"
    assert np.all([block.state == "waiting" for block in RunBlock.objects.all()])
