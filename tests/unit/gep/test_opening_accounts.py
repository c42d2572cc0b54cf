"""Two years of the tiny county: a forest strip becomes paddy, a parcel is split, prices rise, oxygen is left out."""

import csv
import json

import numpy as np
import openpyxl
import pytest
import shapely

from gep import account_files, opening_accounts, outputs
from gep.opening_accounts import OpeningRefused
from tests.unit.gep import landscapes

STRIP_MM2 = 30 * 180 * 10**6  # the westernmost column of six cells, forest in 2020 and paddy in 2024
STATISTICS = "county,product,quantity,unit,value_fen,unit_price_fen,source\n361028,rice,{},t,,{},yearbook\n"


def write(folder, year, *, cover, shapes, codes, rice, profile, leaf_area, opening="", **columns):
    """One year: layers, parcels, statistics and the ACCOUNT.toml."""
    folder.mkdir()
    paths = landscapes.write_layers(folder)
    landscapes.write_raster(paths["land_cover"], cover)
    for name, value in (("leaf_area_index", leaf_area), ("gpp_gc_m2", 1_500.0)):
        paths[name] = landscapes.write_raster(folder / f"{name}.tif", np.full(cover.shape, value))
    landscapes.write_parcels(folder / "p.gpkg", shapes=shapes, code=codes, **columns)
    (folder / "s.csv").write_text(STATISTICS.format(*rice), encoding="utf-8")
    stated = f'[account]\nyear = {year}\nprofile = "{profile}"\n[parcels]\npath = "p.gpkg"\n'
    stated += '[statistics]\npath = "s.csv"\n' + "".join(f'[layers.{n}]\npath = "{p.name}"\n' for n, p in paths.items())
    (folder / "ACCOUNT.toml").write_text(stated + opening, encoding="utf-8")


def paddy_in_the_west():
    cover = landscapes.CLASSES.copy()
    cover[:, 0] = 511
    return cover


def split_quarters():
    west, south, east, north = landscapes.quarters()[0].bounds
    halves = [shapely.box(west, south, west + 50, north), shapely.box(west + 50, south, east, north)]
    return np.array([*halves, *landscapes.quarters()[1:]])


@pytest.fixture
def two_years(tmp_path):
    write(tmp_path / "2020", 2020, cover=landscapes.CLASSES, shapes=landscapes.quarters(), rice=(10, 200_000),
          codes=["p0", "p1", "p2", "p3"], profile="MEE2020", leaf_area=4.0)  # fmt: skip
    write(tmp_path / "2024", 2024, cover=paddy_in_the_west(), shapes=split_quarters(), rice=(12, 250_000),
          codes=["p0a", "p0b", "p1", "p2", "p9"], profile="GBT46869_2025", leaf_area=5.0,
          opening='[opening]\naccount = "../2020/ACCOUNT.toml"\n')  # fmt: skip
    return tmp_path


def compiled(folder):
    closing = account_files.compile_described(account_files.describe(folder / "2024" / "ACCOUNT.toml"), folder=folder)
    return closing, opening_accounts.compile_opening(closing, folder=folder / "opening")


def test_the_change_matrix_reconciles_to_the_square_millimetre(two_years):
    _, opening = compiled(two_years)
    account = opening.extent
    assert account.types == ("111", "121", "43", "511")
    assert account.matrix_mm2.tolist() == [
        [2 * STRIP_MM2, 0, 0, STRIP_MM2], [0, 2 * STRIP_MM2, 0, 0], [0, 0, STRIP_MM2, 0], [0, 0, 0, 2 * STRIP_MM2],
    ]  # fmt: skip
    assert account.opening_mm2.tolist() == [3 * STRIP_MM2, 2 * STRIP_MM2, STRIP_MM2, 2 * STRIP_MM2]
    assert account.additions_mm2.tolist() == [0, 0, 0, STRIP_MM2]
    assert account.reductions_mm2.tolist() == [STRIP_MM2, 0, 0, 0]


