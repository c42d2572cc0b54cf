"""Intervals, drivers and grades: closed forms, published examples, and what no order or block may change."""

import numpy as np
import pytest

from core.coefficients import CoefficientMissing
from gep import uncertainty
from gep.uncertainty import errors_by_draw, grades, land_cover, simulation
from gep.uncertainty.spreads import Spread

HERE = {"361028": (0.0, 0.0), "361023": (30_000.0, 40_000.0)}


class Known:
    """Spreads as a test states them."""

    def __init__(self, range_m=35_000.0, **cvs):
        self.cvs, self.far = {name.replace("__", ":"): cv for name, cv in cvs.items()}, range_m

    def of(self, figure):
        sharing = {"layer": "space", "statistic": "county"}.get(figure.split(":")[0], "all")
        return Spread(self.cvs.get(figure, 0.0), sharing)

    def range_m(self):
        return self.far


def terms(*rows):
    """Terms of (indicator, part, county, class, figures, amount)."""
    found = {}
    for indicator, part, county, code, figures, amount in rows:
        found.setdefault((indicator, part, figures), {})[county, code] = amount
    return uncertainty.TermTotals.of(found)


def simulate(which, *, prices=None, spreads, seed=7, **more):
    priced = prices or {key: uncertainty.PartPrice(1.0) for key in zip(which.indicator, which.part, strict=True)}
    return uncertainty.simulate(which, prices=priced, spreads=spreads, seed=seed, places=HERE, **more)


def test_t38_products_and_shared_figures():
    assert uncertainty.product_cv([0.15, 0.20, 0.10]) == pytest.approx(0.27209, abs=5e-6)
    total = uncertainty.total_cv(shared=0.2, own=0.3, sizes=np.array([12, 30.5, 7.25]))
    assert total == pytest.approx(0.28742, abs=5e-6)


def test_t38_the_simulation_finds_the_same_product():
    water = terms(("water", "", "361028", "111", ("a", "b", "c"), 1_000.0))
    found = simulate(water, spreads=Known(a=0.15, b=0.20, c=0.10), draws=200_000).total_fen
    assert found.cv == pytest.approx(0.27209, abs=0.002)
    assert found.expected == 100_000.0
    sigma = 0.26716  # of the logarithm: root of ln(1 + 0.27209²)
    assert found.low95 == pytest.approx(100_000 * np.exp(-1.95996 * sigma - sigma**2 / 2), rel=0.01)
    assert found.high95 == pytest.approx(100_000 * np.exp(1.95996 * sigma - sigma**2 / 2), rel=0.01)


def test_t38_three_parcels_with_a_shared_and_an_own_figure():
    parcels = terms(*(("x", "", "361028", str(n), ("shared", f"own{n}"), size)
                      for n, size in enumerate([12.0, 30.5, 7.25])))  # fmt: skip
    found = simulate(parcels, spreads=Known(shared=0.2, own0=0.3, own1=0.3, own2=0.3), draws=200_000)
    assert found.total_fen.cv == pytest.approx(0.28742, abs=0.002)


def test_a_shared_coefficient_does_not_shrink_with_the_number_of_parcels():
    many = terms(*(("x", "", "361028", str(n), ("shared",), 1.0) for n in range(500)))
    assert simulate(many, spreads=Known(shared=0.3), draws=50_000).total_fen.cv == pytest.approx(0.3, abs=0.005)


def test_signed_terms_and_parts_in_their_own_units():
    water = terms(("water", "", "361028", "111", ("layer:rain",), 1_750.0),
                  ("water", "", "361028", "111", ("layer:rain", "runoff.111"), -80.0),
                  ("water", "", "361028", "111", ("layer:et",), -820.0),
                  ("water", "tracer", "361028", "111", ("runoff.111",), 5.0))  # fmt: skip
    prices = {("water", ""): uncertainty.PartPrice(7.06, ("prices.reservoir",))}
    spreads = Known(layer__rain=0.1, **{"runoff.111": 0.3, "prices.reservoir": 0.13})
    found = simulate(water, prices=prices, spreads=spreads, draws=20_000)
    assert found.physical["water", ""].expected == 850.0
    assert found.physical["water", ""].cv == pytest.approx(0.1 * 1_670 / 850, rel=0.03)
    assert found.physical["water", "tracer"].expected == 5.0
    assert set(found.value_fen) == {"water"}
    assert found.value_fen["water"].expected == pytest.approx(600_100.0)
    assert found.county_fen["361028"] == found.total_fen == found.value_fen["water"]
    assert found.total_fen.low95 < 600_100 < found.total_fen.high95
    assert [driver.figure for driver in found.drivers] == ["layer:rain", "prices.reservoir", "runoff.111"]
    assert sum(driver.share for driver in found.drivers) == pytest.approx(1)
    assert found.drivers[0].share == pytest.approx(0.6867, abs=5e-5)  # 1670² · ln 1.01 of 40,410 in all, by hand


