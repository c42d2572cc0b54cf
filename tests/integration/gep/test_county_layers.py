"""The synthetic county: the same county and seed give the same bytes, and every file says that it is synthetic."""

import hashlib

import pytest

from fixtures import make_county_layers
from gep.files import parcel_files, raster_files

SMALLEST_COUNTY = "361030"  # 广昌县 has the fewest cells
FEW_PARCELS = 400


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One county made twice from one seed and once from another, with few parcels, which are what takes time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_county_layers, "PARCELS", FEW_PARCELS)
        return {
            name: make_county_layers.make(county=SMALLEST_COUNTY, folder=tmp_path_factory.mktemp(name), seed=seed)
            for name, seed in (("one", 7), ("two", 7), ("other", 8))
        }


def digests(made):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(made.parcels.parent.iterdir())}


def test_the_same_seed_gives_the_same_bytes(made):
    assert digests(made["one"]) == digests(made["two"])
    assert len(digests(made["one"])) == 12  # nine layers, the parcels, their statistics, ACCOUNT.toml


def test_another_seed_gives_another_landscape(made):
    one, other = digests(made["one"]), digests(made["other"])
    assert {name for name in one if one[name] == other[name]} == {
        "ACCOUNT.toml",
        "statistics.csv",
    }  # as much land of each class


def test_every_file_says_that_it_is_synthetic(made):
    for path in made["one"].layers.values():
        assert "模拟数据" in raster_files.read(path, crs=make_county_layers.CRS).tags["LABEL"]
    parcels = parcel_files.read(made["one"].parcels)
    assert parcels.synthetic.all()
    assert all("模拟数据" in told for told in parcels.columns["provenance"])
    assert "模拟数据" in made["one"].account.read_text(encoding="utf-8")
    assert "模拟数据" in made["one"].statistics.read_text(encoding="utf-8")
