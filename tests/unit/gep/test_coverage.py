"""The shares of cells that parcels cover, against overlays in float64 and against what must hold of any cover."""

import platform
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gep import coverage
from gep.coverage import Grid

GRID = Grid(west_m=500_000.0, north_m=3_100_000.0, cell_m=30.0, rows=24, columns=31)


def overlay_shares(parcel, grid: Grid) -> np.ndarray:
    """The same shares by cutting the parcel with every cell, one by one."""
    rows, columns = np.mgrid[0 : grid.rows, 0 : grid.columns]
    west = grid.west_m + columns * grid.cell_m
    north = grid.north_m - rows * grid.cell_m
    cells = shapely.box(west, north - grid.cell_m, west + grid.cell_m, north)
    return shapely.area(shapely.intersection(cells, parcel)) / grid.cell_area_m2


def dense(found: coverage.Coverage, parcel: int) -> np.ndarray:
    shares = np.zeros(found.grid.rows * found.grid.columns)
    own = found.parcel == parcel
    shares[found.cell[own]] = found.share[own]
    return shares.reshape(found.grid.rows, found.grid.columns)


def blob(rng: np.random.Generator, *, reach_m: float = 700) -> shapely.Geometry:
    """Several discs with holes, some of it beyond the grid."""
    centres = rng.uniform(-100, reach_m, (6, 2)) + [GRID.west_m, GRID.north_m - 700]
    discs = shapely.union_all(shapely.buffer(shapely.points(centres), rng.uniform(4, 160, 6)))
    holes = shapely.union_all(shapely.buffer(shapely.points(centres[:3] + 11), rng.uniform(1, 50, 3)))
    return shapely.difference(discs, holes)


def on_grid(*corners: tuple[float, float]) -> shapely.Polygon:
    """A polygon whose corners are given in cells east and south of the grid's corner."""
    return shapely.Polygon([(GRID.west_m + 30 * u, GRID.north_m - 30 * v) for u, v in corners])


@pytest.mark.parametrize("seed", range(6))
def test_shares_are_those_of_an_overlay(seed):
    parcel = blob(np.random.default_rng(seed))
    found = coverage.cover([parcel], grid=GRID)
    np.testing.assert_allclose(dense(found, 0), overlay_shares(parcel, GRID), atol=1e-11)
    inside_m2 = shapely.area(shapely.intersection(parcel, shapely.box(*GRID.bounds)))
    assert found.inside_share[0] == pytest.approx(inside_m2 / parcel.area, rel=1e-9)
    assert found.area_m2()[0] == pytest.approx(inside_m2, rel=1e-9)


@given(st.lists(st.tuples(st.integers(-20, 330), st.integers(-20, 260)), min_size=3, max_size=9, unique=True))
@settings(max_examples=80, deadline=None)
def test_shares_of_hulls_with_corners_on_lines_and_beyond(points):
    parcel = shapely.convex_hull(shapely.MultiPoint([(GRID.west_m + 3 * u, GRID.north_m - 3 * v) for u, v in points]))
    if parcel.geom_type != "Polygon":
        return
    found = coverage.cover([parcel], grid=GRID)
    np.testing.assert_allclose(dense(found, 0), overlay_shares(parcel, GRID), atol=1e-9)


@pytest.mark.parametrize(
    ("parcel", "shares"),
    [
        pytest.param(on_grid((2, 3), (3, 3), (3, 4), (2, 4)), {(3, 2): 1.0}, id="exactly one cell"),
        pytest.param(on_grid((2, 3), (3, 3), (2, 4)), {(3, 2): 0.5}, id="half a cell"),
        pytest.param(on_grid((2.25, 3.25), (2.5, 3.25), (2.5, 3.5)), {(3, 2): 0.03125}, id="far below a cell"),
        pytest.param(on_grid((0, 0), (2, 0), (2, 1)), {(0, 0): 0.25, (0, 1): 0.75}, id="on the edge of the grid"),
        pytest.param(on_grid((-3, -3), (0.5, -3), (0.5, 0.5), (-3, 0.5)), {(0, 0): 0.25}, id="across the corner"),
        pytest.param(on_grid((30.5, 1), (39, 1), (39, 2), (30.5, 2)), {(1, 30): 0.5}, id="across the eastern edge"),
        pytest.param(on_grid((40, 1), (41, 1), (41, 2)), {}, id="off the grid"),
        pytest.param(shapely.Polygon(), {}, id="empty"),
    ],
)
def test_shares_by_hand(parcel, shares):
    found = dense(coverage.cover([parcel], grid=GRID), 0)
    assert {(int(r), int(c)): found[r, c] for r, c in zip(*np.nonzero(found), strict=True)} == shares


