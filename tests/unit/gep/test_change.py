"""Land, parcels, prices and values from one year to another: worked cases and identities."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gep.change import areas, decomposition, extent, lineage, overlay

HA = 10_000_000_000  # mm² in a hectare
busy = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be


# Extent


def test_areas_are_whole_square_millimetres():
    assert areas.whole_mm2(np.array([23_500.0, 0.1, 1.0000005])).tolist() == [23_500_000_000, 100_000, 1_000_001]
    assert areas.mm2_of_hectares("7512.25") == 75_122_500_000_000
    with pytest.raises(areas.AreaRefused, match="nan m² at place 1"):
        areas.whole_mm2(np.array([1.0, np.nan]))


def test_the_change_matrix_reconciles_with_the_account():
    account = extent.account(
        np.array(["forest", "forest", "crop", "crop", ""]), np.array(["forest", "urban", "crop", "forest", "crop"]),
        area_mm2=np.array([5, 2, 3, 1, 4]) * HA, types=("forest", "crop", "urban"),
    )  # fmt: skip
    assert account.types == ("forest", "crop", "urban", "")
    assert (account.matrix_mm2 // HA).tolist() == [[5, 0, 2, 0], [1, 3, 0, 0], [0, 0, 0, 0], [0, 4, 0, 0]]
    assert (account.opening_mm2 // HA).tolist() == [7, 4, 0, 4]
    assert (account.additions_mm2 // HA).tolist() == [1, 4, 2, 0]
    assert (account.reductions_mm2 // HA).tolist() == [2, 1, 0, 4]
    assert (account.closing_mm2 // HA).tolist() == [6, 7, 2, 0]
    assert (account.net_mm2 // HA).tolist() == [-1, 3, 2, -4]


@busy
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 10**13)), min_size=1, max_size=50))
def test_extent_always_reconciles(pieces):
    names = np.array(["a", "b", "c", "d"])
    opening, closing, area = (np.array(column) for column in zip(*pieces, strict=True))
    account = extent.account(names[opening], names[closing], area_mm2=area, types=tuple(names))
    assert (account.opening_mm2 + account.net_mm2 == account.closing_mm2).all()
    assert account.opening_mm2.sum() == account.closing_mm2.sum() == area.sum()


def test_shares_of_the_same_parcels_give_an_account_without_a_matrix():
    account = extent.account_of_shares(np.array([[6, 4], [0, 5]]), np.array([[5, 5], [1, 4]]), types=("a", "b"))
    assert (account.opening_mm2.tolist(), account.closing_mm2.tolist()) == ([6, 9], [6, 9])
    assert (account.additions_mm2.tolist(), account.reductions_mm2.tolist()) == ([1, 1], [1, 1])
    assert account.matrix_mm2 is None
    with pytest.raises(extent.ExtentDoesNotReconcile, match="parcel 1"):
        extent.account_of_shares(np.array([[6, 4], [0, 5]]), np.array([[5, 5], [1, 5]]), types=("a", "b"))


def test_n5_a_printed_extent_that_is_three_hectares_off_is_refused():
    with pytest.raises(extent.ExtentDoesNotReconcile, match=r"coral: closing is \+3.0000 ha off"):
        extent.published({"seagrass": ("120.5", "4.5", "0", "125"), "coral": ("7512.25", "0", "0", "7515.25")})
    stated = extent.published({"seagrass": ("120.5", "4.5", "0", "125"), "coral": ("7516.75", "0", "4.5", "7512.25")})
    assert stated.closing_mm2.tolist() == [125 * HA, 75_122_500_000_000]


def test_a_type_that_is_not_listed_is_refused():
    with pytest.raises(extent.TypesUnknown, match="moor"):
        extent.account(np.array(["moor"]), np.array(["crop"]), area_mm2=np.array([1]), types=("crop",))


def test_land_that_only_changed_hands_is_a_transfer_and_no_change():
    regions = extent.by_region(
        np.array(["forest", "forest", "crop"]), np.array(["forest", "urban", "crop"]),
        opening_region=np.array(["A", "A", "B"]), closing_region=np.array(["B", "B", "B"]),
        area_mm2=np.array([5, 2, 3]), types=("forest", "crop", "urban"),
    )  # fmt: skip
    a, b = regions["A"], regions["B"]
    assert (a.opening_mm2.tolist(), a.transfers_out_mm2.tolist(), a.closing_mm2.tolist()) == (
        [7, 0, 0], [7, 0, 0], [0, 0, 0])  # fmt: skip
    assert (a.additions_mm2.sum(), a.reductions_mm2.sum()) == (0, 0)
    assert (b.opening_mm2.tolist(), b.transfers_in_mm2.tolist()) == ([0, 3, 0], [7, 0, 0])
    assert (b.additions_mm2.tolist(), b.reductions_mm2.tolist()) == ([0, 0, 2], [2, 0, 0])
    assert b.closing_mm2.tolist() == [5, 3, 2]
    for region in (a, b):
        due = region.opening_mm2 + region.additions_mm2 - region.reductions_mm2
        assert (due + region.transfers_in_mm2 - region.transfers_out_mm2 == region.closing_mm2).all()


def test_rates_of_hj_1175():
    assert extent.single_type_rate(400 * HA, 340 * HA, years=5) == pytest.approx(-0.03)
    account = extent.account(
        np.array(["a", "a", "b", "b"]), np.array(["a", "b", "b", "a"]), area_mm2=np.array([60, 40, 95, 5]),
        types=("a", "b", "c"),
    )  # fmt: skip
    lost = extent.outflow_intensity(account)  # 40 % and 5 % were lost, of all land 22.5 %
    assert lost[:2] == pytest.approx([1.77778, 0.22222], abs=1e-5)
    assert np.isnan(lost[2])


# Lineage

SPLIT = lineage.Lineage(
    parent=np.array(["p1", "p1", "p1", "p2", "p3"]), child=np.array(["c1", "c2", "c3", "c3", "c4"]),
    area_mm2=np.array([1, 1, 1, 5, 7]),
)  # fmt: skip


def test_shares_of_a_parent_are_one_together():
    assert SPLIT.shares().tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1, 1])
    assert SPLIT.unchanged().tolist() == [False, False, False, False, True]


def test_old_values_go_to_new_parcels_by_the_largest_remainder():
    children = np.array(["c4", "c3", "c2", "c1"])
    told = lineage.project(
        np.array([100, 11, 7]), parents=np.array(["p1", "p2", "p3"]), lineage=SPLIT, children=children
    )
    assert told.tolist() == [7, 33 + 11, 33, 34]  # the odd fen goes to the smallest code
    debt = lineage.project(np.array([-100]), parents=np.array(["p1"]), lineage=SPLIT, children=children)
    assert debt.tolist() == [0, -33, -33, -34]


def test_a_parcel_from_which_no_edge_leads_is_named():
    with pytest.raises(lineage.ParentUnknown, match="p9"):
        lineage.project(np.array([1]), parents=np.array(["p9"]), lineage=SPLIT, children=np.array(["c1"]))


def test_what_no_child_covers_leads_outside():
    found = lineage.of_overlay(
        ["p1", "p1", "p1", "p2"], ["c1", "c2", "c1", "c2"], np.array([4, 3, 1, 0]), parent_area_mm2={"p1": 10, "p2": 6}
    )
    assert list(zip(found.parent.tolist(), found.child.tolist(), found.area_mm2.tolist(), strict=True)) == [
        ("p1", "", 2), ("p1", "c1", 5), ("p1", "c2", 3), ("p2", "", 6),
    ]  # fmt: skip
    with pytest.raises(lineage.SharesDoNotAddUp, match="p1 have 1 mm² more"):
        lineage.of_overlay(["p1"], ["c1"], np.array([11]), parent_area_mm2={"p1": 10})


def test_stated_shares_that_are_not_one_are_refused():
    parent, child = np.array(["p1", "p1", "p2"]), np.array(["a", "b", "c"])
    assert lineage.of_shares(parent, child, np.array([0.25, 0.75, 1.0])).shares().tolist() == [0.25, 0.75, 1.0]
    with pytest.raises(lineage.SharesDoNotAddUp, match="p1 are 0.95 together"):
        lineage.of_shares(parent, child, np.array([0.25, 0.7, 1.0]))


@settings(busy, max_examples=50)
@given(st.data())
def test_a_series_keeps_every_years_total_on_the_last_years_parcels(data):
    numbers = st.integers(0, 10**12)
    years = [np.array([f"{year}-{n}" for n in range(5)]) for year in range(3)]
    values = [np.array(data.draw(st.lists(numbers, min_size=5, max_size=5))) for _ in years]
    steps = []
    for year in range(2):
        links = data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10, unique=True))
        links = sorted({*links, *((n, (n * 2) % 5) for n in range(5))})
        steps.append(lineage.Lineage(
            years[year][[a for a, _ in links]], years[year + 1][[b for _, b in links]],
            np.array(data.draw(st.lists(st.integers(1, 10**10), min_size=len(links), max_size=len(links)))),
        ))  # fmt: skip
    series = lineage.harmonise(values, parcels=years, lineages=steps)
    assert series.sum(axis=1).tolist() == [int(value.sum()) for value in values]


def test_many_parcels_that_were_cut_in_two_are_told_at_once():
    codes = np.array([f"{n:06}" for n in range(20_000)])
    links = lineage.Lineage(np.repeat(codes, 2), np.char.add(np.repeat(codes, 2), np.tile(["a", "b"], 20_000)),
                            np.tile([2, 1], 20_000))  # fmt: skip
    told = lineage.project(np.full(20_000, 10), parents=codes, lineage=links, children=links.child)
    assert told.reshape(-1, 2).tolist() == [[7, 3]] * 20_000


# Overlay of two versions


def test_an_overlay_shares_surveyed_areas_out_exactly():
    """p1 stays, p2 is cut at a third and loses its east to nobody, p3 merges into the neighbour's new parcel."""
    import shapely

    old = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 40, 10), shapely.box(0, 10, 10, 20)])
    new = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 0, 30, 10),
                    shapely.box(0, 10, 12, 20)])  # fmt: skip
    found = overlay.lineage(
        old, new, old_codes=np.array(["p1", "p2", "p3"]), new_codes=np.array(["n1", "n2", "n3", "n4"]),
        old_area_mm2=np.array([101, 100, 99]),
    )  # fmt: skip
    edges = list(zip(found.parent.tolist(), found.child.tolist(), found.area_mm2.tolist(), strict=True))
    assert edges == [("p1", "n1", 101), ("p2", "n2", 34), ("p2", "n3", 33), ("p2", "", 33), ("p3", "n4", 99)]


