"""An account from files of its own: parcels with land use, layers, statistics, figures of its own, intervals."""

import json

import numpy as np
import pytest
import shapely

from gep import account_files
from gep.account_files import AccountFileRefused, CompiledFile
from gep.files import findings
from tests.unit.gep import landscapes

STATISTICS = """county,product,quantity,unit,value_fen,unit_price_fen,source
361028,rice,10,t,,31,yearbook 2024
资溪县,so2_emission,0.001,t,,,bulletin 2024
361028,dragons,3,t,100,,yearbook 2024
361002,rice,5,t,500,,yearbook 2024
"""
FIGURES = """key,value,unit,per,region,valid_from,valid_to,source,locator,tag
water_retention.runoff.111,0.10,1,rain,361028,2020-01-01,,hj-1173-2021,measured at the weir,V
"""
ACCOUNT = """[account]
name = "资溪试算"
year = 2024
[parcels]
path = "p.gpkg"
id = "code"
land_use = "dlbm"
area_m2 = "mj"
[statistics]
path = "statistics.csv"
"""


@pytest.fixture
def folder(tmp_path):
    """The tiny county with land-use codes: forest, paddy, nothing known, dry cropland; the last has a surveyed area."""
    layers = landscapes.write_layers(tmp_path)
    landscapes.write_parcels(
        tmp_path / "p.gpkg",
        dlbm=["0301", "0101", "", "0103"],
        mj=[float("nan"), float("nan"), float("nan"), 15_000.0],
    )
    (tmp_path / "statistics.csv").write_text(STATISTICS, encoding="utf-8")
    (tmp_path / "figures.csv").write_text(FIGURES, encoding="utf-8")
    stated = "".join(f'[layers.{name}]\npath = "{path.name}"\n' for name, path in layers.items())
    (tmp_path / "ACCOUNT.toml").write_text(ACCOUNT + stated, encoding="utf-8")
    return tmp_path


def compiled(folder, *, more: str = "", **options) -> CompiledFile:
    path = folder / "ACCOUNT.toml"
    if more:
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return account_files.compile_described(account_files.describe(path), folder=folder, **options)


def by_code(found: CompiledFile, values: np.ndarray) -> dict[str, float]:
    return dict(zip(found.account.parcels.codes.tolist(), values.tolist(), strict=True))


def test_the_survey_counts_and_the_region_is_the_parcels_own(folder):
    found = compiled(folder)
    assert found.region == "361028"
    # The land cover of parcel 1 is forest and paddy; its survey says paddy, which keeps no water in this profile.
    water = by_code(found, found.account.results["water_retention"].quantity)
    assert water["361028-1"] == 0
    assert by_code(found, found.account.parcels.area_m2)["361028-3"] == 15_000
    assert by_code(found, found.account.parcels.geometric_area_m2)["361028-3"] == pytest.approx(14_420)
    (told,) = [one for of_file in found.findings for one in of_file.rows if one.reason == "area_off_the_outline"]
    assert (told.id, told.told, told.done) == ("361028-3", "× 1.04", "noted")


def test_statistics_reach_their_parcels_and_bad_rows_are_told(folder):
    found = compiled(folder)
    crops = by_code(found, found.account.results["crops"].value_fen)
    # 10 t at 31 fen: to the surveyed paddy alone.
    assert crops == {"361028-0": 0, "361028-1": 310, "361028-2": 0, "361028-3": 0}
    of_file = next(one for one in found.findings if one.file == "statistics.csv")
    written = findings.write_rejections(folder / "rejections.csv", found.findings)
    assert written == sum(one.total for one in found.findings)
    assert {(row.row, row.reason) for row in of_file.rows} >= {(4, "product_unknown"), (5, "county_unknown")}


def test_own_figures_go_before_the_built_in_ones(folder):
    built_in = compiled(folder)
    plain = by_code(built_in, built_in.account.results["water_retention"].quantity)
    found = compiled(folder, more='[coefficients]\npath = "figures.csv"\n')
    own = by_code(found, found.account.results["water_retention"].quantity)
    # Parcel 0, 100 m by 77 m: 90 m of broadleaf at 10 % runoff, 10 m of needleleaf at 4.52 %; 1,750 mm, 820 mm.
    expected = 77 * (90 * (1_750 * 0.90 - 820) + 10 * (1_750 * 0.9548 - 820)) / 1_000
    assert own["361028-0"] == pytest.approx(expected)
    assert own["361028-0"] < plain["361028-0"]
    assert "coefficients" in found.digests


def test_intervals_hold_the_figures_and_a_seed_gives_them_again(folder):
    one, two = compiled(folder, draws=1_000), compiled(folder, draws=1_000, workers=2)
    simulation = one.account.simulation
    assert simulation == two.account.simulation
    low, high = simulation.total_fen.low95, simulation.total_fen.high95
    assert low < one.account.total_fen < high
    water = simulation.physical["water_retention", ""]
    assert water.low95 < np.nansum(one.account.results["water_retention"].quantity) < water.high95


