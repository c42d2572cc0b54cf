"""The compiled kernel against the numpy reference: the same bits for any rings; the reading of well-known binary."""

import struct
import sys

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gep import coverage
from gep.coverage import Grid, compiling, implementation, kernel, outlines, reference

GRID = Grid(west_m=500_010.0, north_m=3_100_000.0, cell_m=30.0, rows=24, columns=31)

# In cells: on the lines and corners of the grid and between them, in it, around it and far from it; and of any size.
lines = st.integers(-24, 140).map(lambda quarter: quarter / 4)
anywhere = st.floats(-9, 40, allow_subnormal=False)
far = st.floats(-1e4, 1e4, allow_subnormal=False)
corners = st.tuples(lines | anywhere, lines | anywhere) | st.tuples(far, far)


@st.composite
def rings(draw) -> list[tuple[float, float]]:
    """A closed ring in metres, which may cross itself; some are far smaller than a cell, some far larger."""
    size = draw(st.sampled_from([1.0, 1.0, 1.0, 1e-3, 1e-7, 1e4]))
    at = draw(corners)
    ring = draw(st.lists(corners, min_size=3, max_size=9))
    placed = [(GRID.west_m + 30 * (at[0] + size * u), GRID.north_m - 30 * (at[1] + size * v)) for u, v in ring]
    return [*placed, placed[0]]


polygons = st.builds(shapely.Polygon, rings(), st.lists(rings(), max_size=2))
parcels = st.lists(polygons | st.lists(polygons, max_size=3).map(shapely.MultiPolygon) | st.none(), max_size=6)


def boxes_with_holes(*, parts: int) -> shapely.MultiPolygon:
    """Boxes side by side that share their edges with the grid and with each other, each with a hole in it."""
    west, north = GRID.west_m + 300, GRID.north_m - 300
    return shapely.MultiPolygon(
        [
            (shapely.box(west + 60 * i, north - 60, west + 60 * i + 60, north).exterior.coords,
             [shapely.box(west + 60 * i + 10, north - 40, west + 60 * i + 30, north - 10).exterior.coords])
            for i in range(parts)
        ]
    )  # fmt: skip


@given(parcels, st.tuples(st.integers(0, 24), st.integers(0, 24)))
@example([boxes_with_holes(parts=3), shapely.box(*GRID.bounds), shapely.Polygon()], (0, 24))
@settings(max_examples=300, deadline=None)
def test_kernel_and_reference_give_the_same_bits(shapes, rows):
    found = outlines.from_geometries(shapes)
    for grid in (GRID, Grid(GRID.west_m + 7.3, GRID.north_m - 1 / 3, 30.0, 24, 2)):
        ours = kernel.scan(found, grid=grid, first_row=min(rows), past_row=max(rows))
        wanted = reference.scan(found, grid=grid, first_row=min(rows), past_row=max(rows))
        for mine, its in zip(ours, wanted, strict=True):
            assert mine.dtype == its.dtype
            assert np.array_equal(mine, its)


def test_a_parcel_larger_than_the_window_gives_the_same_bits():
    grid = Grid(west_m=0, north_m=30_000, cell_m=30, rows=1_000, columns=1_000)
    assert grid.rows * grid.columns > 10 * kernel.WINDOW_CELLS
    shape = shapely.difference(
        shapely.buffer(shapely.Point(15_000, 15_000), 14_000), shapely.buffer(shapely.Point(11_000, 12_345), 9_000)
    )
    found = outlines.from_geometries([shape, shapely.box(-1e6, -1e6, 1e6, 1e6), shape])
    ours = kernel.scan(found, grid=grid, first_row=0, past_row=1_000)
    wanted = reference.scan(found, grid=grid, first_row=0, past_row=1_000)
    assert all(np.array_equal(mine, its) for mine, its in zip(ours, wanted, strict=True))
    assert np.count_nonzero(ours[0] == 1) == 1_000_000


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_sums_are_the_same_bits(kind):
    random = np.random.default_rng(3)
    unit, share = random.integers(0, 40, 5_000), random.uniform(0, 1, 5_000)
    layer = random.uniform(-5, 2_000, 900).astype(kind)
    layer[random.uniform(size=900) < 0.2] = np.nan
    place = random.integers(0, 900, 5_000)
    wanted = reference.add_up_cells(unit, share, place, layer, units=41)
    assert np.array_equal(kernel.add_up_cells(unit, share, place, layer, units=41), wanted)
    assert np.array_equal(kernel.add_up(unit, share, layer[place], units=41), wanted)
    assert [sums[40] for sums in wanted] == [0, 0]


# ── Well-known binary ──


def same_rings(found: outlines.Outlines, wanted: outlines.Outlines) -> bool:
    columns = ("xy", "ring_start", "ring_parcel", "ring_sign")
    return found.parcels == wanted.parcels and all(
        np.array_equal(getattr(found, name), getattr(wanted, name)) for name in columns
    )


