"""An analyst with parcels, a folder of GeoTIFFs and a statistics sheet: the files of the account against figures that
were found another way (exactextract's shares, pandas' sums, coefficients typed in from the methods pages)."""

import json
import platform
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import rasterio
import shapely
from django.core.management import call_command
from pyarrow import parquet
from rasterio.transform import from_origin

from gep import account_files

WEST, NORTH, CELL, ROWS, COLUMNS = 500_010.0, 3_043_020.0, 30.0, 50, 60
CRS = "EPSG:4548"
ZIXI, NANFENG = "361028", "361023"
COUNT = 150
STATISTICS = [
    ("county", "product", "quantity", "unit", "value_fen", "unit_price_fen", "source"),
    (ZIXI, "rice", 1_234.5, "t", None, 28_812, "yearbook"),
    (NANFENG, "rice", 0.08, "万吨", None, 288_000_000, "yearbook"),
    ("资溪县", "bamboo", 12, "万根", 987_654_321, None, "yearbook"),
    (NANFENG, "pond_fish", 55, "t", 12_345_601, None, "yearbook"),  # it has no pond
    *((county, f"emission_{gas}", amount, "t", None, None, "bulletin")
      for county, amount in ((ZIXI, 0.5), (NANFENG, 900)) for gas in ("so2", "nox", "dust")),
]  # fmt: skip
ACCOUNT = """[account]
name = "两县试算"
year = 2024
price_year = 2024
profile = "GBT46869_2025"
crs = "EPSG:4548"
reference_layer = "land_cover"
[parcels]
path = "{parcels}"
id = "bsm"
land_use = "dlbm"
county = "xian"
area_m2 = "tbmj"
[layers.land_cover]
path = "layers/land_cover.tif"
scheme = "clcd"
[layers.precipitation_mm]
path = "layers/rain.tif"
unit = "mm"
resampling = "bilinear"
[layers.evapotranspiration_mm]
path = "layers/evaporation.tif"
unit = "mm"
[statistics]
path = "statistics.xlsx"
[switches]
clip_negative = false
"""
CLASS_OF_COVER = {1: 512, 2: 13, 3: 21, 4: 33, 5: 43, 8: 61}
CLASS_OF_SURVEY = {"0302": 113, "0101": 511, "0404": 33, "1103": 422, "0701": 61}
RUNOFF = {111: 0.0465, 113: 0.0465, 13: 0.0352, 21: 0.0426, 33: 0.0387, 422: 0.0}  # other classes keep 0
GROWTH_T_PER_HA = {111: 17.27, 113: 28.37, 13: 3.71, 21: 4.01}
SO2_KG_PER_HA = {111: 88.64, 113: 97.96, 13: 152.14, 21: 92.10}


def rain_mm(x, y):
    """Even in both directions, so that bilinear sampling gives the figure of the place."""
    return 1_600 + (x - WEST) * 0.05 + (NORTH - y) * 0.02


def outlines() -> np.ndarray:
    """A partition whose edges follow no cell; the first parcel has two parts, another a hole that a third one fills."""
    random = np.random.default_rng(7)
    box = shapely.box(WEST + 47, NORTH - ROWS * CELL + 33, WEST + COLUMNS * CELL - 41, NORTH - 29)
    west, south, east, north = box.bounds
    points = shapely.multipoints(shapely.points(random.uniform(west, east, COUNT), random.uniform(south, north, COUNT)))
    faces = list(shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box)), box))
    faces[0] = shapely.union(faces[0], faces.pop(90))
    pond = shapely.buffer(shapely.point_on_surface(faces[10]), 8, quad_segs=3)
    faces[10] = faces[10].difference(pond)
    return np.array([shapely.MultiPolygon(list(shapely.get_parts(face))) for face in [*faces, pond]])


def table(shapes: np.ndarray) -> dict[str, np.ndarray]:
    random = np.random.default_rng(11)
    area = np.round(shapely.area(shapes) * 1.0003, 2)
    area[::17] = np.nan
    codes = np.array(["0301", *CLASS_OF_SURVEY, ""])
    west_half = shapely.get_x(shapely.centroid(shapes)) < WEST + COLUMNS * CELL / 2
    return {
        "bsm": np.array([f"T{n:04d}" for n in range(len(shapes))]),
        "dlbm": random.choice(codes, len(shapes), p=[0.35, 0.1, 0.2, 0.1, 0.1, 0.05, 0.1]),
        "xian": np.where(west_half, ZIXI, NANFENG), "tbmj": area,
    }  # fmt: skip