def test_parcels_are_followed_through_split_and_new_codes(two_years):
    _, opening = compiled(two_years)
    edges = opening.land.lineage
    assert set(zip(edges.parent.tolist(), edges.child.tolist(), (edges.area_mm2 // 10**6).tolist(), strict=True)) == {
        ("p0", "p0a", 3_850), ("p0", "p0b", 3_850), ("p1", "p1", 10_780), ("p2", "p2", 10_300), ("p3", "p9", 14_420),
    }  # fmt: skip


def test_t36_quantity_and_price_of_rice_and_the_method_that_leaves_oxygen_out(two_years):
    _, opening = compiled(two_years)
    crops = opening.changes["crops"]
    # 10 t at 2,000 yuan, then 12 t at 2,500: T36 a hundredfold.
    assert (crops.opening_fen, crops.method_fen, crops.closing_fen) == (2_000_000, 0, 3_000_000)
    assert (crops.quantity_fen, crops.price_fen, crops.unsplit_fen) == (449_660, 550_340, 0)
    assert crops.constant_price_fen == 2_500_000
    oxygen = opening.changes["oxygen_release"]
    assert oxygen.opening_fen > 0 and oxygen.method_fen == -oxygen.opening_fen and oxygen.closing_fen == 0
    water = opening.changes["water_retention"]
    assert water.price_fen == 0 and water.quantity_fen < 0
    # The strip kept 1,750 × (1 − 4.65 %) − 820 = 848.625 mm of 5,400 m²; 4,582.575 m³ at 7.06 yuan.
    assert water.quantity_fen == pytest.approx(-4_582.575 * 706, abs=3)
    for change in opening.changes.values():
        effects = change.method_fen + change.quantity_fen + change.price_fen + change.unsplit_fen
        assert change.opening_fen + effects == change.closing_fen


def test_land_at_the_border_and_a_measured_area_are_told(tmp_path):
    quarters = landscapes.quarters()
    write(tmp_path / "2020", 2020, cover=landscapes.CLASSES, shapes=quarters[:3], rice=(10, 200_000),
          codes=["p0", "p1", "p2"], profile="GBT46869_2025", leaf_area=4.0)  # fmt: skip
    write(tmp_path / "2024", 2024, cover=landscapes.CLASSES, shapes=quarters[1:], rice=(10, 200_000), leaf_area=4.0,
          codes=["p1", "p2", "p3"], profile="GBT46869_2025",
          opening='[opening]\naccount = "../2020/ACCOUNT.toml"\n')  # fmt: skip
    _, opening = compiled(tmp_path)
    account = opening.extent
    outside = account.types.index("outside")
    assert account.matrix_mm2[:, outside].sum() == 7_700 * 10**6  # parcel p0 went
    assert account.matrix_mm2[outside].sum() == 14_420 * 10**6  # parcel p3 came
    assert opening.land.lineage.child[opening.land.lineage.parent == "p0"].tolist() == [""]


def test_the_files_tell_both_years(two_years, tmp_path):
    statement = outputs.of_file(*compiled(two_years))
    written = outputs.write_all(statement, tmp_path / "out", seconds=lambda: 0.0, peak_rss_mb=lambda: 0.0)
    told = json.loads(written.paths["summary.json"].read_text(encoding="utf-8"))
    extent = told["ecosystem_accounts"]["extent_mm2"]["511"]
    assert extent == {
        "opening_mm2": 2 * STRIP_MM2, "additions_mm2": STRIP_MM2, "reductions_mm2": 0, "reappraisal_mm2": 0,
        "closing_mm2": 3 * STRIP_MM2,
    }  # fmt: skip
    # LAI 4 of 5, cover and production alike: (0.8 + 1 + 1) / 3 · 100.
    assert told["ecosystem_accounts"]["condition"]["111"]["opening"] == pytest.approx(93.3333, abs=1e-4)
    assert told["ecosystem_accounts"]["condition"]["111"]["closing"] == pytest.approx(100)
    assert told["change"]["lineage"] == {"unchanged": 2, "renamed": 1, "split": 2}
    assert told["provenance"]["inputs"]["opening.parcels"]["sha256"]
    for asset in told["ecosystem_accounts"]["assets"].values():
        items = [fen for name, fen in asset.items() if name not in ("opening_fen", "closing_fen")]
        assert asset["opening_fen"] + sum(items) == asset["closing_fen"]
    with written.paths["lineage.csv"].open(encoding="utf-8-sig", newline="") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"unchanged", "renamed", "split"}
    book = openpyxl.load_workbook(written.paths["accounts.xlsx"])
    cells = [
        [cell for cell in row if cell is not None] for row in book["17 转移矩阵 Matrix"].iter_rows(values_only=True)
    ]
    assert ["111", "常绿阔叶林", 1.08, 0, 0, 0.54, 1.62] in cells
    physical = [list(row) for row in book["13 实物供给 Supply"].iter_rows(values_only=True)]
    assert next(row for row in physical if row[0] == "农产品·稻谷")[-1] == 12
    for name in ("water_retention", "soil_retention", "flood_mitigation", "climate_regulation"):
        indicator = told["indicators"][name]
        (total,) = [row[-1] for row in physical if row[0] == indicator["zh"]]
        assert total == pytest.approx(indicator["physical"], abs=0.003), name


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("year = 2020", "year = 2024", "opening.account is of 2024, which is not before 2024"),
        ("year = 2020", 'year = 2020\ncrs = "EPSG:4549"', "opening.account is in EPSG:4549, this account in EPSG:4548"),
        ("year = 2020", 'year = 2020\nregion = "361002"', "opening.account is of the region 361002, this account of"),
    ],
    ids=["no earlier year", "another system", "another region"],
)
def test_an_account_that_is_no_opening_is_refused(two_years, old, new, sentence):
    path = two_years / "2020" / "ACCOUNT.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(OpeningRefused, match=sentence):
        compiled(two_years)


def test_an_opening_whose_land_cover_lies_on_another_grid_takes_the_nearest_cells(two_years):
    from rasterio.transform import from_origin

    fine = np.repeat(np.repeat(landscapes.CLASSES, 2, axis=0), 2, axis=1)
    landscapes.write_raster(
        two_years / "2020" / "land_cover.tif", fine,
        transform=from_origin(landscapes.WEST_M, landscapes.NORTH_M, 15, 15),
    )  # fmt: skip
    path = two_years / "2020" / "ACCOUNT.toml"
    text = path.read_text(encoding="utf-8")
    kept = text[: text.index("[layers.precipitation_mm]")]  # the land cover alone, so that no other grid is in the way
    path.write_text(kept, encoding="utf-8")
    _, opening = compiled(two_years)
    assert opening.extent.reductions_mm2.tolist() == [STRIP_MM2, 0, 0, 0]
    assert opening.changes["water_retention"].unsplit == ("water_retention",)
