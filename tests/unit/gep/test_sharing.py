"""Statistics shared out to parcels by the land that yields the product, by hand."""

import numpy as np
import pytest

from core import coefficients
from gep import accounting, methods
from gep.accounting import sharing
from gep.accounting.inputs import CountyStatistics, Layers, Parcels
from gep.coverage import Grid
from gep.statistics import Product, WeightRule
from gep.statistics.external import InflowRefused
from tests.unit.gep.test_ecosystem_units import rectangle


def rule(*classes: str, land_use: tuple[str, ...] = (), layer: str = "") -> WeightRule:
    return WeightRule(land_use=land_use, classes=classes, layer=layer, source="gep-proposals", tag="D", note="")


def product(code: str, indicator: str, *rules: WeightRule) -> Product:
    return Product(code=code, indicator=indicator, role="value", unit="t", signed=False, zh=code, en=code, rules=rules)


RICE = product("rice", "crops", rule("511", land_use=("0101",), layer="npp_gc_m2"), rule("511", land_use=("0101",)))
TEA = product("tea", "crops", rule("52", land_use=("0202",)), rule("111"))
FISH = product("fish", "fishery", rule("423"))


def stated(*rows: tuple[str, str, float, int]) -> CountyStatistics:
    county, product, quantity, value_fen = zip(*rows, strict=True)
    return CountyStatistics(
        county=np.array(county), product=np.array(product), quantity=np.array(quantity, dtype=float),
        unit=np.full(len(rows), "t"), value_fen=np.array(value_fen, dtype=np.int64),
        has_value=np.full(len(rows), True),
    )  # fmt: skip


def parcels(land_use: list[str] | None = None) -> Parcels:
    """Three parcels of one, two and one cells, of which the last lies in another county."""
    county = np.array(["361002", "361002", "361028"])
    areas = {level: county for level in accounting.LEVELS}
    shapes = np.array([rectangle(0, 1, 0, 1), rectangle(0, 1, 1, 3), rectangle(0, 1, 3, 4)], dtype=object)
    named = None if land_use is None else np.array(land_use)
    return Parcels(np.array(["a", "b", "c"]), shapes, areas, land_use=named)


def account(
    statistics: CountyStatistics, *, land_use: list[str] | None = None, block: int = 4_096, **measured: np.ndarray
) -> accounting.CompiledAccount:
    classes = np.array([[511, 511, 52, 111]], dtype=np.int16)
    profile = methods.profile("GBT46869_2025")
    return accounting.compile_account(
        parcels(land_use), Layers(Grid(500_000.0, 3_060_000.0, 30.0, 1, 4), classes, measured),
        methods.Method(profile, region="361000", year=2024, price_year=2024),
        statistics=statistics, catalogue={found.code: found for found in (RICE, TEA, FISH)}, block=block,
    )  # fmt: skip


def test_rice_goes_to_paddies_by_area_to_the_fen():
    # Parcel a holds 900 m2 of paddy, b 900 and 900 of garden: 101 fen are 51 and 50, the odd one by code.
    found = account(stated(("361002", "rice", 10.0, 101)))
    crops = found.results["crops"]
    assert crops.value_fen.tolist() == [51, 50, 0]
    assert crops.parts["rice_t"].tolist() == pytest.approx([5, 5, np.nan], nan_ok=True)  # the other county says nothing
    assert crops.quantity.tolist() == pytest.approx([0.51, 0.50, np.nan], nan_ok=True)  # yuan
    assert crops.coverage_share.tolist() == [1, 1, 0]
    assert found.by_class_fen["511"]["crops"] == 101


def test_growth_weighs_before_area_where_the_layer_is_there():
    growth = np.array([[100.0, 300.0, 500.0, 500.0]])
    found = account(stated(("361002", "rice", 8.0, 400)), npp_gc_m2=growth)
    assert found.results["crops"].value_fen.tolist() == [100, 300, 0]


def test_the_surveyed_use_weighs_before_the_class():
    by_use = account(stated(("361002", "tea", 1.0, 90)), land_use=["0202", "0101", "0202"])
    assert by_use.results["crops"].value_fen.tolist() == [90, 0, 0]
    by_class = account(stated(("361002", "tea", 1.0, 90)))
    assert by_class.results["crops"].value_fen.tolist() == [0, 90, 0]


def test_a_county_without_that_land_goes_by_the_next_rule():
    # County 361028 has no garden: its tea goes by the second rule to the wood; the other county's does not.
    found = account(stated(("361002", "tea", 1.0, 90), ("361028", "tea", 1.0, 33)))
    assert found.results["crops"].value_fen.tolist() == [0, 90, 33]
    assert found.by_class_fen["111"]["crops"] == 33


def test_what_no_parcel_has_a_weight_for_stays_unallocated_and_counts():
    found = account(stated(("361002", "rice", 10.0, 100), ("361028", "rice", 4.0, 77)))
    assert found.unallocated == {"361028": {"crops": 77}}
    assert found.results["crops"].value_fen.tolist() == [50, 50, 0]
    assert found.indicator_fen("crops") == 177


