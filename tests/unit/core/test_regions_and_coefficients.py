from datetime import date
from decimal import Decimal

import pytest

from core import coefficients, regions

HEAD = "key,value,unit,per,region,valid_from,valid_to,source,locator,tag\n"
GOOD = "bus,820,g,trip,361000,2018-01-01,2020-01-01,epa-warm-v16,t2,V\n"


@pytest.fixture
def table(tmp_path):
    def load(*rows):
        path = tmp_path / "factors.csv"
        path.write_text(HEAD + "".join(rows))
        return coefficients.load.__wrapped__(path)

    return load


def test_regions_go_from_county_to_nation():
    assert regions.chain("361028") == ("361028", "361000", "360000", "000000")
    assert (regions.name("361028"), regions.name("361028", language="en")) == ("资溪县", "Zixi")
    assert [county.code for county in regions.counties()] == [
        "361002", "361003", "361021", "361022", "361023", "361024", "361025", "361026", "361027", "361028", "361030",
    ]  # fmt: skip
    assert regions.is_within("361028", wider="361000")
    assert not regions.is_within("361000", wider="361028")
    with pytest.raises(regions.UnknownRegion):
        regions.name("361029")


def test_the_narrowest_region_and_the_right_day_win(table):
    found = table(GOOD, GOOD.replace("820", "900").replace("361000", "000000").replace(",2020-01-01", ","))
    chain = regions.chain("361028")
    assert found.at("bus", per="trip", regions=chain, on=date(2019, 12, 31)).value == Decimal("820")
    assert found.at("bus", per="trip", regions=chain, on=date(2020, 1, 1)).value == Decimal("900")
    assert found.vector(["bus"], regions=chain, on=date(2018, 1, 1)).tolist() == [820.0]


def test_what_is_missing_is_named(table):
    with pytest.raises(coefficients.CoefficientMissing) as missing:
        table(GOOD).at("bus", regions=("361028", "361000"), on=date(2020, 1, 1))
    assert str(missing.value) == "factors has no row for 'bus' in 361028 on 2020-01-01"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("820", "much"), "'bus'"),
        (("820", "NaN"), "finite"),
        ((",g,", ",,"), "unit is empty"),
        (("trip", ""), "per is empty"),
        (("361000", "361029"), "361029"),
        (("2020-01-01", "2018-01-01"), "valid_to"),
        (("epa-warm-v16", "hearsay"), "hearsay"),
        ((",V", ",X"), "tag"),
        ((",V", ""), "cells"),
    ],
)
def test_a_bad_row_refuses_the_table_by_line(table, change, told):
    with pytest.raises(coefficients.BadCoefficientTable, match=told) as refused:
        table(GOOD.replace(*change))
    assert "factors.csv, line 2" in str(refused.value)


def test_two_rows_for_one_day_are_refused(table):
    with pytest.raises(coefficients.BadCoefficientTable, match="2019-12-31"):
        table(GOOD, GOOD.replace("2018-01-01", "2019-12-31").replace("2020-01-01", ""))
    assert len(table(GOOD, GOOD.replace("2018-01-01,2020-01-01", "2020-01-01,")).rows()) == 2


def test_an_unconfirmed_figure_says_so(table):
    assert [row.confirmed for row in table(GOOD, GOOD.replace("bus", "tram").replace(",V", ",U")).rows()] == [
        True,
        False,
    ]


def test_a_table_may_say_how_widely_a_figure_spreads(tmp_path):
    path = tmp_path / "factors.csv"
    path.write_text(
        HEAD.replace("tag", "tag,cv")
        + GOOD.replace(",V", ",V,0.3")
        + GOOD.replace("bus,820", "tram,9").replace(",V", ",V,")
    )
    assert [row.cv for row in coefficients.read(path).rows()] == [Decimal("0.3"), None]
    path.write_text(HEAD.replace("tag", "tag,cv") + GOOD.replace(",V", ",V,-0.3"))
    with pytest.raises(coefficients.BadCoefficientTable, match="cv must be a share"):
        coefficients.read(path)


def test_a_table_of_an_accounts_own_may_cite_any_source(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + GOOD.replace("epa-warm-v16", "the county's soil survey"))
    assert coefficients.read(path, any_source=True).rows()[0].source == "the county's soil survey"
    with pytest.raises(coefficients.BadCoefficientTable, match="soil survey"):
        coefficients.read(path)


@pytest.mark.parametrize(
    ("day", "value"),
    [("2017-01-01", 820), ("2019-12-31", 820), ("2020-12-31", 820), ("2022-01-01", 900), ("2025-01-01", 900)],
)
def test_the_nearest_row_in_time_stands_in(table, day, value):
    later = GOOD.replace("820", "900").replace("2018-01-01,2020-01-01", "2023-01-01,2024-01-01")
    found = table(GOOD, later).nearest("bus", regions=regions.chain("361028"), on=date.fromisoformat(day))
    assert found.value == value
    with pytest.raises(coefficients.CoefficientMissing):
        table(GOOD).nearest("tram", regions=regions.chain("361028"), on=date.fromisoformat(day))