def test_errors_of_layers_are_alike_nearby_and_statistics_are_not():
    spreads = {"layer:rain": Spread(0.15, "space"), "statistic:rice": Spread(0.05, "county")}
    drawn = errors_by_draw.draw(spreads, counties=list(HERE), places=HERE, range_m=35_000.0, draws=100_000, seed=1)
    rain = [drawn.logs[drawn.of("layer:rain", county)] for county in HERE]
    rice = [drawn.logs[drawn.of("statistic:rice", county)] for county in HERE]
    assert np.corrcoef(rain)[0, 1] == pytest.approx(0.23965, abs=0.01)  # 50 km apart: exp(-50 / 35)
    assert np.corrcoef(rice)[0, 1] == pytest.approx(0, abs=0.01)
    assert np.exp(rain[0]).mean() == pytest.approx(1, abs=0.002)
    assert np.exp(rain[0]).std() == pytest.approx(0.15, abs=0.002)


def test_a_county_without_a_place_is_named():
    rain = terms(("water", "", "361002", "111", ("layer:rain",), 1.0))
    assert simulate(rain, spreads=Known(layer__rain=0.1)).total_fen.cv > 0  # one county alone is near to itself
    both = terms(("water", "", "361002", "111", ("layer:rain",), 1.0), ("water", "", "361028", "111", (), 1.0))
    with pytest.raises(errors_by_draw.PlaceMissing, match="361002"):
        simulate(both, spreads=Known(layer__rain=0.1))


def test_the_same_seed_gives_the_same_bits_in_any_order_of_terms_and_blocks(monkeypatch):
    random = np.random.default_rng(3)
    rows = [("i", "", county, str(code), (f"c.{code}", "layer:rain"), float(random.normal()))
            for county in HERE for code in range(40)]  # fmt: skip
    spreads = Known(layer__rain=0.2, **{f"c.{code}": 0.3 for code in range(40)})
    first = simulate(terms(*rows), spreads=spreads)
    random.shuffle(rows)
    halves = [terms(*rows[:30]), terms(*rows[30:])]
    monkeypatch.setattr(simulation, "BLOCK_CELLS", 4_321)
    assert simulate(uncertainty.TermTotals.joined(halves), spreads=spreads) == first
    assert simulate(terms(*rows), spreads=spreads, seed=8).total_fen.low95 != first.total_fen.low95


def test_a_figure_more_changes_no_draw_of_the_others():
    one = terms(("a", "", "361028", "1", ("x",), 1.0))
    two = terms(("a", "", "361028", "1", ("x",), 1.0), ("b", "", "361028", "1", ("w",), 1.0))
    spreads = Known(x=0.2, w=0.2)
    assert simulate(one, spreads=spreads).value_fen["a"] == simulate(two, spreads=spreads).value_fen["a"]


def test_joined_blocks_are_rounded_once():
    parts = [terms(("a", "", "361028", "1", ("x",), amount)) for amount in (1e16, 1.0, -1e16)]
    assert uncertainty.TermTotals.joined(parts).amount.tolist() == [1.0]


def test_fewer_than_a_thousand_draws_are_refused():
    with pytest.raises(simulation.TooFewDraws, match="999 draws"):
        simulate(terms(("a", "", "361028", "1", ("x",), 1.0)), spreads=Known(x=0.2), draws=999)


def test_an_account_without_values_has_an_interval_of_nothing():
    found = uncertainty.simulate(terms(), prices={}, spreads=Known(), seed=1)
    assert (found.total_fen.low95, found.total_fen.high95, found.drivers) == (0.0, 0.0, ())