def test_a_parcel_that_nothing_covers_leads_outside():
    import shapely

    old, far = np.array([shapely.box(0, 0, 10, 10)]), np.array([shapely.box(90, 0, 99, 10)])
    found = overlay.lineage(old, far, old_codes=np.array(["p"]), new_codes=np.array(["a"]), old_area_mm2=np.array([7]))
    assert (found.child.tolist(), found.area_mm2.tolist()) == ([""], [7])


def test_slivers_are_left_to_their_neighbours():
    import shapely

    old = np.array([shapely.box(0, 0, 10, 10)])
    new = np.array([shapely.box(0.001, 0, 10, 10), shapely.box(-5, 0, 0.001, 10)])
    found = overlay.lineage(old, new, old_codes=np.array(["p"]), new_codes=np.array(["a", "b"]),
                            old_area_mm2=np.array([100_000_000]), sliver_m2=0.1)  # fmt: skip
    assert (found.child.tolist(), found.area_mm2.tolist()) == (["a"], [100_000_000])


def test_new_parcels_that_overlap_are_named():
    import shapely

    old, twice = np.array([shapely.box(0, 0, 10, 10)]), np.array([shapely.box(0, 0, 8, 10), shapely.box(5, 0, 12, 10)])
    with pytest.raises(overlay.OverlapFound, match=r"cover p and 30.00 m² more"):
        overlay.lineage(
            old, twice, old_codes=np.array(["p"]), new_codes=np.array(["a", "b"]), old_area_mm2=np.array([1])
        )