def test_grades_are_worst_where_a_figure_is_unconfirmed(folder):
    found = compiled(folder).account
    assert found.results["crops"].grade == "A"  # counted
    assert found.results["soil_retention"].grade == "C"  # the erosivity of a year's rain is unconfirmed
    assert set(found.parcel_grade.tolist()) <= {"A", "B", "C"}


def test_a_layer_on_another_grid_wants_a_declared_rule(folder):
    from rasterio.transform import from_origin

    coarse = np.full((4, 4), 1_750.0)
    landscapes.write_raster(
        folder / "precipitation_mm.tif", coarse,
        transform=from_origin(landscapes.WEST_M - 100, landscapes.NORTH_M + 100, 120, 120),
    )  # fmt: skip
    with pytest.raises(ValueError, match="layer_on_other_grid"):
        compiled(folder)
    path = folder / "ACCOUNT.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"precipitation_mm.tif"\n', '"precipitation_mm.tif"\nresampling = "bilinear"\n'))
    water = compiled(folder).account.results["water_retention"].quantity
    assert np.nansum(water) > 0


def overlapping(folder, *, choice: str = ""):
    """Let the first parcel reach 10 m into its eastern neighbour, over 77 m."""
    shapes = landscapes.quarters()
    shapes[0] = shapely.union(shapes[0], shapely.transform(shapes[0], lambda xy: xy + [10, 0]))
    columns = {"dlbm": ["0301", "0101", "", "0103"], "mj": [float("nan")] * 4}
    landscapes.write_parcels(folder / "p.gpkg", shapes=shapes, **columns)
    path = folder / "ACCOUNT.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[parcels]\n", f"[parcels]\n{choice}\n"), encoding="utf-8")


def test_overlapping_parcels_are_told_and_the_account_goes_on(folder):
    overlapping(folder)
    of_parcels = next(found for found in compiled(folder).findings if found.file == "p.gpkg")
    assert of_parcels.counts == (("parcels_overlap", 1),)
    (told,) = of_parcels.rows
    assert (told.reason, told.id, told.told, told.done) == (
        "parcels_overlap", "361028-0", "361028-1, 770.00 m²", "noted"
    )  # fmt: skip


def test_overlapping_parcels_are_refused_or_passed_over_as_the_analyst_chooses(folder):
    overlapping(folder, choice='on_overlap = "refuse"')
    with pytest.raises(ValueError, match=r"p\.gpkg: parcels_overlap \(1 pairs, 770\.00 m²; the largest 361028-0 and"):
        compiled(folder)
    path = folder / "ACCOUNT.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"refuse"', '"ignore"'), encoding="utf-8")
    assert [found.file for found in compiled(folder).findings] == ["statistics.csv"]
    path.write_text(path.read_text(encoding="utf-8").replace('"ignore"', '"forgive"'), encoding="utf-8")
    with pytest.raises(AccountFileRefused, match=r"parcels\.on_overlap is one of tell, refuse, ignore, not 'forgive'"):
        compiled(folder)


def test_a_missing_table_of_figures_is_named(folder):
    with pytest.raises(AccountFileRefused, match=r"coefficients\.path: none\.csv is not there"):
        compiled(folder, more='[coefficients]\npath = "none.csv"\n')


def test_a_check_before_the_run_tells_counties_and_overlaps(folder, capsys):
    from django.core.management import call_command

    shapes = landscapes.quarters()
    shapes[1] = shapes[1].union(shapes[0].intersection(shapes[0].buffer(-20)))  # parcel 1 reaches into parcel 0
    landscapes.write_parcels(folder / "p.gpkg", shapes=shapes, dlbm=["0301", "0101", "", "0103"], mj=[np.nan] * 4)
    call_command("gep", "check", str(folder / "ACCOUNT.toml"), "--json")
    told = json.loads(capsys.readouterr().out)
    notes = {note["code"]: note for note in told["notes"]}
    assert {"parcels_overlap", "product_unknown"} <= set(notes)
    assert notes["product_unknown"]["severity"] == "choose"


def test_a_figure_in_another_unit_is_refused_and_a_copied_one_is_no_surer(folder):
    (folder / "figures.csv").write_text(FIGURES.replace("0.10,1,rain", "10,%,rain"), encoding="utf-8")
    with pytest.raises(ValueError, match="runoff.111 is in % per rain, the method takes 1 per rain"):
        compiled(folder, more='[coefficients]\npath = "figures.csv"\n')
    from gep import methods

    built_in = methods.Method(methods.profile("GBT46869_2025"), region="361028", year=2024, price_year=2024)
    built_in.figure("soil_retention", "erosivity.factor")
    row = built_in.taken["soil_retention", "erosivity.factor"]
    copied = FIGURES.splitlines()[0] + (
        f"\nsoil_retention.erosivity.factor,{row.value},{row.unit},{row.per},361028,2020-01-01,,hj-1173-2021,copied,V\n"
    )
    (folder / "figures.csv").write_text(copied, encoding="utf-8")
    found = compiled(folder)
    assert found.account.method.taken["soil_retention", "erosivity.factor"].tag == "U"
