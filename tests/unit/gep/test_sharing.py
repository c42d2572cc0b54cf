"""Statistics shared out to parcels by the land that yields the product, by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import coefficients
from gep import accounting, file_sources, methods
from gep.accounting import sharing
from gep.accounting.inputs import CountyStatistics, Layers, Parcels
from gep.accounting.townships import TownshipsRefused
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


def of_townships(rows, townships, *, towns=("t1", "t2", "t3")):
    """The account of the three parcels, each in a township of its own, with what townships state."""
    some = parcels()
    areas = {**some.areas, "town": np.array(towns)}
    classes = np.array([[511, 511, 52, 111]], dtype=np.int16)
    return accounting.compile_account(
        replace(some, areas=areas), Layers(Grid(500_000.0, 3_060_000.0, 30.0, 1, 4), classes, {}),
        methods.Method(methods.profile("GBT46869_2025"), region="361000", year=2024, price_year=2024),
        statistics=replace(rows, townships=townships), catalogue={found.code: found for found in (RICE, TEA, FISH)},
    )  # fmt: skip


def crops_by_class(account: accounting.CompiledAccount) -> dict[str, int]:
    return {code: fen["crops"] for code, fen in account.by_class_fen.items() if fen.get("crops")}


def test_what_a_township_states_goes_to_its_own_parcels_and_the_rest_to_the_others():
    rows = stated(("361002", "rice", 10.0, 101))
    found = of_townships(rows, {"rice": {"361002": {"t1": 80, "": 21}}})
    crops = found.results["crops"]
    assert crops.value_fen.tolist() == [80, 21, 0]
    assert crops.parts["rice_t"][:2].tolist() == pytest.approx([7.920792, 2.079208])
    assert crops_by_class(found) == {"511": 101}
    elsewhere = of_townships(rows, {"rice": {"361002": {"t9": 80, "": 21}}})  # a township without parcels
    assert elsewhere.results["crops"].value_fen.tolist() == [11, 10, 0]
    assert elsewhere.unallocated == {"361002": {"crops": 80}}
    assert elsewhere.indicator_fen("crops") == 101


def test_products_of_a_county_and_totals_of_its_townships_both_hold():
    # Parcel a is paddy alone, b half a paddy and half a garden: t1's 90 can be rice only, which leaves t2 10 and 60.
    rows = stated(("361002", "rice", 10.0, 100), ("361002", "tea", 1.0, 60))
    found = of_townships(rows, {"crops": {"361002": {"t1": 90, "t2": 70}}})
    crops = found.results["crops"]
    assert crops.value_fen.tolist() == [90, 70, 0]
    assert crops.parts["rice_t"][:2].tolist() == pytest.approx([9.0, 1.0])
    assert crops.parts["tea_t"][:2].tolist() == pytest.approx([0.0, 1.0])
    assert crops_by_class(found) == {"511": 100, "52": 60}
    with pytest.raises(TownshipsRefused, match=r"crops in 361002: .*rows rice, tea; columns t1, t2"):
        of_townships(rows, {"crops": {"361002": {"t1": 120, "t2": 40}}})


def test_townships_follow_their_county_when_what_comes_from_outside_is_taken_off():
    rows = replace(stated(("361002", "rice", 10.0, 50)), townships={"rice": {"361002": {"t1": 75, "": 26}}})
    found = of_townships(rows, rows.townships)  # 101 gross, 50 of it the area's own
    assert found.results["crops"].value_fen.tolist() == [37, 13, 0]  # 37.13 and 12.87


@given(fen=st.lists(st.integers(0, 10**9), min_size=2, max_size=2), share=st.fractions(0, 1))
@settings(max_examples=25, deadline=None)
def test_townships_add_up_to_their_county_whatever_they_are(fen, share):
    rows = stated(("361002", "rice", 10.0, fen[0]), ("361002", "tea", 1.0, fen[1]))
    own = int(share * fen[0])
    found = of_townships(rows, {"rice": {"361002": {"t1": own, "": fen[0] - own}}} if fen[0] else {})
    assert found.indicator_fen("crops") == sum(fen)
    assert sum(crops_by_class(found).values()) == sum(fen)
    assert found.results["crops"].value_fen[0] == own


def test_a_sheet_states_townships_by_code_or_name(tmp_path):
    (tmp_path / "s.csv").write_text(
        "county,township,product,quantity,unit,value_fen,source\n"
        "361028,,rice,10,t,1000,yearbook\n361028,鹤城镇,rice,4,t,400,yearbook\n361028,361028101,rice,3,t,300,yearbook\n"
        "361028,,tea,1,t,500,yearbook\n361028,鹤城镇,crops_total,,元,900,yearbook\n"
        "361028,361028101,crops_total,,元,600,yearbook\n"
        "361028,361028100,pigs,7,head,70,yearbook\n361028,361028101,pigs,3,head,30,yearbook\n"
        "361002,,rice,1,t,10,yearbook\n361002,361002001,rice,9,t,90,yearbook\n361028,,crops_total,,元,9,yearbook\n",
        encoding="utf-8",
    )  # fmt: skip
    read = file_sources.read_statistics(
        tmp_path / "s.csv", counties={"361028", "361002"}, towns=lambda: {"鹤城镇": "361028100"}
    )
    assert read.totals.townships == {
        "rice": {"361028": {"361028100": 400, "361028101": 300, "": 300}},
        "crops": {"361028": {"361028100": 900, "361028101": 600}},
        "pigs": {"361028": {"361028100": 70, "361028101": 30}},
    }
    assert read.totals.fen_of("pigs", "361028") == 100  # the county states none itself
    assert read.totals.fen_of("rice", "361002") == 10  # its township's 90 do not fit in it, and are told
    told = [(row.row, row.reason) for row in read.findings.rows]
    assert (12, "total_of_county") in told
    assert told.count((10, "township_sum")) == 2  # value and quantity
    assert "crops_total" not in read.totals.products