# Effects of quantity, price and method


def split(opening, closing, quantity, price, **more):
    factors = {"quantity": tuple(map(np.array, quantity)), "price": tuple(map(np.array, price))}
    return decomposition.decompose(np.array(opening), np.array(closing), factors=factors, **more)


def test_t36_lmdi():
    found = split([20_000], [30_000], ([100.0], [120.0]), ([2.0], [2.5]))
    assert found.effects_fen["quantity"].tolist() == [4_497]  # 44.966 yuan
    assert found.effects_fen["price"].tolist() == [5_503]  # 55.034 yuan
    assert found.change_fen.tolist() == [10_000]
    raw = decomposition._regular(np.array([[100.0], [2.0]]), np.array([[120.0], [2.5]]))
    assert raw[:, 0] == pytest.approx([44.966, 55.034], abs=5e-4)


def test_effects_that_cancel_are_both_told():
    found = split([20_000], [20_000], ([100.0], [200.0]), ([2.0], [1.0]))
    assert (found.effects_fen["quantity"].tolist(), found.effects_fen["price"].tolist()) == ([13_863], [-13_863])


@pytest.mark.parametrize(
    ("fen", "quantity", "price", "effects"),
    [
        pytest.param((0, 24_000), (0, 120), (2, 2), (24_000, 0), id="what was nothing is quantity"),
        pytest.param((0, 30_000), (0, 120), (2, 2.5), (30_000, 0), id="nothing at another price is quantity"),
        pytest.param((20_000, 0), (100, 0), (2, 2.5), (-20_000, 0), id="what is gone is quantity"),
        pytest.param((0, 30_001), (0, 120.004), (0, 2.5), (15_001, 15_000), id="new at a new price: half each"),
        pytest.param((0, 0), (0, 0), (2, 2.5), (0, 0), id="nothing stays nothing"),
        pytest.param((-20_000, -30_000), (-100, -120), (2, 2.5), (-4_497, -5_503), id="a deficit that grows"),
        pytest.param((-20_000, 25_000), (-100, 100), (2, 2.5), (45_000, 0), id="a deficit that becomes a gain"),
    ],
)
def test_zeros_and_signs_follow_the_limit(fen, quantity, price, effects):
    found = split([fen[0]], [fen[1]], *(([float(old)], [float(new)]) for old, new in (quantity, price)))
    assert (found.effects_fen["quantity"][0], found.effects_fen["price"][0]) == effects


