"""A stack gives the same bits however it is cut, and brings other grids to its own by the rule declared, in numpy."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from gep.coverage import Grid
from gep.ecosystems import UnknownClass
from gep.files import FileRefused, projections, raster_stacks
from gep.files.layers import UnknownLayer
from gep.files.rasters import sampling
from tests.unit.gep import landscapes

WEST, NORTH = landscapes.WEST_M, landscapes.NORTH_M
ALL_ROWS, ALL_COLUMNS = slice(0, landscapes.ROWS), slice(0, landscapes.COLUMNS)
GRID_2 = np.array([[10.0, 20.0], [30.0, np.nan]])


def whole(stack, *names):
    return stack.window(rows=slice(-2, landscapes.ROWS + 2), columns=slice(-2, landscapes.COLUMNS + 2), names=names)


def write(path, values, *, west=WEST, north=NORTH, step=30.0, **changes):
    shift = from_origin(west, north, step, step)
    return landscapes.write_raster(path, values, transform=shift, **changes)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Land cover at 30 m; terrain on a shifted grid of 45 m; rain in degrees; K on the same lines, other extent."""
    folder = tmp_path_factory.mktemp("layers")
    rng = np.random.default_rng(7)
    cover = landscapes.write_raster(folder / "land_cover.tif", landscapes.CLASSES)
    terrain = rng.uniform(100, 200, (9, 9))
    terrain[3, 4] = -9999.0
    dem = write(folder / "dem.tif", terrain, west=WEST - 61, north=NORTH + 47, step=45.0)
    lon, lat = projections.moved(np.array([WEST]), np.array([NORTH]), "EPSG:4548", "EPSG:4490")
    rain = landscapes.write_raster(
        folder / "rain.tif", rng.uniform(1_500, 1_900, (20, 20)), crs="EPSG:4490",
        transform=from_origin(lon[0] - 0.002, lat[0] + 0.002, 0.00025, 0.0002),
    )  # fmt: skip
    soil = write(folder / "k.tif", np.full((4, 30), 0.02), west=WEST - 300, north=NORTH - 60)
    return raster_stacks.open_stack(
        {"land_cover": cover, "dem_m": dem, "precipitation_mm": rain, "soil_erodibility": soil},
        resampling={"dem_m": "bilinear", "precipitation_mm": "nearest"},
    )


@pytest.fixture(scope="module")
def everything(stack):
    return stack.window(rows=slice(-3, 20), columns=slice(-3, 24))


@settings(max_examples=25, deadline=None)
@given(st.integers(-3, 8), st.integers(0, 9), st.integers(-3, 10), st.integers(0, 11))
def test_any_window_has_the_bits_of_the_whole(stack, everything, row, rows, column, columns):
    some = stack.window(rows=slice(row, row + rows), columns=slice(column, column + columns))
    for name, values in some.items():
        expected = everything[name][row + 3 : row + 3 + rows, column + 3 : column + 3 + columns]
        assert values.dtype == expected.dtype
        assert values.tobytes() == np.ascontiguousarray(expected).tobytes(), name


def test_layers_on_the_same_lines_need_no_rule_and_end_where_they_end(stack):
    assert stack.rules == {"land_cover": "", "dem_m": "bilinear", "precipitation_mm": "nearest", "soil_erodibility": ""}
    soil = whole(stack, "soil_erodibility")["soil_erodibility"]
    assert np.isnan(soil[:4]).all()  # two rows beyond the grid, two before the layer begins
    assert (soil[4:8] == 0.02).all()
    assert np.isnan(soil[8:]).all()


def test_bilinear_by_hand(tmp_path):
    # Cells of 60 m from the same corner; the centre of cell (1, 2), 75 m east and 45 m south, lies 45 m east and 15 m
    # south of the centre of the first: weights 1/4 3/4 west to east and 3/4 1/4 north to south.
    cover = landscapes.write_raster(tmp_path / "land_cover.tif", landscapes.CLASSES)
    dem = write(tmp_path / "dem.tif", np.where(np.isnan(GRID_2), -9999.0, GRID_2), step=60.0)
    stack = raster_stacks.open_stack({"land_cover": cover, "dem_m": dem}, resampling={"dem_m": "bilinear"})
    values = stack.window(rows=ALL_ROWS, columns=ALL_COLUMNS)["dem_m"]
    held = (3 / 16) * 10 + (9 / 16) * 20 + (1 / 16) * 30
    assert values[1, 2] == pytest.approx(held / (13 / 16), rel=1e-15)  # 17.3077: the missing cell has no part
    assert values[0, 0] == 10.0  # 15 m from the edge: its own cell alone has a value there
    assert np.isnan(values[2:4, 2:4]).all()  # in the missing cell there is nothing to be had
    assert np.isnan(values[4:]).all()  # and beyond the layer neither


def test_nearest_by_hand(tmp_path):
    cover = landscapes.write_raster(tmp_path / "land_cover.tif", landscapes.CLASSES)
    dem = write(tmp_path / "dem.tif", np.where(np.isnan(GRID_2), -9999.0, GRID_2), step=60.0)
    stack = raster_stacks.open_stack({"land_cover": cover, "dem_m": dem}, resampling={"dem_m": "nearest"})
    values = stack.window(rows=slice(0, 4), columns=slice(0, 5))["dem_m"]
    expected = np.repeat(np.repeat(np.array([[10, 20, np.nan], [30, np.nan, np.nan]]), 2, axis=0), 2, axis=1)[:, :5]
    np.testing.assert_array_equal(values, expected)