def write_layer(path: Path, values: np.ndarray, *, nodata, west=WEST, north=NORTH, cell=CELL) -> None:
    profile = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1, "crs": CRS,
        "dtype": values.dtype.name, "transform": from_origin(west, north, cell, cell), "nodata": nodata,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(values, 1)


def layers() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    cover = np.kron(random.choice([1, 2, 2, 2, 3, 4, 5, 8], (10, 12)), np.ones((5, 5))).astype(np.uint8)
    cover[:3, :7] = 0
    evaporation = np.round(random.uniform(700, 900, (ROWS, COLUMNS)), 1).astype(np.float32)
    evaporation[20:31, 30:47] = -9999
    return {"cover": cover, "evaporation": evaporation}


def write_shapes(path: Path, shapes: np.ndarray, columns: dict, *, driver: str, **options) -> None:
    pyogrio.raw.write(
        path, geometry=shapely.to_wkb(shapes), fields=list(columns), driver=driver, geometry_type="MultiPolygon",
        crs=CRS, field_data=[c.astype(object) if c.dtype.kind == "U" else c for c in columns.values()], **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The analyst's folder, with the account compiled from it under ``out``."""
    folder = tmp_path_factory.mktemp("analyst")
    (folder / "layers").mkdir()
    given = layers()
    write_layer(folder / "layers" / "land_cover.tif", given["cover"], nodata=0)
    write_layer(folder / "layers" / "evaporation.tif", given["evaporation"], nodata=-9999.0)
    west, north = WEST - 330, NORTH + 410
    x, y = west + 200 * (np.arange(15) + 0.5), north - 200 * (np.arange(13) + 0.5)
    coarse = rain_mm(x[None, :], y[:, None])
    write_layer(folder / "layers" / "rain.tif", coarse, nodata=-9999.0, west=west, north=north, cell=200.0)
    shapes = outlines()
    write_shapes(folder / "parcels.gpkg", shapes, table(shapes), driver="GPKG")
    book = openpyxl.Workbook()
    for row in STATISTICS:
        book.active.append(list(row))
    book.save(folder / "statistics.xlsx")
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.format(parcels="parcels.gpkg"), encoding="utf-8")
    run(folder, "out")
    return folder


def run(folder: Path, out: str) -> None:
    given = [str(folder / "ACCOUNT.toml"), "--out", str(folder / out), "--workers", "2", "--draws", "1000", "--quiet"]
    call_command("gep", "run", *given)


@pytest.fixture(scope="module")
def rows(folder) -> pd.DataFrame:
    return parquet.read_table(folder / "out" / "parcels.parquet").to_pandas().set_index("parcel_id")


