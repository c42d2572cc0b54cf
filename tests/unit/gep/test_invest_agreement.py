"""InVEST on a made landscape, and the engine on the same: one formula, one answer, to a millionth.

InVEST's results were written down once (fixtures/invest/run_invest.py); its rasters are float32, ours float64.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
import shapely

from core import coefficients
from fixtures.invest import landscape
from gep import accounting, methods
from gep.accounting import CompiledAccount, Layers, Parcels
from gep.coverage import Grid
from gep.indicators import carbon_sequestration, soil_retention, water_retention

ROOT = Path(__file__).resolve().parents[3]
SHAPE = landscape.ROWS, landscape.COLUMNS
GRID = Grid(landscape.WEST_M, landscape.NORTH_M, landscape.CELL_M, *SHAPE)
CELL_HA = 0.09
TOLERANCE = 5e-7  # relative


@pytest.fixture(scope="module")
def given() -> dict[str, np.ndarray]:
    return landscape.layers()


@pytest.fixture(scope="module")
def invest() -> dict[str, np.ndarray]:
    """InVEST's results by name, of the landscape's shape; NaN in streams."""
    with (ROOT / "fixtures" / "invest" / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("row", "column")]
    return {name: np.array([float(row[name] or "nan") for row in rows]).reshape(SHAPE) for name in names}


def cells() -> np.ndarray:
    """An outline for each cell."""
    row, column = np.divmod(np.arange(landscape.ROWS * landscape.COLUMNS), landscape.COLUMNS)
    west, north = landscape.WEST_M + column * landscape.CELL_M, landscape.NORTH_M - row * landscape.CELL_M
    return shapely.box(west, north - landscape.CELL_M, west + landscape.CELL_M, north)


def compiled(outlines: np.ndarray, classes: np.ndarray, measured: dict, **options) -> CompiledAccount:
    own = options.pop("overrides", None)
    parcels = Parcels(
        np.array([f"p{n:04d}" for n in range(len(outlines))]), outlines,
        dict.fromkeys(accounting.LEVELS, np.full(len(outlines), "x")),
    )  # fmt: skip
    method = methods.Method(
        methods.profile("GBT46869_2025", switches=options), region="361028", year=2024, price_year=2024, overrides=own
    )
    return accounting.compile_account(parcels, Layers(GRID, classes.astype(np.int16), measured), method)


def soil_account(given: dict, invest: dict, outlines: np.ndarray) -> CompiledAccount:
    """Soil retention by the engine, of InVEST's L·S and the C and P of its table."""
    measured = {name: given[name] for name in ("rainfall_erosivity", "soil_erodibility")}
    measured["slope_length_steepness"] = invest["slope_length_steepness"]
    measured["usle_c"] = landscape.by_class(landscape.COVER, given["land_cover"])
    measured["usle_p"] = landscape.by_class(landscape.PRACTICE, given["land_cover"])
    return compiled(outlines, given["land_cover"], measured, soil_P_factor=True)


def assert_agree(ours: np.ndarray, theirs: np.ndarray, *, least: int) -> None:
    """Both hold a value in the same cells, in ``least`` of them at least, and the values agree."""
    known = ~np.isnan(theirs)
    assert known.sum() >= least
    np.testing.assert_allclose(ours[known], theirs[known], rtol=TOLERANCE, atol=0)


def test_soil_retained_in_each_cell_is_the_avoided_erosion(given, invest):
    soil = soil_account(given, invest, cells()).results["soil_retention"]
    assert_agree(soil.quantity.reshape(SHAPE), invest["avoided_erosion_t"], least=1_800)
    assert_agree(soil.parts["potential_t"].reshape(SHAPE), invest["potential_t"], least=1_800)


def test_soil_retained_in_parcels_is_the_sum_of_shares_of_cells(given, invest):
    # Two rows of parcels of 7.5 by 10 cells, whose edges halve cells; streams are left out of both sums.
    west = landscape.WEST_M + np.array([0, 7.5, 15, 22.5]) * landscape.CELL_M
    outlines = np.concatenate([
        shapely.box(west, landscape.NORTH_M - 30 * south, west + 225, landscape.NORTH_M - 30 * (south - 10))
        for south in (10, 20)
    ])  # fmt: skip
    without_streams = {
        **invest, "slope_length_steepness": np.where(
            np.isnan(invest["avoided_erosion_t"]), np.nan, invest["slope_length_steepness"])
    }  # fmt: skip
    soil = soil_account(given, without_streams, outlines).results["soil_retention"]
    theirs = np.nan_to_num(invest["avoided_erosion_t"])
    halves = np.repeat(theirs[:20, :30], 2, axis=1) / 2
    sums = halves.reshape(2, 10, 4, 15).sum(axis=(1, 3)).reshape(-1)
    np.testing.assert_allclose(soil.quantity, sums, rtol=TOLERANCE)