def test_a_county_without_parcels_gets_nothing():
    found = account(stated(("361002", "rice", 10.0, 100), ("361030", "rice", 4.0, 77)))
    assert found.indicator_fen("crops") == 100


def test_several_products_add_up_in_one_indicator():
    found = account(stated(("361002", "rice", 10.0, 100), ("361002", "tea", 2.0, 31)), block=1)
    assert found.results["crops"].value_fen.tolist() == [50, 81, 0]
    assert found.by_class_fen["511"]["crops"] + found.by_class_fen["52"]["crops"] == 131


def test_what_statistics_do_not_state_is_pending():
    found = account(stated(("361002", "rice", 10.0, 100)))
    assert found.pending["fishery"] == ("fishery",)
    assert "fishery" not in found.results


def test_a_parcel_that_the_survey_is_silent_on_goes_by_its_class():
    mixed = account(stated(("361002", "rice", 10.0, 100)), land_use=["", "0101", ""])
    assert mixed.results["crops"].value_fen.tolist() == [33, 67, 0]  # 900 m2 by class, 1,800 m2 by survey
    silent = account(stated(("361002", "rice", 10.0, 100)), land_use=["", "", ""])
    assert silent.results["crops"].value_fen.tolist() == [50, 50, 0]


def outside(code: str, indicator: str) -> Product:
    return Product(code=code, indicator=indicator, role="external", unit="t", signed=False, zh=code, en=code, rules=())


def test_what_comes_from_outside_is_taken_off_before_it_is_shared_out():
    rows = stated(("361002", "rice", 10.0, 100), ("361002", "tea", 1.0, 50), ("361002", "seed", 1.0, 30))
    profile = methods.profile("GBT46869_2025")
    method = methods.Method(profile, region="361000", year=2024, price_year=2024)
    catalogue = {found.code: found for found in (RICE, TEA, outside("seed", "crops"))}
    net = sharing.net_of_external(rows, method, catalogue=catalogue)
    assert net.value_fen.tolist() == [80, 40, 30]  # 30 off, 2 to 1
    kept = methods.Method(methods.profile("GBT46869_2025", switches={"subtract_external": False}), "361000", 2024, 2024)
    assert sharing.net_of_external(rows, kept, catalogue=catalogue) is rows
    too_much = stated(("361002", "rice", 10.0, 10), ("361002", "seed", 1.0, 30))
    with pytest.raises(InflowRefused, match="crops in 361002: 30 fen from outside, 10 fen in all"):
        sharing.net_of_external(too_much, method, catalogue=catalogue)


def test_another_basis_than_gross_output_takes_its_ratio_and_is_pending_without_one(tmp_path):
    rows = stated(("361002", "rice", 10.0, 1_001), ("361002", "tea", 1.0, 50), ("361002", "fish", 1.0, 70))
    catalogue = {found.code: found for found in (RICE, TEA, FISH)}
    path = tmp_path / "own.csv"
    path.write_text(
        "key,value,unit,per,region,valid_from,valid_to,source,locator,tag\n"
        "valuation_ratios.net.crops,0.55,fen,fen gross output,361000,2024-01-01,2025-01-01,own survey,p. 1,V\n"
    )
    net = methods.profile("GBT46869_2025", switches={"valuation_basis": "net"})
    own = methods.Method(net, "361000", 2024, 2024, overrides=coefficients.read(path, any_source=True))
    classes = np.array([[511, 511, 52, 423]], dtype=np.int16)
    found = accounting.compile_account(
        parcels(), Layers(Grid(500_000.0, 3_060_000.0, 30.0, 1, 4), classes, {}), own, statistics=rows,
        catalogue=catalogue,
    )  # fmt: skip
    # rice 550.55, tea 27.50, each rounded half up: 551 and 28
    assert found.results["crops"].value_fen.sum() == 579
    assert own.taken["valuation_ratios", "net.crops"].source == "own survey"
    assert found.pending["fishery"] == ("valuation_ratios.net.fishery",)
    assert "fishery" not in found.results


def test_land_whose_weight_is_not_known_is_missing_and_not_zero():
    growth = {"npp_gc_m2": np.array([[np.nan, 300.0, 1.0, 1.0]])}
    found = account(stated(("361002", "rice", 10.0, 101)), **growth)
    crops = found.results["crops"]
    # parcel a, all paddy, has no growth: nothing can go to it, and its crops are not known to be none
    assert crops.value_fen.tolist() == [0, 101, 0]
    assert np.isnan(crops.parts["rice_t"][0])
    assert crops.parts["rice_t"][1] == 10.0
    assert crops.coverage_share.tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(crops.quantity[0])
    whole = account(stated(("361002", "rice", 10.0, 101)), npp_gc_m2=np.array([[0.0, 300.0, 1.0, 1.0]]))
    assert whole.results["crops"].coverage_share.tolist() == [1.0, 1.0, 0.0]  # no growth, and that is known