@given(parcels, st.sampled_from([0, 1]), st.sampled_from([2, 3]), st.sampled_from(["iso", "extended"]), st.booleans())
@settings(max_examples=120, deadline=None)
def test_rings_out_of_bytes_are_those_of_the_geometries(shapes, byte_order, dimension, flavor, with_srid):
    held = shapely.force_3d(shapes, z=8.0) if dimension == 3 else shapes
    if with_srid:
        held = shapely.set_srid(held, 4548)
    options = {"byte_order": byte_order, "flavor": flavor, "include_srid": with_srid and flavor == "extended"}
    buffer, offsets = coverage.packed(shapely.to_wkb(held, output_dimension=dimension, **options))
    wanted = outlines.from_geometries(shapes)
    assert same_rings(kernel.outlines_from_wkb(buffer, offsets), wanted)
    assert same_rings(reference.outlines_from_wkb(buffer, offsets), wanted)


def test_bytes_with_measures():
    ring = [(0, 0, 1, 2), (6, 0, 1, 2), (6, 6, 1, 2), (0, 0, 1, 2)]
    body = struct.pack("<II", 1, 4) + b"".join(struct.pack("<4d", *point) for point in ring)
    for code in (3_003, 0xC0000003):
        found = kernel.outlines_from_wkb(*coverage.packed([struct.pack("<BI", 1, code) + body]))
        assert found.xy.tolist() == [[0, 0], [6, 0], [6, 6], [0, 0]]


@pytest.mark.parametrize("reader", [kernel, reference], ids=["kernel", "reference"])
@pytest.mark.parametrize(
    ("wkb", "reason"),
    [
        pytest.param(shapely.to_wkb(shapely.Point(1, 2)), "neither a polygon", id="a point"),
        pytest.param(shapely.to_wkb(boxes_with_holes(parts=2))[:-1], "end too early", id="cut off"),
        pytest.param(
            struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 6, 0, 6, float("nan"), 0, 0), "a coordinate is missing", id="NaN"
        ),
        pytest.param(struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 6, 0, 6, 1e30, 0, 0), "a coordinate is", id="too far"),
    ],
)
def test_what_is_no_outline_is_named(reader, wkb, reason):
    sound = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    with pytest.raises(coverage.NotAnOutline, match=f"parcel 2: .*{reason}"):
        reader.outlines_from_wkb(*coverage.packed([sound, None, wkb, sound]))


def test_an_open_ring_is_named():
    wkb = struct.pack("<BIII8d", 1, 3, 1, 4, 0, 0, 6, 0, 6, 6, 0, 1)
    with pytest.raises(coverage.NotAnOutline, match="parcel 0: a ring is not closed"):
        kernel.outlines_from_wkb(*coverage.packed([wkb]))
    with pytest.raises(coverage.NotAnOutline, match="parcel 0"):
        reference.outlines_from_wkb(*coverage.packed([wkb]))


def test_a_line_among_geometries_is_named():
    with pytest.raises(coverage.NotAnOutline, match="parcel 1: it is neither"):
        coverage.cover([shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])], grid=GRID)


def test_bytes_cut_off_anywhere_are_refused():
    whole = shapely.to_wkb(boxes_with_holes(parts=2))
    for length in range(1, len(whole)):
        with pytest.raises(coverage.NotAnOutline, match="parcel 0: its bytes end too early"):
            kernel.outlines_from_wkb(*coverage.packed([whole[:length]]))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_bytes_changed_at_will_are_read_or_refused(data):
    changed = bytearray(shapely.to_wkb(boxes_with_holes(parts=2)))
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    buffer, offsets = coverage.packed([bytes(changed)])
    try:
        found = coverage.cover_wkb(buffer, offsets, grid=GRID)
    except coverage.NotAnOutline as refusal:
        assert refusal.parcel == 0
    else:
        assert found.parcels == 1


@pytest.mark.parametrize("offsets", [[], [0, 400], [-1, 9], [9, 0]])
def test_offsets_that_leave_the_buffer_are_refused(offsets):
    with pytest.raises(ValueError, match="offsets"):
        coverage.cover_wkb(np.zeros(93, dtype=np.uint8), np.array(offsets), grid=GRID)


# ── Choosing ──


def test_the_environment_chooses_the_reference(monkeypatch):
    assert implementation.chosen() is kernel
    monkeypatch.setenv("GEP_COVERAGE_KERNEL", "numpy")
    assert implementation.chosen() is reference


def test_without_numba_the_reference_runs(monkeypatch):
    for name in ("kernel", "wkb", "compiling"):
        monkeypatch.delitem(sys.modules, f"gep.coverage.{name}")
        monkeypatch.delattr(coverage, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    assert implementation.chosen() is reference
    assert coverage.cover([shapely.box(*GRID.bounds)], grid=GRID).area_m2().tolist() == [24 * 31 * 900]


def test_where_nothing_can_be_written_it_compiles_all_the_same(monkeypatch):
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiling.compiled(lambda number: number + 1)(1) == 2
