"""A county statistics table: what it becomes, and what is found wrong with it, by row, column and reason."""

from decimal import Decimal

import numpy as np
import pytest

from gep import statistics
from gep.statistics import external

COLUMNS = ["county", "product", "quantity", "unit", "value_fen", "unit_price_fen", "source"]
COUNTIES = {"361028", "361023"}


def table(*rows, columns=COLUMNS, first=2):
    cells = [(number, dict(zip(columns, row, strict=False))) for number, row in enumerate(rows, start=first)]
    return statistics.read(cells, columns=columns, counties=COUNTIES)


def found(read):
    return [(finding.row, finding.column, finding.reason) for finding in read.findings]


def test_rows_become_columns_in_the_products_own_unit():
    read = table(
        ["361028", "rice", "1.25", "万吨", "", "2600000", "yearbook 2023, table 8-3"],
        ["南丰县", "柑橘（含南丰蜜桔）", "1,380,000", "t", "345600000000", "", "yearbook 2023"],
        ["361028", "emission_so2", "1137", "t", "", "", "environmental statistics 2023"],
    )
    assert read.findings == ()
    assert read.county.tolist() == ["361023", "361028", "361028"]
    assert read.product.tolist() == ["citrus", "emission_so2", "rice"]
    assert read.quantity.tolist() == [1_380_000.0, 1_137.0, 12_500.0]
    assert read.unit.tolist() == ["t", "t", "t"]
    assert read.value_fen.tolist() == [345_600_000_000, 0, 3_250_000]  # 1.25 万吨 at 26,000 yuan for each 万吨
    assert read.has_value.tolist() == [True, False, True]
    assert read.row.tolist() == [3, 4, 2]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (["", "rice", "1", "t", "5", "", "s"], "county", "cell_empty"),
        (["360103", "rice", "1", "t", "5", "", "s"], "county", "county_unknown"),
        (["361028", "unicorns", "1", "t", "5", "", "s"], "product", "product_unknown"),
        (["361028", "rice", "1", "m3", "5", "", "s"], "unit", "unit_mismatch"),
        (["361028", "rice", "1", "bushel", "5", "", "s"], "unit", "unit_mismatch"),
        (["361028", "rice", "-1", "t", "5", "", "s"], "quantity", "number_negative"),
        (["361028", "rice", "about 3", "t", "5", "", "s"], "quantity", "number_unreadable"),
        (["361028", "rice", "NaN", "t", "5", "", "s"], "quantity", "number_unreadable"),
        (["361028", "rice", "1e999999999", "t", "5", "", "s"], "quantity", "number_too_large"),
        (["361028", "rice", "1e-999999999", "t", "", "6", "s"], "quantity", "number_unreadable"),
        (["361028", "rice", "9e14", "t", "", "9e15", "s"], "unit_price_fen", "number_too_large"),
        (["361028", "rice", "9" * 41, "t", "5", "", "s"], "quantity", "number_unreadable"),
        (["361028", "rice", "1", "t", "", "", "s"], "value_fen", "price_missing"),
        (["361028", "rice", "1", "t", "5", "6", "s"], "value_fen", "price_twice"),
        (["361028", "rice", "", "t", "", "6", "s"], "quantity", "quantity_missing"),
        (["361028", "rice", "1", "t", "5.5", "", "s"], "value_fen", "value_not_whole"),
        (["361028", "rice", "1", "t", str(2**53), "", "s"], "value_fen", "number_too_large"),
        (["361028", "emission_cod", "1", "t", "5", "", "s"], "value_fen", "value_of_input"),
        (["361028", "emission_cod", "", "t", "", "", "s"], "quantity", "cell_empty"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_goes_on(row, column, reason):
    read = table(row, ["361023", "rice", "2", "t", "7", "", "s"])
    assert found(read) == [(2, column, reason)]
    assert read.findings[0].rejects
    assert read.county.tolist() == ["361023"]


def test_a_row_that_repeats_another_names_it():
    read = table(["361028", "rice", "1", "t", "5", "", "s"], ["资溪县", "稻谷", "2", "吨", "9", "", "s"])
    assert found(read) == [(3, "product", "row_duplicate")]
    assert read.findings[0].told == "2"
    assert read.value_fen.tolist() == [5]


def test_townships_of_one_county_do_not_repeat_it():
    columns = [*COLUMNS, "township"]
    read = table(["361028", "rice", "3", "t", "5", "", "s", "鹤城镇"], ["361028", "rice", "3", "t", "9", "", "s", ""],
                 columns=columns)  # fmt: skip
    assert (read.township.tolist(), read.value_fen.tolist()) == (["", "鹤城镇"], [9, 5])
    assert found(read) == [(3, "value_fen", "township_sum")]
    assert (read.findings[0].told, read.findings[0].rejects) == ("5, 9", False)


def test_a_price_and_a_value_that_agree_are_taken():
    assert table(["361028", "rice", "2.5", "t", "8", "3", "s"]).value_fen.tolist() == [8]  # 7.5 fen, half up


def test_a_change_of_biomass_may_be_negative():
    assert table(["361028", "biomass_change", "-12.5", "t", "", "", "s"]).quantity.tolist() == [-12.5]


def test_an_item_that_no_indicator_takes_is_told_once():
    read = table(
        ["361028", "growing_stock", "1000", "m3", "", "", "s"], ["361023", "growing_stock", "1000", "m3", "", "", "s"],
        ["361028", "cooling_days", "130", "d", "", "", "s"], ["361028", "emission_nh3n", "3", "t", "", "", "s"],
    )  # fmt: skip
    assert len(read) == 4
    assert [(f.row, f.reason, f.told, f.rejects) for f in read.findings] == [
        (2, "statistic_unused", "growing_stock", False), (5, "statistic_unused", "emission_nh3n", False),
    ]  # fmt: skip


def test_days_of_cooling_are_stated_for_a_county_as_days_of_townships_do_not_add_up():
    columns = [*COLUMNS, "township"]
    read = table(["361028", "cooling_days", "130", "d", "", "", "s", "鹤城镇"], columns=columns)
    assert (len(read), found(read)) == (0, [(2, "township", "rate_of_township")])


def test_every_statistic_that_an_indicator_wants_can_be_stated():
    from gep import method_profiles
    from gep.statistics.products import catalogue

    known = set(catalogue()) | {product.indicator for product in catalogue().values()}
    for indicator in method_profiles.indicator_list().values():
        for variant in indicator.variants.values():
            assert set(variant.statistics) <= known, indicator.name


def test_a_zero_with_a_huge_exponent_is_a_zero():
    assert table(["361028", "rice", "0e-999999999", "t", "", "6", "s"]).value_fen.tolist() == [0]


def test_a_row_without_source_counts_and_is_noted():
    read = table(["361028", "rice", "1", "t", "5", "", " "])
    assert found(read) == [(2, "source", "source_missing")]
    assert (read.findings[0].rejects, len(read)) == (False, 1)


def test_a_heading_that_lacks_columns_is_told_at_once():
    read = table(["361028", "rice"], columns=["county", "product", "colour"])
    assert found(read) == [
        (0, "quantity", "column_missing"), (0, "unit", "column_missing"), (0, "source", "column_missing"),
        (0, "value_fen", "column_missing"), (0, "colour", "column_unknown"),
    ]  # fmt: skip
    assert len(read) == 0


def test_findings_speak_both_languages():
    finding = table(["361028", "rice", "-1", "t", "5", "", "s"]).findings[0]
    assert (finding.zh, finding.en) == ("不能为负：-1", "must not be negative: -1")


def test_counties_without_statistics_and_statistics_without_parcels_are_named():
    read = table(["361028", "rice", "1", "t", "5", "", "s"])
    missing = statistics.missing_counties(read, counties={"361023", "361002"})
    assert [(finding.reason, finding.told) for finding in missing] == [
        ("county_without_statistics", "361002"), ("county_without_statistics", "361023"),
        ("statistics_without_parcels", "361028"),
    ]  # fmt: skip


def test_every_product_has_a_unit_that_can_be_written_and_land_it_goes_to():
    from gep.statistics.products import catalogue, written_units

    units = {unit for unit, _ in written_units().values()}
    assert len(catalogue()) == 64
    for product in catalogue().values():
        assert product.unit in units
        assert product.unit in written_units()
        assert product.rules if product.role == "value" else not product.rules
    assert [rule.layer for rule in catalogue()["rice"].rules] == ["npp_gc_m2", ""]
    assert catalogue()["pond_fish"].rules[0].land_use == ("1104",)


def test_a_basis_takes_its_share_of_each_value_and_rounds_once():
    assert statistics.valued(np.array([1_000, 333, 5]), ratio=Decimal("0.55")).tolist() == [550, 183, 3]


def test_what_comes_from_outside_is_taken_off():
    read = table(
        ["361028", "external_feed", "", "t", "300", "", "s"], ["361028", "pigs", "9", "head", "1000", "", "s"],
        ["361023", "external_feed", "2", "t", "", "25", "s"],
    )  # fmt: skip
    assert read.findings == ()
    taken = statistics.inflows(read)
    assert taken == {("livestock", "361028"): 300, ("livestock", "361023"): 50}
    gross = {("livestock", "361028"): 1_000, ("livestock", "361023"): 50, ("crops", "361028"): 7}
    values = statistics.net_of_external(gross, inflow_fen=taken)
    assert [(value.indicator, value.county, value.net_fen) for value in values] == [
        ("crops", "361028", 7), ("livestock", "361023", 0), ("livestock", "361028", 700),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("gross", "told"),
    [({("livestock", "361028"): 299}, "300 fen from outside, 299 fen in all"), ({}, "it is not in the account")],
)
def test_more_from_outside_than_there_is_is_refused(gross, told):
    with pytest.raises(external.InflowRefused, match=told):
        statistics.net_of_external(gross, inflow_fen={("livestock", "361028"): 300})
