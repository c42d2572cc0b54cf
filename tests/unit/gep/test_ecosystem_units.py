"""Ecosystem units: whose class counts, what area counts, and that bands, blocks and workers change no bit."""

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gep import accounting, methods
from gep.accounting import ecosystem_units
from gep.accounting.inputs import Layers, Parcels
from gep.coverage import Grid

WEST_M, NORTH_M = 500_000.0, 3_060_000.0


def square_grid(rows: int, columns: int, *, cell_m: float = 30.0) -> Grid:
    return Grid(WEST_M, NORTH_M, cell_m, rows, columns)


def rectangle(first_row: float, last_row: float, first_column: float, last_column: float) -> shapely.Polygon:
    """In cells from the upper left corner, of 30 m."""
    return shapely.box(
        WEST_M + first_column * 30, NORTH_M - last_row * 30, WEST_M + last_column * 30, NORTH_M - first_row * 30
    )


def parcels(*shapes: shapely.Geometry, **columns) -> Parcels:
    one = np.full(len(shapes), "361028")
    areas = {level: one for level in accounting.LEVELS}
    codes = np.array([f"p{number}" for number in range(len(shapes))])
    return Parcels(codes, np.array(shapes, dtype=object), areas, **columns)


def layers(classes: np.ndarray, **measured: np.ndarray) -> Layers:
    return Layers(square_grid(*classes.shape), classes.astype(np.int16), measured)


def weigh(some: Parcels, over: Layers) -> ecosystem_units.WeighedParcels:
    return ecosystem_units.weigh(some, over, derived=lambda window: {}, cell_terms=lambda pieces: pieces.layers)


def method(**switches) -> methods.Method:
    profile = methods.profile("GBT46869_2025", switches=switches)
    return methods.Method(profile, region="361028", year=2024, price_year=2024)


def test_a_unit_is_the_part_of_a_parcel_that_is_of_one_class():
    # One and a half cells of forest, half a cell of paddy: 1,350 and 450 m2; rain 10, 20 mm on the forest, 40 on paddy.
    found = weigh(
        parcels(rectangle(0, 1, 0, 2)),
        layers(np.array([[111, 0], [511, 511]]), precipitation_mm=np.array([[10.0, 20.0], [40.0, 40.0]])),
    )
    assert found.units.code.tolist() == [0, 111]
    half = weigh(
        parcels(rectangle(0.5, 1.5, 0, 1)),
        layers(np.array([[111, 111], [511, 511]]), precipitation_mm=np.array([[10.0, 20.0], [40.0, 40.0]])),
    ).units
    assert half.code.tolist() == [111, 511]
    assert half.area_m2.tolist() == [450, 450]
    assert half.sums["precipitation_mm"].tolist() == [4_500, 18_000]


def test_a_missing_cell_counts_for_the_area_and_not_for_the_sum():
    rain = np.array([[10.0, np.nan]])
    units = weigh(parcels(rectangle(0, 1, 0, 2)), layers(np.array([[111, 111]]), precipitation_mm=rain)).units
    assert units.area_m2.tolist() == [1_800]
    assert units.valid_m2["precipitation_mm"].tolist() == [900]
    assert units.sums["precipitation_mm"].tolist() == [9_000]


def test_the_survey_says_the_class_and_the_land_cover_tells_forests_apart():
    cover = layers(np.array([[121, 511, 43]]))
    forest = parcels(rectangle(0, 1, 0, 3), land_use=np.array(["0301"]))
    assert weigh(forest, cover).units.code.tolist() == [111, 121]  # needles where they are seen, else the code's own
    paddy = parcels(rectangle(0, 1, 0, 3), land_use=np.array(["0101"]))
    assert weigh(paddy, cover).units.code.tolist() == [511]
    silent = parcels(rectangle(0, 1, 0, 3), land_use=np.array([""]))
    assert weigh(silent, cover).units.code.tolist() == [121, 43, 511]


def test_the_surveyed_area_counts_where_it_is_stated():
    both = parcels(rectangle(0, 1, 0, 1), rectangle(0, 1, 1, 2), official_area_m2=np.array([990.0, np.nan]))
    found = weigh(both, layers(np.array([[111, 111]])))
    assert found.area_m2.tolist() == pytest.approx([990, 900])
    assert found.units.area_m2.tolist() == pytest.approx([990, 900])
    assert found.geometric_area_m2.tolist() == [900, 900]


def test_t30_water_of_a_parcel():
    # 2.35 ha of evergreen broadleaf forest: 1,750 mm of rain, 820 mm evaporate, 4.65 % run off: 19,942.69 m3.
    side = np.sqrt(23_500) / 30
    square = parcels(rectangle(0.3, 0.3 + side, 0.7, 0.7 + side))
    shape = (8, 8)
    over = layers(
        np.full(shape, 111), precipitation_mm=np.full(shape, 1_750.0), evapotranspiration_mm=np.full(shape, 820.0)
    )
    result = accounting.compile_account(square, over, method()).results["water_retention"]
    assert result.quantity[0] == pytest.approx(19_942.69, abs=0.005)
    assert result.value_fen[0] == 14_079_537  # at 7.06 CNY a m3