def test_a_point_on_a_line_belongs_to_the_cell_east_and_south():
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    u, v = np.array([0.0, 1.0, 1.0, 2.0, -1e-9]), np.array([0.0, 0.0, 1.0, 1.0, 0.5])
    found = sampling.nearest(values, u=u, v=v, missing=np.nan)
    np.testing.assert_array_equal(found, [1.0, 2.0, 4.0, np.nan, np.nan])


def test_degrees_are_sampled_where_the_centres_lie(stack):
    rain = stack.layers["precipitation_mm"]
    with_values = stack.window(rows=slice(2, 3), columns=slice(5, 6))["precipitation_mm"]
    x, y = WEST + 5.5 * 30, NORTH - 2.5 * 30
    lon, lat = projections.moved(np.array([x]), np.array([y]), "EPSG:4548", "EPSG:4490")
    import rasterio

    with rasterio.open(rain.path) as source:
        row, column = source.index(lon[0], lat[0])
        assert with_values[0, 0] == source.read(1)[row, column]


def test_threads_and_copies_read_the_same(stack):
    expected = whole(stack, "dem_m", "land_cover")
    copy = pickle.loads(pickle.dumps(stack))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda one: whole(one, "dem_m", "land_cover"), [stack, copy] * 8):
            for name, values in expected.items():
                np.testing.assert_array_equal(found[name], values)


def test_units_and_the_files_own_scale_are_turned_into_ours(tmp_path):
    import rasterio

    cover = landscapes.write_raster(tmp_path / "land_cover.tif", landscapes.CLASSES)
    rain = landscapes.write_raster(tmp_path / "rain.tif", np.full((6, 8), 17_505, dtype=np.int16), nodata=-32768)
    npp = landscapes.write_raster(tmp_path / "npp.tif", np.full((6, 8), 6_000, dtype=np.int16), nodata=32767)
    with rasterio.open(npp, "r+") as raster:
        raster.scales = (0.0001,)
    stack = raster_stacks.open_stack(
        {"land_cover": cover, "precipitation_mm": rain, "npp_gc_m2": npp},
        units={"precipitation_mm": "0.1 mm", "npp_gc_m2": "kgC/m2"},
    )
    found = stack.window(rows=slice(0, 1), columns=slice(0, 1))
    assert found["precipitation_mm"][0, 0] == pytest.approx(1_750.5, rel=1e-15)
    assert found["npp_gc_m2"][0, 0] == pytest.approx(600.0, rel=1e-15)
    with pytest.raises(FileRefused, match="unit_unknown.*fathoms.*expected mm"):
        raster_stacks.open_stack({"land_cover": cover, "precipitation_mm": rain}, units={"precipitation_mm": "fathoms"})


def test_what_is_not_declared_is_refused_by_name(tmp_path):
    cover = landscapes.write_raster(tmp_path / "land_cover.tif", landscapes.CLASSES)
    dem = write(tmp_path / "dem.tif", np.ones((3, 3)), step=60.0)
    paths = {"land_cover": cover, "dem_m": dem}
    with pytest.raises(FileRefused, match="layer_on_other_grid.*dem_m.*nearest or bilinear"):
        raster_stacks.open_stack(paths)
    with pytest.raises(FileRefused, match="resampling_unknown.*cubic"):
        raster_stacks.open_stack(paths, resampling={"dem_m": "cubic"})
    with pytest.raises(FileRefused, match="classes_not_bilinear"):
        raster_stacks.open_stack(
            {"land_cover": cover, "dem_m": dem}, reference="dem_m", resampling={"land_cover": "bilinear"}
        )
    with pytest.raises(UnknownLayer, match="magic"):
        raster_stacks.open_stack({"land_cover": cover, "magic": dem})
    with pytest.raises(UnknownLayer, match="land_cover"):
        raster_stacks.open_stack({"dem_m": dem})


def test_another_reference_or_a_grid_of_ones_own(tmp_path):
    cover = landscapes.write_raster(tmp_path / "land_cover.tif", landscapes.CLASSES)
    grid = Grid(west_m=WEST + 10, north_m=NORTH - 5, cell_m=20.0, rows=3, columns=4)
    stack = raster_stacks.open_stack({"land_cover": cover}, reference=grid, resampling={"land_cover": "nearest"})
    assert stack.grid == grid
    assert stack.window(rows=slice(0, 1), columns=slice(0, 4))["land_cover"].tolist() == [[111, 111, 111, 111]]


def test_codes_of_no_class_are_named(tmp_path):
    codes = landscapes.CLASSES.copy()
    codes[2, 3] = 999
    cover = landscapes.write_raster(tmp_path / "land_cover.tif", codes)
    stack = raster_stacks.open_stack({"land_cover": cover})
    assert stack.window(rows=slice(0, 2), columns=ALL_COLUMNS)["land_cover"].tolist() == codes[:2].tolist()
    with pytest.raises(UnknownClass, match="999"):
        stack.window(rows=ALL_ROWS, columns=ALL_COLUMNS)
