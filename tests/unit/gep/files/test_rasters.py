"""A raster is looked over by its header, then read through once in the child."""

import numpy as np
import pytest

from gep.files import FileRefused, rasters
from tests.unit.gep import landscapes


def test_facts_of_a_measured_layer(tmp_path):
    rain = np.full((6, 8), 1_750.0)
    rain[0] = -9999.0
    rain[1, 1] = 9_000.0
    path = landscapes.write_raster(tmp_path / "rain.tif", rain)
    facts = rasters.check(path, layer="precipitation_mm", crs=landscapes.CRS)
    assert (facts.rows, facts.columns, facts.crs, facts.nodata) == (6, 8, "EPSG:4548", -9999.0)
    assert (facts.least, facts.most, facts.implausible) == (1_750.0, 9_000.0, 1)
    assert facts.missing_share == 8 / 48


def test_a_percentage_that_is_a_share_is_pointed_out(tmp_path):
    path = landscapes.write_raster(tmp_path / "fvc.tif", np.full((6, 8), 0.85))
    assert rasters.check(path, layer="vegetation_cover").hints == ("percent_looks_like_share",)
    assert rasters.check(path, layer="vegetation_cover", unit="share").hints == ()


def test_unknown_classes_are_counted(tmp_path):
    codes = landscapes.CLASSES.copy()
    codes[2, 3:5] = 999
    path = landscapes.write_raster(tmp_path / "land_cover.tif", codes)
    assert rasters.check(path, layer="land_cover").unknown_classes == ((999, 2),)


def test_a_raster_broken_inside_is_refused_before_a_run(tmp_path):
    values = np.arange(4_096.0).reshape(64, 64) % 977
    path = landscapes.write_raster(tmp_path / "rain.tif", values, compress="deflate")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FileRefused) as refused:
        rasters.check(path, layer="precipitation_mm")
    assert refused.value.reason == "raster_broken"


def test_nodata_is_asked_for_and_never_guessed(tmp_path):
    path = landscapes.write_raster(tmp_path / "rain.tif", np.full((6, 8), 1_750.0), nodata=None)
    with pytest.raises(FileRefused, match="raster_without_nodata"):
        rasters.check(path, layer="precipitation_mm")
    assert rasters.check(path, layer="precipitation_mm", nodata=0.0).missing_share == 0