def partition(seed: int, *, count: int = 90) -> np.ndarray:
    """A gap-free cover of the grid, and of some land around it."""
    points = np.random.default_rng(seed).uniform(-60, 990, (count, 2)) + [GRID.west_m, GRID.north_m - 960]
    frame = shapely.box(*GRID.bounds).buffer(60, join_style="mitre")
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=frame))
    return shapely.intersection(cells, frame)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shares_of_a_gap_free_cover_sum_to_one_in_every_cell(seed):
    found = coverage.cover(partition(seed), grid=GRID)
    total = np.bincount(found.cell, weights=found.share, minlength=GRID.rows * GRID.columns)
    np.testing.assert_allclose(total, 1.0, atol=1e-9)


def test_shares_are_the_same_bits_in_any_block_and_order():
    parcels = partition(4)
    layer = np.random.default_rng(5).uniform(0, 100, (GRID.rows, GRID.columns))
    whole = coverage.sums(coverage.cover(parcels, grid=GRID), layer=layer).weighted
    order = np.random.default_rng(6).permutation(len(parcels))
    for block in (1, 7, 50):
        parts = [
            coverage.sums(coverage.cover(parcels[order[i : i + block]], grid=GRID), layer=layer).weighted
            for i in range(0, len(order), block)
        ]
        assert np.array_equal(np.concatenate(parts), whole[order])


def test_t40_zonal_mean():
    grid = Grid(west_m=0, north_m=30, cell_m=30, rows=1, columns=3)
    # Covers a quarter of the first cell, all of the second, 0.6 of the third.
    parcel = shapely.box(22.5, 0, 78, 30)
    found = coverage.sums(coverage.cover([parcel], grid=grid), layer=np.array([[10.0, 20.0, 30.0]]))
    assert found.means()[0] == pytest.approx(21.892, abs=5e-4)


def test_missing_cells_are_missing_and_never_zero():
    grid = Grid(west_m=0, north_m=10, cell_m=10, rows=1, columns=2)
    found = coverage.cover([shapely.box(0, 0, 20, 10), shapely.box(10, 0, 20, 10)], grid=grid)
    zonal = coverage.sums(found, layer=np.array([[8.0, np.nan]]))
    assert zonal.valid.tolist() == [1.0, 0.0]
    assert zonal.means()[0] == 8.0
    assert np.isnan(zonal.means()[1])


def test_parcels_beyond_the_grid_are_told():
    inside, half, outside = on_grid((1, 1), (2, 1), (2, 2)), on_grid((30, 1), (32, 1), (32, 2), (30, 2)), None
    found = coverage.cover([inside, half, outside], grid=GRID)
    assert found.inside_share[:2].tolist() == pytest.approx([1.0, 0.5])
    assert np.isnan(found.inside_share[2])


def test_class_shares_by_hand():
    grid = Grid(west_m=0, north_m=10, cell_m=10, rows=1, columns=3)
    found = coverage.cover([shapely.box(5, 0, 30, 10)], grid=grid)
    shares = coverage.class_shares(found, classes=np.array([[111, 52, 7]]), kinds=[52, 111])
    assert shares.tolist() == [[1.0, 0.5]]


BANDS = [slice(0, 7), slice(7, 8), slice(8, 8), slice(8, None)]


def test_bands_of_rows_give_the_same_shares_as_the_whole():
    parcels = partition(9)
    whole = coverage.cover(parcels, grid=GRID)
    bands = [coverage.cover(parcels, grid=GRID, rows=band) for band in BANDS]
    parcel, cell, share = (
        np.concatenate([getattr(band, name) for band in bands]) for name in ("parcel", "cell", "share")
    )
    order = np.lexsort((cell, parcel))
    assert np.array_equal(parcel[order], whole.parcel)
    assert np.array_equal(cell[order], whole.cell)
    assert np.array_equal(share[order], whole.share)
    inside_share = sum(band.inside_share for band in bands)
    np.testing.assert_allclose(inside_share, whole.inside_share, rtol=1e-14)
    assert [len(band.cell) for band in bands if band is bands[2]] == [0]


def test_rows_by_steps_are_refused():
    with pytest.raises(ValueError, match="steps of 2"):
        coverage.cover([], grid=GRID, rows=slice(0, 8, 2))


def test_bytes_and_geometries_give_the_same():
    parcels = np.append(partition(10), [None, shapely.Polygon()])
    whole = coverage.cover(parcels, grid=GRID)
    found = coverage.cover_wkb(*coverage.packed(shapely.to_wkb(parcels)), grid=GRID)
    for name in ("parcel", "cell", "share", "inside_share", "whole_area_m2"):
        assert np.array_equal(getattr(found, name), getattr(whole, name), equal_nan=True)
    np.testing.assert_allclose(found.whole_area_m2[:-2], shapely.area(parcels[:-2]), rtol=1e-9)
    assert found.whole_area_m2[-2:].tolist() == [0, 0]