@pytest.fixture(scope="module")
def told(folder) -> dict:
    return json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pieces() -> pd.DataFrame:
    """A row for each parcel and cell: area by the survey, class, and what the layers say there."""
    if platform.machine() in {"aarch64", "arm64"}:
        pytest.skip("exactextract has no wheel for this platform")
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    shapes = outlines()
    columns = pd.DataFrame(table(shapes)).assign(outline_m2=shapely.area(shapes))
    cells = np.arange(ROWS * COLUMNS, dtype=np.int32).reshape(ROWS, COLUMNS)
    source = NumPyRasterSource(cells, WEST, NORTH - ROWS * CELL, WEST + COLUMNS * CELL, NORTH)
    features = [{"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(s)} for s in shapes]
    found = [row["properties"] for row in exact_extract(source, features, ["values", "coverage"])]
    covered = columns.assign(cell=[f["values"] for f in found], share=[f["coverage"] for f in found])
    covered = covered.explode(["cell", "share"]).astype({"cell": int, "share": float}).reset_index(drop=True)
    row, column = np.divmod(covered["cell"].to_numpy(), COLUMNS)
    given = layers()
    cover, evaporation = given["cover"][row, column], given["evaporation"][row, column].astype(float)
    by_cover = pd.Series(cover).map(CLASS_OF_COVER)
    stated = covered["dlbm"].map(CLASS_OF_SURVEY)
    forest = np.where(cover == 2, 13, 111)  # of tree forest the cover tells the kind
    return covered.assign(
        m2=covered["share"] * CELL**2 * covered["tbmj"].fillna(covered["outline_m2"]) / covered["outline_m2"],
        kind=np.where(covered["dlbm"] == "0301", forest, stated.fillna(by_cover)),
        rain=rain_mm(WEST + CELL * (column + 0.5), NORTH - CELL * (row + 0.5)),
        evaporation=np.where(evaporation == -9999, np.nan, evaporation),
    )


def of_parcels(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows.index.str.startswith("unallocated")].sort_index()


def fen(quantities: pd.Series, price_fen: str) -> list[int]:
    worth = [Decimal(repr(float(q))) * Decimal(price_fen) for q in quantities.fillna(0.0)]
    return [int(each.quantize(Decimal(1), ROUND_HALF_UP)) for each in worth]


def test_water_of_each_parcel(rows, pieces):
    kept = pieces["kind"].map(RUNOFF)
    depth = pieces["rain"] * (1 - kept) - pieces["evaporation"]
    volume = (pieces["m2"] * depth / 1_000).groupby(pieces["bsm"]).sum(min_count=1)
    keeps_nothing = pieces[kept.isna() & pieces["kind"].notna()].groupby("bsm")["m2"].sum()
    volume[volume.isna() & keeps_nothing.reindex(volume.index).gt(0)] = 0.0
    ours = of_parcels(rows)
    np.testing.assert_allclose(ours["water_retention_m3"], volume.sort_index(), rtol=1e-6)
    assert ours["water_retention_fen"].tolist() == fen(ours["water_retention_m3"], "706")
    assert ours["water_retention_coverage_share"].min() < 0.5  # where evapotranspiration is missing


def test_carbon_of_each_parcel(rows, pieces):
    grown = pieces["m2"] / 10_000 * pieces["kind"].map(GROWTH_T_PER_HA).fillna(0.0)
    ours = of_parcels(rows)
    np.testing.assert_allclose(
        ours["carbon_sequestration_t"].fillna(0.0), grown.groupby(pieces["bsm"]).sum().sort_index() * 1.63, rtol=1e-6
    )
    assert ours["carbon_sequestration_fen"].tolist() == fen(ours["carbon_sequestration_t"], "9584")


def test_air_up_to_what_each_county_emits(rows, pieces):
    could = pieces["m2"] / 10_000 * pieces["kind"].map(SO2_KG_PER_HA).fillna(0.0) / 1_000
    could_t = could.groupby(pieces["xian"]).sum()
    did_t = of_parcels(rows).groupby("county")["air_purification_so2_t"].sum()
    assert did_t[ZIXI] == pytest.approx(0.5)
    assert could_t[ZIXI] > 0.5
    assert did_t[NANFENG] == pytest.approx(could_t[NANFENG], rel=1e-6)


def test_every_sum_is_the_sum_of_its_parts(rows, told):
    values = [name for name in rows.columns if name.endswith("_fen") and name != "total_fen"]
    assert rows[values].sum(axis=1).tolist() == rows["total_fen"].tolist()
    assert told["parcels"] == COUNT
    assert told["total_fen"] == rows["total_fen"].sum()
    for name in values:
        assert told["indicators"][name.removesuffix("_fen")]["value_fen"] == rows[name].sum()
    by_county = rows.groupby("county")["total_fen"].sum().to_dict()
    assert {county: found["total_fen"] for county, found in told["by_county"].items()} == by_county
    assert sum(found["total_fen"] for found in told["by_ecosystem"].values()) == told["total_fen"]
    assert told["low95"] < told["total_fen"] < told["high95"]


def test_areas_by_class(told, pieces):
    by_class = pieces.groupby("kind", dropna=False)["m2"].sum()
    ours = {code: found["area_m2"] for code, found in told["by_ecosystem"].items() if code != "unallocated"}
    theirs = {"0" if np.isnan(kind) else str(int(kind)): area for kind, area in by_class.items()}
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_statistics_are_shared_out_to_the_fen(rows):
    by_county = rows.groupby("county")[["crops_fen", "forestry_fen", "fishery_fen"]].sum()
    # 1,234.5 t at 288.12 yuan; 800 t stated as 0.08 万吨 at 2,880,000 yuan each
    assert by_county["crops_fen"].to_dict() == {ZIXI: 35_568_414, NANFENG: 23_040_000}
    assert by_county["forestry_fen"].to_dict() == {ZIXI: 987_654_321, NANFENG: 0}
    assert rows.loc[f"unallocated-{NANFENG}", "fishery_fen"] == 12_345_601
    ours = of_parcels(rows)
    survey = pd.DataFrame(table(outlines())).set_index("bsm")["dlbm"]
    assert set(survey[ours.index[ours["crops_fen"] > 0]]) == {"0101"}


def test_columns_and_keys_are_as_the_interface_says(rows, told):
    assert rows.columns[:4].tolist() == ["county", "ecosystem", "area_m2", "coverage_share"]
    wanted = {
        "water_retention_m3", "carbon_sequestration_t", "air_purification_t", "air_purification_so2_t",
        "flood_mitigation_m3", "crops_yuan", "crops_fen", "total_fen", "grade",
    }  # fmt: skip
    assert wanted <= set(rows.columns)
    assert {
        "parcels", "area_m2", "total_fen", "indicators", "by_county", "by_ecosystem", "seconds", "peak_rss_mb",
        "provenance",
    } <= set(told)  # fmt: skip
    assert {"physical", "unit", "value_fen", "status", "grade", "low95", "high95"} <= set(told["indicators"]["crops"])
    assert told["indicators"]["soil_retention"]["status"] == "pending_data"
    assert all(len(digest) == 64 for digest in told["provenance"]["sha256"].values())
    assert {"parcels", "statistics", "layers.land_cover"} <= set(told["provenance"]["sha256"])


def test_the_workbook_states_the_same_totals(folder, told):
    book = openpyxl.load_workbook(folder / "out" / "accounts.xlsx", read_only=True)
    for name, first in (
        ("1 总表 Totals", "生态产品总值"),
        ("2 分县 Counties", "361000"),
        ("6 地块 Parcels", "合计 total"),
    ):
        (row,) = [cells for cells in book[name].iter_rows(values_only=True) if cells[0] == first]
        assert told["total_fen"] in row, name


def test_a_second_run_says_the_same(folder, told):
    run(folder, "again")
    again = json.loads((folder / "again" / "summary.json").read_text(encoding="utf-8"))
    measured = {"seconds", "peak_rss_mb"}
    assert {k: v for k, v in again.items() if k not in measured} == {k: v for k, v in told.items() if k not in measured}
    for name in ("parcels.parquet", "totals.csv", "accounts.xlsx"):
        assert (folder / "again" / name).read_bytes() == (folder / "out" / name).read_bytes(), name


@pytest.mark.parametrize("kind", ["parquet", "zip"])
def test_shuffled_parcels_in_another_format_come_to_the_same_fen(folder, rows, kind, tmp_path):
    shapes = outlines()
    order = np.random.default_rng(9).permutation(len(shapes))
    columns = {name: values[order] for name, values in table(shapes).items()}
    if kind == "parquet":
        geometry = {"encoding": "WKB", "geometry_types": ["MultiPolygon"], "crs": pyproj.CRS(CRS).to_json_dict()}
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geometry}}
        arrays = {name: pa.array(values.tolist(), from_pandas=True) for name, values in columns.items()}
        arrays["geometry"] = pa.array(shapely.to_wkb(shapes[order]).tolist(), type=pa.binary())
        parquet.write_table(pa.table(arrays).replace_schema_metadata({"geo": json.dumps(geo)}), folder / "p.parquet")
    else:
        (tmp_path / "shape").mkdir()
        write_shapes(tmp_path / "shape" / "图斑.shp", shapes[order], columns, driver="ESRI Shapefile", encoding="UTF-8")
        with zipfile.ZipFile(folder / "p.zip", "w") as archive:
            for path in sorted((tmp_path / "shape").iterdir()):
                archive.write(path, path.name)
    (folder / f"{kind}.toml").write_text(ACCOUNT.format(parcels=f"p.{kind}"), encoding="utf-8")
    account = account_files.compile_described(account_files.describe(folder / f"{kind}.toml"), folder=tmp_path).account
    found = pd.DataFrame({f"{name}_fen": result.value_fen for name, result in account.results.items()})
    found = found.set_index(account.parcels.codes).sort_index()
    pd.testing.assert_frame_equal(found, of_parcels(rows)[found.columns], check_names=False, check_index_type=False)
