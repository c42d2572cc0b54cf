"""Parcel files become one checked copy, whatever their kind; bad rows are told by row, id, column, reason and place."""

import pickle
import random
import zipfile

import numpy as np
import pyogrio
import pytest
import shapely

from gep.files import FileRefused, parcels
from gep.files.parcels.columns import Columns
from tests.unit.gep import landscapes

BOW_TIE = [(500_100, 3_059_900), (500_200, 3_059_800), (500_200, 3_059_900), (500_100, 3_059_800), (500_100, 3_059_900)]
ONE = landscapes.quarters()[0]


def write_geoparquet(path):
    import json

    import pyarrow as pa
    import pyproj
    from pyarrow import parquet

    shapes = landscapes.quarters()
    geometry = {"encoding": "WKB", "geometry_types": ["Polygon"], "crs": pyproj.CRS(landscapes.CRS).to_json_dict()}
    about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
    table = pa.table({
        "code": [f"361028-{n}" for n in range(4)], "county": ["361028"] * 4, "town_code": ["361028100"] * 4,
        "town": ["鹤城镇"] * 4, "village_code": [f"3610281000{n // 2 + 1:02d}" for n in range(4)],
        "ecosystem": ["111"] * 4, "geometry": list(shapely.to_wkb(shapes)),
    })  # fmt: skip
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), path)
    return path


def write_shapefile(folder, *, encoding="GB18030", cpg=None, leave_out=(), crs=landscapes.CRS):
    """The four parcels as a zipped Shapefile, as survey software writes it."""
    shapes = landscapes.quarters()
    columns = {
        "BSM": [f"361028-{n}" for n in range(4)], "county": ["361028"] * 4, "TOWN": ["鹤城镇"] * 4,
        "DLBM": ["0301"] * 4,
        "TBMJ": [7_700.0, 10_780.0, 10_300.0, 14_420.0],
    }  # fmt: skip
    pyogrio.raw.write(
        folder / "tb.shp", geometry=shapely.to_wkb(shapes), fields=list(columns), geometry_type="Polygon", crs=crs,
        field_data=[np.array(v, dtype=float if k == "TBMJ" else object) for k, v in columns.items()], encoding=encoding,
        driver="ESRI Shapefile",
    )  # fmt: skip
    (folder / "tb.cpg").unlink(missing_ok=True)
    if cpg is not None:
        (folder / "tb.cpg").write_text(cpg)
    packed = folder / "tb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for ending in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            if ending not in leave_out and (folder / f"tb{ending}").exists():
                archive.write(folder / f"tb{ending}", f"图斑/地类图斑{ending}")
    return packed


SURVEY = Columns(parcel_id="BSM", town="TOWN", land_use="DLBM", official_area_m2="TBMJ")


def test_kinds_of_files_give_the_same_copy(tmp_path):
    files = [
        landscapes.write_parcels(tmp_path / "a.gpkg"), landscapes.write_parcels(tmp_path / "a.geojson"),
        write_geoparquet(tmp_path / "a.parquet"),
    ]  # fmt: skip
    found = [parcels.check(path, tmp_path / f"{path.suffix}.arrow") for path in files]

    assert found[0].table.digest == found[1].table.digest == found[2].table.digest
    table = found[0].table
    assert table.column("parcel_id").tolist() == ["361028-0", "361028-2", "361028-3", "361028-1"]
    assert sorted(shapely.area(table.batch(0).geometries())) == [7_700.0, 10_300.0, 10_780.0, 14_420.0]


@pytest.mark.parametrize(
    ("encoding", "cpg"), [("GB18030", None), ("GB18030", "UTF-8"), ("UTF-8", "UTF-8"), ("UTF-8", None)]
)
def test_chinese_tables_read_right_whatever_they_state(tmp_path, encoding, cpg):
    path = write_shapefile(tmp_path, encoding=encoding, cpg=cpg)
    found = parcels.check(path, tmp_path / "out.arrow", columns=SURVEY)
    assert set(found.table.column("town")) == {"鹤城镇"}
    assert sorted(found.table.column("official_area_m2").tolist()) == [7_700.0, 10_300.0, 10_780.0, 14_420.0]
    assert found.facts["encoding"] == encoding


def test_a_missing_prj_is_asked_for_and_never_guessed(tmp_path):
    path = write_shapefile(tmp_path, leave_out=(".prj",))
    with pytest.raises(FileRefused) as refused:
        parcels.check(path, tmp_path / "out.arrow", columns=SURVEY)
    assert refused.value.reason == "crs_missing"
    found = parcels.check(path, tmp_path / "out.arrow", columns=SURVEY, stated_crs="EPSG:4548")
    assert len(found.table) == 4


def test_shuffled_rows_give_the_same_copy(tmp_path):
    shapes = np.array([shapely.box(x, y, x + 30, y + 30) for x in range(500_000, 500_900, 30)
                       for y in range(3_059_000, 3_059_900, 30)])  # fmt: skip
    codes = [f"{n:06d}" for n in range(len(shapes))]
    order = list(range(len(shapes)))
    random.Random(7).shuffle(order)
    digests = []
    for name, rows in (("in-order", range(len(shapes))), ("shuffled", order)):
        path = landscapes.write_parcels(
            tmp_path / f"{name}.gpkg",
            shapes=shapes[list(rows)],
            code=[codes[n] for n in rows],
            village_code=["v"] * 900,
        )
        digests.append(parcels.check(path, tmp_path / f"{name}.arrow", rows_a_batch=256).table.digest)
    assert digests[0] == digests[1]


