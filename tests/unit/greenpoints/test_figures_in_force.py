"""Which figures apply on a day: the electricity factor of a statement year, decisions, ranges seen elsewhere."""

import dataclasses
from datetime import date, timedelta

import factor_set_2022
import pytest

from core import coefficients
from greenpoints.quantification import formulas, grid, parameters, seen_ranges
from greenpoints.quantification.dimensions import UnknownUnit, unit
from greenpoints.quantification.figures import Decision
from greenpoints.quantification.formulas import BadFormula
from greenpoints.quantification.parameters import FOLDER

ROWS = coefficients.load(FOLDER / "electricity_factors.csv").rows()
CHAIN = ("361000", "360000", "000000")


def factor(on, rows=ROWS):
    row = grid.factor(rows, regions=CHAIN, regional=grid.CENTRAL_CHINA, on=on)
    return row.key, str(row.value)


def row(key, value, region, published):
    return dataclasses.replace(ROWS[0], key=key, value=value, region=region, valid_from=published)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2024, 12, 31), ("average.2021", "0.5835"), id="before any took effect: the first published"),
        pytest.param(date(2025, 1, 1), ("average.2022", "0.5752"), id="published in December, in force in January"),
        pytest.param(date(2026, 11, 20), ("average.2022", "0.5752"), id="one factor for each year of statements"),
        pytest.param(date(2027, 1, 1), ("average.2022", "0.5752"), id="2023 has no row of Jiangxi: its 2022 stays"),
    ],
)
def test_electricity_factor_of_a_day(on, expected):
    assert factor(on) == expected


def test_a_new_provincial_factor_takes_effect_on_the_next_first_of_january():
    rows = [*ROWS, row("average.2023", "0.5601", "360000", date(2027, 1, 15))]
    assert factor(date(2027, 12, 31), rows) == ("average.2022", "0.5752")
    assert factor(date(2028, 1, 1), rows) == ("average.2023", "0.5601")


def test_without_a_province_the_regional_grid_serves_and_then_the_nation():
    elsewhere = [one for one in ROWS if one.region != "360000"]
    assert factor(date(2027, 6, 1), elsewhere) == ("average_central_china.2023", "0.5271")
    nation = [one for one in elsewhere if "_" not in one.key]
    assert factor(date(2027, 6, 1), nation) == ("average.2023", "0.5306")
    with pytest.raises(coefficients.CoefficientMissing):
        factor(date(2027, 6, 1), [])


def decision(value, effective_on, reference="board/1", key="ev_power"):
    return Decision("parameters", key, value, "kWh", "km", "board", "minutes 3", effective_on, reference)


def test_a_decision_is_in_force_from_its_day_and_not_before():
    decided = (decision("0.14", date(2026, 12, 1)), decision("0.16", date(2027, 1, 1), "board/2"))
    values = [
        parameters.in_force(day, decided=decided).figures["ev_power"].value
        for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1))
    ]
    assert values == ["0.15", "0.14", "0.14", "0.16"]
    before, after = (
        parameters.in_force(date(2026, 12, 1) - timedelta(days=days), decided=decided).figures["ev_power"]
        for days in (1, 0)
    )
    assert (before.approved, before.decision) == (False, "")
    assert (after.approved, after.decision) == (True, "board/1")


def test_a_decision_changes_the_basis_that_rows_point_to():
    day = date(2026, 12, 1)
    as_is = parameters.in_force(day).basis("M09", material="", evidence="telematics")
    decided = parameters.in_force(day, decided=(decision("0.15", day),)).basis(
        "M09", material="", evidence="telematics"
    )
    assert as_is.digest != decided.digest
    assert decided.figures["ev_power"].value == as_is.figures["ev_power"].value == "0.15"


@pytest.mark.parametrize(
    "act", [one.act for one in seen_ranges.compare(factor_set_2022.in_force(), on=factor_set_2022.DAY)]
)
def test_what_is_in_force_lies_within_the_values_seen(act):
    found = {one.act: one for one in seen_ranges.compare(factor_set_2022.in_force(), on=factor_set_2022.DAY)}
    assert not found[act].outside, found[act]


def test_the_acts_compared_are_those_of_the_published_values():
    found = seen_ranges.compare(factor_set_2022.in_force(), on=factor_set_2022.DAY)
    assert [(one.act, one.lowest_mg, one.gross_mg, one.highest_mg) for one in found] == [
        ("M01", 16_400, 16_400, 20_000), ("M02", 40_000, 40_000, 40_000), ("M05", 52_000, 80_700, 150_000),
        ("M06", 52_000, 80_000, 150_000), ("M07", 46_000, 538_200, 542_000), ("D01", 4_700, 4_716, 5_000),
        ("C03", 20_000, 20_000, 23_000), ("C04", 144_000, 144_000, 449_000),
    ]  # fmt: skip


def test_a_marketing_value_is_outside():
    story = Decision("reduction_factors", "M06", "2500", "g", "trip", "board", "", date(2026, 1, 1), "board/9")
    in_force = parameters.in_force(factor_set_2022.DAY, decided=(story,))
    assert [one.act for one in seen_ranges.compare(in_force, on=factor_set_2022.DAY) if one.outside] == ["M06"]


def test_units_that_do_not_fit_are_refused():
    values = {"a": (1, unit("g/km")), "b": (1, unit("g/kWh"))}
    with pytest.raises(BadFormula, match="different units"):
        formulas.products("a * d + b * d", figures=values, columns={"d": unit("m")})
    with pytest.raises(BadFormula, match="neither a figure"):
        formulas.products("c * d", figures=values, columns={"d": unit("m")})
    with pytest.raises(BadFormula, match="is not a name"):
        formulas.terms("2 * d")
    with pytest.raises(UnknownUnit):
        unit("furlong")
    assert unit("kWh/km") == unit("Wh/m")
    assert formulas.written("car_km / passenger_km") == (
        "petrol_carbon * petrol_density * car_fuel * car_occupancy / petrol_carbon / petrol_density / car_fuel"
    )
