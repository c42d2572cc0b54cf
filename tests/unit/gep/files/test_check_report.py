"""Before a run the analyst is told what the inputs are like, and what may be chosen about it."""

import dataclasses
import json

import numpy as np
import pytest
import shapely

from gep.coverage import Grid
from gep.files import check_report, parcels, rasters
from tests.unit.gep import landscapes

GRID = Grid(landscapes.WEST_M, landscapes.NORTH_M, landscapes.CELL_M, landscapes.ROWS, landscapes.COLUMNS)
X, Y = 500_000.0, 3_059_000.0


def checked(folder, shapes, **changes):
    count = len(shapes)
    columns = {"code": [f"p{n}" for n in range(count)], "county": ["361028"] * count, "village_code": ["v"] * count}
    path = landscapes.write_parcels(folder / "parcels.gpkg", shapes=np.array(shapes), **(columns | changes))
    return parcels.check(path, folder / "parcels.arrow", on_bad="reject_rows", rows_a_batch=2)


def test_overlaps_are_measured_across_batches_and_slivers_told_apart(tmp_path):
    found = checked(tmp_path, [
        shapely.box(X, Y, X + 100, Y + 100), shapely.box(X + 90, Y, X + 200, Y + 100),  # share 10 m by 100 m
        shapely.box(X, Y + 100, X + 100, Y + 200), shapely.box(X + 99.99, Y + 100, X + 200, Y + 200),  # 1 cm by 100 m
        shapely.box(X + 400, Y, X + 500, Y + 100), shapely.box(X + 420, Y + 20, X + 430, Y + 30),  # one inside another
        shapely.box(X + 600, Y, X + 700, Y + 100), shapely.box(X + 600, Y, X + 700, Y + 100),  # the same ground twice
    ])  # fmt: skip
    overlaps = parcels.overlaps_of(found.table)
    assert (overlaps.pairs, overlaps.slivers) == (3, 1)
    assert overlaps.area_m2 == pytest.approx(1_000 + 100 + 10_000)
    assert overlaps.sliver_area_m2 == pytest.approx(1.0)
    assert [example[:3] for example in overlaps.examples[:2]] == [("p6", "p7", 10_000.0), ("p0", "p1", 1_000.0)]


def test_a_clean_cover_has_no_overlaps_and_a_gap_is_found_when_looked_for(tmp_path):
    clean = [shapely.box(X + 30 * n, Y + 30 * m, X + 30 * n + 30, Y + 30 * m + 30) for n in range(9) for m in range(9)]
    found = checked(tmp_path, clean)
    assert parcels.overlaps_of(found.table, gap_width_m=0.5) == parcels.Overlaps(0, 0.0, 0, 0.0, 0, ())
    ring = shapely.box(X, Y, X + 90, Y + 90).difference(shapely.box(X + 30, Y + 30, X + 60.2, Y + 60))
    gap = checked(tmp_path, [ring, shapely.box(X + 30, Y + 30, X + 60, Y + 60)])  # 20 cm are left between the two
    assert parcels.overlaps_of(gap.table).gaps == 0
    assert parcels.overlaps_of(gap.table, gap_width_m=0.5).gaps == 2


def test_the_report_names_counties_layers_and_places(tmp_path):
    shapes = [*landscapes.quarters(), shapely.box(X + 5_000, Y, X + 5_100, Y + 100)]
    found = checked(
        tmp_path, shapes, county=["361028", "361028", "361027", "", "999999"], code=["a", "b", "c", "d", "e"]
    )
    codes = landscapes.CLASSES.copy()
    codes[0, 0], codes[0, 1] = 999, 0
    cover = rasters.check(landscapes.write_raster(tmp_path / "cover.tif", codes), layer="land_cover")
    rain = np.full((6, 8), 17_500.0)
    rain[0, 0] = -9999.0
    facts = {"land_cover": cover,
             "precipitation_mm": rasters.check(landscapes.write_raster(tmp_path / "rain.tif", rain),
                                               layer="precipitation_mm")}  # fmt: skip
    told = check_report.report(
        found, facts, grid=GRID, statistics_counties={"361028", "361022"}, counties={"361028", "361027", "361022"},
        rules={"dem_m": "bilinear", "land_cover": ""},
    )  # fmt: skip
    short = {(note.severity, note.code, note.subject): note.count for note in told.notes}
    assert short == {
        ("stop", "unknown_class", "land_cover"): 1,
        ("choose", "parcel_without_county", "parcels.gpkg"): 1,
        ("choose", "county_without_statistics", "361027"): 1,
        ("choose", "county_without_statistics", "999999"): 1,
        ("choose", "unknown_county", "999999"): 1,
        ("choose", "statistics_without_county", "361022"): 1,
        ("choose", "implausible_values", "precipitation_mm"): 47,
        ("choose", "parcels_off_the_layer", "land_cover"): 1,
        ("choose", "parcels_off_the_layer", "precipitation_mm"): 1,
        ("know", "cells_missing", "land_cover"): 1,
        ("know", "cells_missing", "precipitation_mm"): 1,
        ("know", "layer_resampled", "dem_m"): 1,
    }
    assert not told.may_run
    assert [note.severity for note in told.notes] == sorted((n.severity for n in told.notes),
                                                           key=["stop", "choose", "know"].index)  # fmt: skip


def test_rejected_rows_are_in_the_report_with_what_may_be_done(tmp_path):
    found = checked(tmp_path, list(landscapes.quarters()), code=["a", "b", "b", "c"])
    told = check_report.report(found, {}, grid=GRID)
    assert told.notes[0].examples == ("row 3, parcel_id, id b, rejected",)
    assert told.as_json()["notes"][0]["choices"][0] == {
        "code": "reject_rows", "zh": "剔除这些图斑", "en": "leave these parcels out",
    }  # fmt: skip
    assert json.loads(json.dumps(told.as_json(), ensure_ascii=False)) == json.loads(json.dumps(told.as_json()))
    assert "[请选择] parcels.gpkg：图斑编号重复。 ×1" in told.as_text(language="zh")
    assert "You may: leave these parcels out; replace or correct the file" in told.as_text(language="en")


def test_no_parcel_on_the_grid_stops_the_run(tmp_path):
    found = checked(tmp_path, list(landscapes.quarters()))
    elsewhere = dataclasses.replace(GRID, west_m=GRID.west_m + 9_000)
    told = check_report.report(found, {}, grid=elsewhere)
    assert [(note.severity, note.code, note.count) for note in told.notes] == [("stop", "parcels_off_the_layer", 4)]


def test_every_choice_is_offered_in_both_languages():
    for code, told in check_report.choices().items():
        assert told.code == code
        assert told.zh
        assert told.en.isascii()