def test_a_batch_is_a_view_of_wkb_and_offsets(tmp_path):
    shapes = landscapes.quarters()
    path = landscapes.write_parcels(tmp_path / "a.gpkg", shapes=shapes)
    table = parcels.check(path, tmp_path / "a.arrow", rows_a_batch=3).table
    assert [len(batch) for batch in table] == [3, 1]
    batch = table.batch(1)
    assert batch.first_row == 3
    raw = batch.wkb[batch.offsets[0] : batch.offsets[1]].tobytes()
    assert shapely.from_wkb(raw).equals(shapes[1])
    assert raw[:5] == b"\x01\x03\x00\x00\x00"  # little-endian, a polygon in plan
    assert batch.bounds.tolist() == [list(shapely.bounds(shapes[1]))]
    again = pickle.loads(pickle.dumps(table))
    assert again.digest == table.digest


@pytest.mark.parametrize(
    ("changes", "reason", "row"),
    [
        pytest.param({"code": ["a", "b", "a", "c"]}, "duplicate_parcel", 3, id="same id twice"),
        pytest.param({"code": ["a", "", "c", "d"]}, "parcel_without_id", 2, id="no id"),
        pytest.param({"code": ["a", "b\x07", "c", "d"]}, "parcel_id_unreadable", 2, id="a bell in the id"),
        pytest.param({"shapes": np.array([ONE, shapely.Polygon(BOW_TIE)])}, "invalid_geometry", 2, id="bow-tie"),
        pytest.param({"shapes": np.array([ONE, shapely.Point(500_100, 3_059_900)])}, "not_polygons", 2, id="point"),
        pytest.param({"shapes": np.array([ONE, shapely.Polygon()])}, "geometry_empty", 2, id="empty"),
        pytest.param({"shapes": np.array([ONE, shapely.box(0, 0, 9, 9)])}, "parcel_outside_jiangxi", 2, id="far away"),
        pytest.param({"land_use": ["0301", "0999", "0301", ""]}, "unknown_land_use", 2, id="land use"),
        pytest.param({"area_m2": ["7700", "一亩", "1", "2"]}, "area_not_a_number", 2, id="area in words"),
    ],
)  # fmt: skip
def test_bad_rows_are_told_and_left_out_where_the_analyst_says_so(tmp_path, changes, reason, row):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", **changes)
    with pytest.raises(FileRefused) as refused:
        parcels.check(path, tmp_path / "out.arrow", land_use_codes={"0301"})
    assert (refused.value.reason, refused.value.findings[0].row) == (reason, row)
    found = parcels.check(path, tmp_path / "out.arrow", land_use_codes={"0301"}, on_bad="reject_rows")
    assert [(f.reason, f.row, f.done) for f in found.findings] == [(reason, row, "rejected")]
    assert len(found.table) == found.facts["rows_read"] - 1


def test_a_bow_tie_is_repaired_only_when_asked_and_both_areas_are_shown(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", shapes=np.array([shapely.Polygon(BOW_TIE)]))
    found = parcels.check(path, tmp_path / "out.arrow", on_bad="repair")
    repaired = found.findings[0]
    assert (repaired.done, repaired.x, repaired.y) == ("repaired", 500_150.0, 3_059_850.0)
    assert (repaired.area_before_m2, repaired.area_after_m2) == (0.0, 5_000.0)
    assert shapely.area(found.table.batch(0).geometries()).tolist() == [5_000.0]


@pytest.mark.parametrize(
    ("crs", "reason"),
    [("EPSG:4549", "wrong_zone"), ("EPSG:4547", "wrong_zone"), ("EPSG:4527", "wrong_zone"),
     ("EPSG:4490", "coordinates_not_degrees"), ("EPSG:2383", "crs_of_other_datum"), ("EPSG:3857", "crs_not_allowed"),
     (None, "crs_missing")],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_the_wrong_coordinate_system_is_named(tmp_path, crs, reason):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", crs=crs)
    with pytest.raises(FileRefused) as refused:
        parcels.check(path, tmp_path / "out.arrow")
    assert refused.value.reason == reason
    if reason in ("wrong_zone", "coordinates_not_degrees"):
        assert "EPSG:4548" in refused.value.told


def test_swapped_axes_are_named(tmp_path):
    turned = shapely.transform(landscapes.quarters(), lambda xy: xy[:, ::-1])
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", shapes=turned)
    with pytest.raises(FileRefused) as refused:
        parcels.check(path, tmp_path / "out.arrow")
    assert refused.value.reason == "swapped_axes"


def test_degrees_are_moved_to_metres(tmp_path):
    from gep.files import projections

    degrees = projections.to_crs(landscapes.quarters(), source="EPSG:4548", target="EPSG:4490")
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", shapes=degrees, crs="EPSG:4490")
    table = parcels.check(path, tmp_path / "out.arrow").table
    by_id = dict(zip(table.column("parcel_id"), table.batch(0).geometries(), strict=True))
    assert shapely.hausdorff_distance(by_id["361028-1"], landscapes.quarters()[1]) < 1e-6


def test_a_column_that_is_named_and_not_there_is_refused(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    with pytest.raises(FileRefused, match="column_missing.*DLBM; there are code, county"):
        parcels.check(path, tmp_path / "out.arrow", columns=Columns(land_use="DLBM"))


def test_an_unknown_land_use_may_be_cleared_and_is_told_all_the_same(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", land_use=["0301", "0999", "0301", ""])
    found = parcels.check(path, tmp_path / "out.arrow", land_use_codes={"0301"}, on_unknown_land_use="clear")
    assert sorted(found.table.column("land_use").tolist()) == ["", "", "0301", "0301"]
    assert [(f.row, f.reason, f.told, f.done) for f in found.findings] == [(2, "unknown_land_use", "0999", "noted")]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out.arrow", "parcels.gpkg"]  # nothing is left behind