def test_unit_sums_by_hand():
    grid = Grid(west_m=0, north_m=20, cell_m=10, rows=2, columns=4)
    # One parcel over the last three columns of the lower row, the first of them by half; another over one cell.
    found = coverage.cover([shapely.box(15, 0, 40, 10), shapely.box(30, 0, 40, 10)], grid=grid)
    assert found.cell.tolist() == [5, 6, 7, 7]
    window = np.array([[[8, np.nan, 3]], [[1, 2, 4]]])  # two layers, of which the lower row is known
    unit = [0, 1, 1, 2]  # the first parcel holds two ecosystems
    sums = coverage.unit_sums(found, unit_of_entry=np.array(unit), units=4, layers=window, origin=(1, 1))
    assert sums.weighted.tolist() == [[4, 3, 3, 0], [0.5, 6, 4, 0]]
    assert sums.valid.tolist() == [[0.5, 1, 1, 0], [0.5, 2, 1, 0]]
    pieces = coverage.piece_sums(found, unit_of_entry=np.array(unit), units=4, values=window[:, 0, [0, 1, 2, 2]])
    assert pieces.weighted.tolist() == sums.weighted.tolist()
    assert pieces.valid.tolist() == sums.valid.tolist()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"origin": (0, 1)}, "does not hold all the cells"),
        ({"origin": (1, 2)}, "does not hold all the cells"),
        ({"units": 1}, "beyond 0 to 0"),
        ({"unit_of_entry": np.array([0])}, "units for 2 entries"),
        ({"layers": [np.ones((1, 2)), np.ones((1, 3))]}, "layer 1 is of shape"),
    ],
)
def test_sums_over_what_is_not_there_are_refused(changes, reason):
    grid = Grid(west_m=0, north_m=20, cell_m=10, rows=2, columns=3)
    found = coverage.cover([shapely.box(10, 0, 30, 10)], grid=grid)
    asked = {"unit_of_entry": np.array([0, 1]), "units": 2, "layers": [np.ones((1, 2))], "origin": (1, 1)}
    with pytest.raises(ValueError, match=reason):
        coverage.unit_sums(found, **(asked | changes))


def test_two_threads_give_the_same_bits():
    parcels = np.concatenate([partition(seed, count=300) for seed in range(6)])
    blocks = [coverage.packed(shapely.to_wkb(parcels[i : i + 100])) for i in range(0, len(parcels), 100)]
    with ThreadPoolExecutor(2) as threads:
        side_by_side = list(threads.map(lambda block: coverage.cover_wkb(*block, grid=GRID).share, blocks))
    assert np.array_equal(np.concatenate(side_by_side), coverage.cover(parcels, grid=GRID).share)


NASTY = {
    "multi-part": shapely.union(on_grid((1, 1), (4.2, 1.3), (3.1, 5)), on_grid((9, 9), (9.4, 15.2), (12, 11))),
    "with holes": blob(np.random.default_rng(11)),
    "smaller than a cell": on_grid((7.1, 7.2), (7.13, 7.21), (7.12, 7.3)),
    "in one cell, on its corner": on_grid((6, 6), (6.5, 6), (6, 6.25)),
    "partly outside": on_grid((-4, 3), (2.3, 3.4), (1, 8.8)),
    "around the grid": shapely.box(*GRID.bounds).buffer(77),
    "touching lines": on_grid((3, 3), (6, 3), (6, 6), (3, 6)),
    "touching the edge of the grid": on_grid((28, 20), (31, 20), (31, 24), (28.5, 24)),
    "a sliver": on_grid((2, 20.5), (28, 20.6), (28, 20.6003)),
}


@pytest.mark.skipif(platform.machine() in {"aarch64", "arm64"}, reason="exactextract has no wheel for this platform")
def test_means_agree_with_exactextract():
    import exactextract

    layer = np.random.default_rng(7).uniform(0, 100, (GRID.rows, GRID.columns))
    parcels = np.append(partition(8, count=40), list(NASTY.values()))
    parcels = parcels[~shapely.is_empty(parcels)]
    west, south, east, north = GRID.bounds
    source = exactextract.raster.NumPyRasterSource(layer, xmin=west, ymin=south, xmax=east, ymax=north)
    features = [
        {"type": "Feature", "id": i, "properties": {}, "geometry": shapely.geometry.mapping(parcel)}
        for i, parcel in enumerate(parcels)
    ]
    answers = [row["properties"] for row in exactextract.exact_extract(source, features, ["mean", "count"])]
    ours = coverage.sums(coverage.cover(parcels, grid=GRID), layer=layer)
    np.testing.assert_allclose(ours.means(), [answer["mean"] for answer in answers], rtol=1e-6)
    np.testing.assert_allclose(ours.valid, [answer["count"] for answer in answers], rtol=1e-6)