def test_the_effect_of_a_new_method_comes_first():
    found = split([20_000], [30_000], ([100.0], [120.0]), ([2.0], [2.5]), old_method_fen=np.array([18_500]))
    assert found.method_fen.tolist() == [1_500]
    assert found.change_fen.tolist() == [11_500]


def test_a_missing_quantity_is_not_compared():
    with pytest.raises(decomposition.NotComparable, match="quantity at place 1 is missing"):
        split([1, 1], [1, 1], ([1.0, np.nan], [1.0, 1.0]), ([0.01, 1], [0.01, 1]))


def test_factors_that_do_not_make_the_value_are_refused():
    with pytest.raises(decomposition.NotComparable, match="place 0 the factors make 60000 fen more or less"):
        split([20_000], [90_000], ([100.0], [120.0]), ([2.0], [2.5]))
    with pytest.raises(decomposition.NotComparable, match="place 0 the factors make 100 fen more or less"):
        split([0], [100], ([0.0], [0.0]), ([2.0], [2.5]))  # worth something, and no quantity


millionths = st.integers(-(10**12), 10**12).map(lambda number: number / 1e6)
thousandths = st.integers(0, 10**6).map(lambda number: number / 1e3)


@busy
@given(st.lists(st.tuples(millionths, thousandths, millionths, thousandths), min_size=1, max_size=20))
def test_effects_add_up_to_the_change_to_the_fen(places):
    q0, p0, q1, p1 = (np.array(column) for column in zip(*places, strict=True))
    opening, closing = np.rint(q0 * p0 * 100).astype(int), np.rint(q1 * p1 * 100).astype(int)
    found = decomposition.decompose(opening, closing, factors={"quantity": (q0, q1), "price": (p0, p1)})
    assert (found.change_fen == closing - opening).all()