def test_more_draws_tell_the_width_better():
    one = terms(("a", "", "361028", "1", ("x",), 1.0))
    few, many = (simulate(one, spreads=Known(x=0.2), draws=draws) for draws in (1_000, 100_000))
    assert many.width_error < few.width_error < 0.1


# Spreads of the table


def test_the_longest_beginning_of_a_figures_name_counts():
    spreads = uncertainty.Spreads(region="361028", year=2023)
    assert spreads.of("prices.reservoir") == Spread(0.13, "all")
    assert spreads.of("prices.urea") == Spread(0.2, "all")
    assert spreads.of("prices.reservoir@wei_river") == Spread(0.13, "all")
    assert spreads.of("climate_regulation.heat.111") == Spread(0.3, "all")
    assert spreads.of("water_retention.runoff.111") == Spread(0.3, "all")
    assert spreads.of("layer:soil_erodibility") == Spread(0.25, "space")
    assert spreads.of("statistic:rice") == Spread(0.035, "county")
    assert spreads.range_m() == 35_000
    assert spreads.taken["statistic"].tag == "U"
    with pytest.raises(CoefficientMissing):
        uncertainty.Spreads(region="361028", year=1999).of("prices.carbon")


# Classes of the map: the example of Olofsson and others 2014, tables 8 and 9

EXAMPLE = land_cover.ConfusionMatrix(
    codes=("deforestation", "gain", "forest", "other"),
    counts=np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]),
)
MAPPED_HA = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09  # pixels of 30 m


def test_areas_adjusted_by_a_confusion_matrix():
    adjusted, error = EXAMPLE.adjusted_areas(MAPPED_HA), EXAMPLE.standard_errors(MAPPED_HA)
    assert adjusted == pytest.approx([21_158, 11_686, 285_770, 581_386], abs=1)
    assert 1.96 * error == pytest.approx([6_158, 3_756, 15_510, 16_282], abs=2)
    assert adjusted.sum() == pytest.approx(MAPPED_HA.sum())


def test_draws_of_classes_keep_the_mean_and_the_total_area():
    mapped = {("361028", code): area for code, area in zip(EXAMPLE.codes, MAPPED_HA.tolist(), strict=True)}
    drawn = EXAMPLE.multipliers(mapped, draws=20_000, seed=5)
    assert drawn["361028", "deforestation"].mean() == pytest.approx(1, abs=0.01)
    cover = terms(("a", "", "361028", "deforestation", ("x",), 10.0), ("a", "", "361028", "urban", ("x",), 10.0))
    found = simulate(cover, spreads=Known(x=0.1), confusion=EXAMPLE, class_area_m2=mapped, draws=20_000)
    assert {driver.figure for driver in found.drivers} == {"x", "land_cover"}
    assert found.total_fen.cv > 0.1


def test_a_class_without_sample_points_is_refused():
    with pytest.raises(land_cover.ConfusionRefused, match="two points"):
        land_cover.ConfusionMatrix(("a", "b"), np.array([[5, 1], [0, 0]]))


# Grades


@pytest.mark.parametrize(
    ("tags", "modelled", "grade"),
    [({"V"}, False, "A"), ({"V", "D"}, True, "B"), ({"V", "U"}, False, "C"), (set(), False, "A")],
)
def test_a_figure_is_as_good_as_the_worst_it_rests_on(tags, modelled, grade):
    assert uncertainty.grade_of(tags=tags, modelled=modelled) == grade


def test_a_total_is_graded_by_the_size_of_its_parts():
    given = {"water": "A", "climate": "C", "carbon": "B"}
    assert uncertainty.grade_of_total({"water": 600, "climate": 400, "carbon": 0}, given) == "B"
    assert uncertainty.grade_of_total({"water": 100, "climate": -900, "carbon": 0}, given) == "C"
    assert uncertainty.grade_of_total({"water": 800, "climate": 100, "carbon": 100}, given) == "A"
    assert uncertainty.grade_of_total({"water": 0}, given) is None
    assert grades.shares_by_grade({"water": 600, "climate": 400}, given) == {"A": 0.6, "B": 0.0, "C": 0.4}