def tall_landscape() -> tuple[Parcels, Layers]:
    """600 rows, three bands; parcels across their edges, one over all of them, one half off the grid, one far off."""
    random = np.random.default_rng(7)
    shape = (600, 20)
    classes = random.choice([111, 121, 511, 43, 0], size=shape)
    rain = np.where(random.random(shape) < 0.05, np.nan, random.uniform(1_200, 2_000, shape))
    over = layers(classes, precipitation_mm=rain, evapotranspiration_mm=random.uniform(500, 900, shape))
    shapes = [
        rectangle(first, first + random.uniform(0.3, 90), left, left + random.uniform(0.3, 6))
        for first, left in zip(random.uniform(0, 560, 30), random.uniform(0, 16, 30), strict=True)
    ]
    whole = rectangle(-20, 620, -3, 25)
    far = shapely.transform(rectangle(0, 5, 0, 5), lambda xy: xy + 1e6)
    ring = shapely.difference(rectangle(100, 500, 2, 18), rectangle(200, 400, 5, 15))
    return parcels(*shapes, whole, far, ring), over


@given(block=st.integers(1, 40), seed=st.integers(0, 1_000))
@settings(max_examples=12, deadline=None)
def test_blocks_bands_and_order_change_no_bit(block, seed):
    some, over = tall_landscape()
    order = np.random.default_rng(seed).permutation(len(some))
    one = accounting.compile_account(some, over, method())
    other = accounting.compile_account(some[order], over, method(), block=block)
    for name, result in one.results.items():
        assert np.array_equal(result.quantity[order], other.results[name].quantity, equal_nan=True)
        assert np.array_equal(result.value_fen[order], other.results[name].value_fen)
        assert np.array_equal(result.coverage_share[order], other.results[name].coverage_share)
    assert one.totals == other.totals
    assert one.classes == other.classes


def test_two_workers_find_the_same_as_one():
    some, over = tall_landscape()
    one = accounting.compile_account(some, over, method(), block=9)
    two = accounting.compile_account(some, over, method(), block=9, workers=2)
    assert one.totals == two.totals
    assert one.classes == two.classes
    assert one.method.figures() == two.method.figures()


def test_what_lies_off_the_grid_is_told_and_counts_nothing():
    some, over = tall_landscape()
    account = accounting.compile_account(some, over, method(), block=1)
    far, whole = 31, 30
    assert account.parcels.inside_share[far] == 0
    assert np.isnan(account.results["water_retention"].quantity[far])
    assert account.parcels.inside_share[whole] == pytest.approx(600 * 20 / (640 * 28))


def test_sums_by_class_equal_the_sums_of_the_parcels():
    some, over = tall_landscape()
    account = accounting.compile_account(some, over, method())
    by_class = sum(
        amount
        for (indicator, part, _), places in account.classes.terms.items()
        if indicator == "water_retention" and part == ""
        for amount in places.values()
    )
    assert by_class == pytest.approx(np.nansum(account.results["water_retention"].quantity), rel=1e-12)


def test_a_region_of_forest_passes_no_limit_of_whole_numbers():
    # 20,000 km2 in one parcel: 7e11 kWh of cooling, 2**63 units of 2**-24 and more.
    grid = Grid(WEST_M, NORTH_M, 10_000.0, 20, 10)
    over = Layers(grid, np.full((20, 10), 111, dtype=np.int16), {})
    whole = parcels(shapely.box(*grid.bounds))
    account = accounting.compile_account(whole, over, method(), draws=1_000)
    interval = account.simulation.value_fen["climate_regulation"]
    assert interval.expected == pytest.approx(account.indicator_fen("climate_regulation"), rel=1e-9)
    assert interval.low95 < account.indicator_fen("climate_regulation") < interval.high95


def test_a_variant_without_its_figures_is_pending_and_says_so():
    over = layers(np.array([[111]]))
    account = accounting.compile_account(
        parcels(rectangle(0, 1, 0, 1)), over, method(carbon_sequestration_variant="rate")
    )
    assert account.pending["carbon_sequestration"] == ("carbon_sequestration.rate.<class>",)


@pytest.mark.parametrize(
    ("official_m2", "counted_m2"),
    [
        (900.0, 900.0), (903.0, 903.0), (990.0, 990.0), (820.0, 820.0),
        (991.0, 900.0), (1.35, 900.0), (9.0e5, 900.0), (np.nan, 900.0),  # in 亩, in mm², not surveyed
    ],
)  # fmt: skip
def test_a_surveyed_area_counts_only_where_it_can_be_that_of_the_outline(official_m2, counted_m2):
    cell = parcels(rectangle(0, 1, 0, 1))
    surveyed = dataclasses.replace(cell, official_area_m2=np.array([official_m2]))
    account = accounting.compile_account(surveyed, layers(np.array([[41, 41], [41, 41]])), method())
    assert account.parcels.area_m2[0] == pytest.approx(counted_m2)
    assert account.results["flood_mitigation"].quantity[0] == pytest.approx(0.3 * counted_m2)
