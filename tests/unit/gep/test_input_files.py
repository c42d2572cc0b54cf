"""Files that must not be read: each is refused with its reason, in bounded memory, and nothing of it is loaded."""

import dataclasses
import json

import numpy as np
import pytest
import shapely

from gep import account_files
from gep.files import FileRefused, parcel_files, raster_files
from tests.unit.gep import landscapes

VRT = """<VRTDataset rasterXSize="64" rasterYSize="64">
<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
<SourceFilename relativetoVRT="0">/etc/hostname</SourceFilename></VRTRasterBand></VRTDataset>"""


def reason_of(read, *args, **kwargs) -> str:
    with pytest.raises(FileRefused) as refused:
        read(*args, **kwargs)
    return refused.value.reason


def test_t12_a_vrt_named_tif_is_refused(tmp_path):
    path = tmp_path / "rain.tif"
    path.write_text(VRT)
    assert reason_of(raster_files.read, path, crs=landscapes.CRS) == "not_a_geotiff"


def test_t13_a_bomb_is_refused_before_it_is_read(tmp_path):
    flat = np.zeros((16, 16), dtype=np.float32)
    huge = landscapes.write_raster(tmp_path / "huge.tif", flat, width=900_000, height=900_000, sparse_ok=True,
                                   tiled=True, blockxsize=512, blockysize=512, BIGTIFF="YES")  # fmt: skip
    assert reason_of(raster_files.read, huge, crs=landscapes.CRS) == "raster_too_large"
    block = landscapes.write_raster(tmp_path / "block.tif", flat, width=16_384, height=16_384, sparse_ok=True,
                                    tiled=True, blockxsize=16_384, blockysize=16_384)  # fmt: skip
    assert reason_of(raster_files.read, block, crs=landscapes.CRS) == "raster_block_too_large"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"nodata": None}, "raster_without_nodata", id="no nodata"),
        pytest.param({"crs": None}, "crs_missing", id="no CRS"),
        pytest.param({"crs": "EPSG:4549"}, "raster_of_other_crs", id="next zone"),
        pytest.param({"transform": None}, "raster_not_north_up", id="no place"),
    ],
)
def test_rasters_that_do_not_say_what_they_are(tmp_path, changes, reason):
    path = landscapes.write_raster(tmp_path / "rain.tif", landscapes.layer("precipitation_mm"), **changes)
    assert reason_of(raster_files.read, path, crs=landscapes.CRS) == reason


def test_a_raster_elsewhere_and_a_truncated_one(tmp_path):
    from rasterio.transform import from_origin

    rain = landscapes.layer("precipitation_mm")
    afar = landscapes.write_raster(tmp_path / "afar.tif", rain, transform=from_origin(500_000, 5_000_000, 30, 30))
    assert reason_of(raster_files.read, afar, crs=landscapes.CRS) == "raster_outside_jiangxi"
    cut = tmp_path / "cut.tif"
    cut.write_bytes(landscapes.write_raster(tmp_path / "whole.tif", rain).read_bytes()[:100])
    assert reason_of(raster_files.read, cut, crs=landscapes.CRS) == "raster_broken"


def test_parcels_come_back_as_they_were(tmp_path):
    found = parcel_files.read(landscapes.write_parcels(tmp_path / "parcels.gpkg"))
    assert found.columns["code"].tolist() == ["361028-0", "361028-1", "361028-2", "361028-3"]
    assert shapely.equals_exact(found.geometries, landscapes.quarters()).all()
    assert found.columns["land_use"].tolist() == [""] * 4


def test_t14_nested_geometry_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "deep.geojson"
    geometry = '{"type":"GeometryCollection","geometries":[' * 20_000 + "]}" * 20_000
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","geometry":' + geometry + "}]}")
    assert reason_of(parcel_files.read, path) == "nested_too_deep"


BOW_TIE = [(500_100, 3_059_900), (500_200, 3_059_800), (500_200, 3_059_900), (500_100, 3_059_800), (500_100, 3_059_900)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"crs": None}, "crs_missing", id="no CRS"),
        pytest.param({"code": ["a", "b", "a", "c"]}, "duplicate_parcel", id="same code twice"),
        pytest.param({"shapes": np.array([shapely.Polygon(BOW_TIE)])}, "invalid_geometry", id="bow-tie"),
        pytest.param({"shapes": np.array([shapely.Point(1, 1)])}, "not_polygons", id="point"),
    ],
)
def test_parcels_that_cannot_be_taken(tmp_path, changes, reason):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg", **changes)
    assert reason_of(parcel_files.read, path) == reason