def test_sediment_that_does_not_reach_a_stream(given, invest):
    share = soil_retention.delivered_share(invest["connectivity"], half_at=0.5, steepness=2.0)
    on_land = np.where(np.isnan(invest["connectivity"]), np.nan, invest["delivered_share"])  # 0 in streams
    assert_agree(share, on_land, least=1_800)
    kept = soil_retention.avoided_export_t(
        invest["avoided_erosion_t"], delivered_share=invest["delivered_share"], trapped_t=invest["trapped_t"]
    )
    assert_agree(kept, invest["avoided_export_t"], least=1_800)


def test_water_yield_by_budyko(given, invest):
    classes = given["land_cover"]
    root_mm = landscape.by_class(landscape.ROOT_MM, classes)
    yielded = water_retention.budyko_yield_mm(
        precipitation_mm=given["precipitation_mm"],
        reference_evapotranspiration_mm=given["reference_evapotranspiration_mm"],
        crop_share=landscape.by_class(landscape.CROP, classes),
        available_water_mm=np.minimum(root_mm, given["soil_depth_mm"]) * given["available_water_share"],
        season=landscape.SEASON,
        vegetated=landscape.by_class(landscape.VEGETATED, classes) == 1,
    )
    assert_agree(yielded, invest["water_yield_mm"], least=2_000)


def test_water_retained_without_runoff_is_the_yield_on_the_same_evapotranspiration(given, invest):
    # Marsh has a runoff coefficient of 0: what is left of R1a is P - ET, cell by cell 900 m².
    marsh = np.full(SHAPE, 41)
    measured = {"precipitation_mm": given["precipitation_mm"], "evapotranspiration_mm": invest["evaporated_mm"]}
    water = compiled(cells(), marsh, measured).results["water_retention"]
    assert_agree(water.quantity.reshape(SHAPE), invest["water_yield_mm"] * 0.9, least=2_000)


def test_carbon_of_four_pools_by_class(given, invest, tmp_path):
    # The stock of each class as a rate of the engine: tonnes of carbon a hectare, told as carbon dioxide.
    rows = "".join(
        f"carbon_sequestration.rate.{code},{sum(pools):.1f},t C,ha-year,361028,2020-01-01,,made landscape,pools,V\n"
        for code, pools in landscape.POOLS_T_PER_HA.items()
    )
    path = tmp_path / "own.csv"
    path.write_text("key,value,unit,per,region,valid_from,valid_to,source,locator,tag\n" + rows, encoding="utf-8")
    account = compiled(cells(), given["land_cover"], {}, overrides=coefficients.read(path, any_source=True))
    carbon = account.results["carbon_sequestration"]
    assert carbon.variant == "rate"
    assert_agree(carbon_sequestration.carbon_t(carbon.quantity).reshape(SHAPE), invest["carbon_t"], least=2_000)


def test_change_of_the_pools_is_what_two_surveys_tell(given, invest):
    of_class = {code: sum(pools) for code, pools in landscape.POOLS_T_PER_HA.items()}
    co2_t_per_ha = carbon_sequestration.co2_from_biomass(
        landscape.by_class(of_class, given["land_cover"]),
        later_t_per_ha=landscape.by_class(of_class, given["later_land_cover"]),
        years=landscape.YEARS, carbon_share=1.0,
    )  # fmt: skip
    changed = given["land_cover"] != given["later_land_cover"]
    assert changed.sum() > 200
    ours = carbon_sequestration.carbon_t(co2_t_per_ha) * CELL_HA * landscape.YEARS
    # The change of InVEST is a difference of float32, so that it is compared with what is subtracted.
    largest = np.maximum(invest["carbon_t"], invest["later_carbon_t"])
    assert np.max(np.abs(ours - invest["carbon_change_t"]) / largest) < TOLERANCE
    assert not ours[~changed].any()