def test_files_of_other_kinds_are_refused(tmp_path):
    for name, content, reason in (
        ("a.gpkg", b"PK\x03\x04", "wrong_extension"),
        ("b.geojson", VRT.encode(), "not_a_parcel_file"),
        ("c.gpkg", b"SQLite format 3\0" * 9, "parcel_file_broken"),
    ):
        (tmp_path / name).write_bytes(content)
        assert reason_of(parcel_files.read, tmp_path / name) == reason


def test_a_child_that_dies_is_a_refusal(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel_files, "UPLOAD", dataclasses.replace(parcel_files.UPLOAD, wall_seconds=0.001))
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    assert reason_of(parcel_files.read, path) == "unsafe_file"


ACCOUNT = """[account]
region = "361028"
year = 2024
[parcels]
path = "p.gpkg"
[layers.land_cover]
path = "land_cover.tif"
"""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ACCOUNT + "[forecast]\npath = 'x.csv'\n", "keys that are not known: forecast"),
        (ACCOUNT + "[statistics]\nfile = 'x.csv'\n", "keys that are not known: statistics.file"),
        (ACCOUNT.replace("[parcels]", "[parcels]\non_bad = 'ignore'"), "parcels.on_bad is one of refuse, reject_rows"),
        (ACCOUNT.replace("year = 2024", "year = true"), "account.year is missing or not int"),
        (ACCOUNT.replace("year", "reference_layer = 'dem_m'\nyear"), "reference_layer is 'dem_m', which is not among"),
        (ACCOUNT.replace('path = "p.gpkg"', 'file = "p.gpkg"'), "keys that are not known: parcels.file"),
        (ACCOUNT + 'rule = "nearest"\n', "keys that are not known: layers.land_cover.rule"),
        (ACCOUNT.replace("year = 2024", 'year = "2024"'), "account.year is missing or not int"),
        ("[account", "ACCOUNT.toml"),
        ("", r"the table \[account\] is missing"),
    ],
)
def test_account_files_name_what_is_wrong(tmp_path, text, sentence):
    path = tmp_path / "ACCOUNT.toml"
    path.write_text(text)
    with pytest.raises(account_files.AccountFileRefused, match=sentence):
        account_files.describe(path)


def test_gep_run_writes_what_adds_up(tmp_path):
    from django.core.management import call_command

    landscapes.write_layers(tmp_path)
    landscapes.write_parcels(tmp_path / "p.gpkg")
    layers = "".join(f'[layers.{name}]\npath = "{name}.tif"\n' for name in landscapes.MEASURED)
    (tmp_path / "ACCOUNT.toml").write_text(ACCOUNT + layers)
    for out in ("one", "two"):
        call_command("gep", "run", str(tmp_path / "ACCOUNT.toml"), "--out", str(tmp_path / out), "--quiet")
    one, two = (json.loads((tmp_path / out / "summary.json").read_text()) for out in ("one", "two"))
    assert one["parcels"] == 4
    assert one["provenance"]["unconfirmed_figures"] is True
    assert sum(found["value_fen"] or 0 for found in one["indicators"].values()) == one["total_fen"]
    varying = {"seconds", "peak_rss_mb"}
    assert {k: v for k, v in one.items() if k not in varying} == {k: v for k, v in two.items() if k not in varying}

    from pyarrow import parquet

    table = parquet.read_table(tmp_path / "one" / "parcels.parquet")
    assert sum(table["total_fen"].to_pylist()) == one["total_fen"]
    assert json.loads(table.schema.metadata[b"geo"])["primary_column"] == "geometry"


def test_gep_run_ends_with_one_sentence(tmp_path):
    from django.core.management import CommandError, call_command

    (tmp_path / "ACCOUNT.toml").write_text(ACCOUNT)
    with pytest.raises(CommandError, match="p.gpkg: file_missing"):
        call_command("gep", "run", str(tmp_path / "ACCOUNT.toml"), "--out", str(tmp_path / "out"), "--quiet")
