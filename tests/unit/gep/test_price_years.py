"""Prices of one year in yuan of another: by an index where there is one, told and unconfirmed where there is none."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from core import coefficients
from core.coefficients import load
from gep import methods, price_years
from gep.methods import Method
from tests.unit.gep.test_bindings import HEAD, compiled

PRICES = Path(methods.__file__).parent / "coefficients" / "prices.csv"
INDEX = (
    "price_indices.construction_prices,100,index,2010 = 100,000000,2010-01-01,2011-01-01,yearbook,table 5,V\n"
    "price_indices.construction_prices,150,index,2010 = 100,000000,2024-01-01,2025-01-01,yearbook,table 5,V\n"
)


def method(*, price_year: int = 2024, rows: str = "", prices: dict[str, str] | None = None, tmp_path=None, **switches):
    own = None
    if rows:
        (tmp_path / "own.csv").write_text(HEAD + rows)
        own = coefficients.read(tmp_path / "own.csv", any_source=True)
    profile = replace(methods.profile("GBT46869_2025", switches=switches), prices=prices or {})
    return Method(profile, region="361028", year=2024, price_year=price_year, overrides=own)


def test_t24_price_index():
    # 606.70 / 493.60 = 1.22913: 0.67 of 2007 is 0.8235 of 2014
    table = load(PRICES.with_name("price_indices.csv"))
    numbers = {row.valid_from.year: row for row in table.rows()}
    stated = replace(load(PRICES).rows()[0], value=Decimal("0.67"), valid_from=numbers[2007].valid_from, key="water")
    later = price_years.at_year(stated, 2014, key="water", index_number=lambda index, year: numbers[year])
    assert float(later.value) == pytest.approx(0.8235, abs=5e-5)
    assert float(later.value / stated.value) == pytest.approx(1.22913, abs=5e-6)
    assert later.tag == "V"


def test_a_price_is_brought_to_the_price_year_and_its_source_says_so():
    taken = method(price_year=2007, prices={"carbon": "carbon@gaotianyan"})
    assert float(taken.price("carbon").yuan) == pytest.approx(309.05527, abs=1e-5)  # 379.87 of 2014 · 493.60 / 606.70
    assert taken.unindexed_prices() == []
    told = {row["table"] + "." + row["key"]: row for row in taken.figures()}
    assert told["prices.carbon@gaotianyan" if "prices.carbon@gaotianyan" in told else "prices.carbon"]["locator"] == (
        "2014 prices; 379.87 of 2014 brought to 2007 by consumer_prices 493.60/606.70"
    )
    assert told["price_indices.consumer_prices@2014"]["value"] == "606.70"
    assert not any(row["tag"] == "U" for row in told.values())


def test_a_price_of_the_year_itself_needs_no_index():
    taken = method(price_year=2010)
    assert taken.price("reservoir").yuan == Decimal("7.06")
    assert list(taken.taken) == [("prices", "reservoir")]


def test_an_index_of_an_accounts_own_moves_the_value(tmp_path):
    (tmp_path / "own.csv").write_text(HEAD + INDEX)
    own = coefficients.read(tmp_path / "own.csv", any_source=True)
    account = compiled([41], overrides=own)
    assert account.results["flood_mitigation"].value_fen[0] == 3_177_000  # 3,000 m³ at 7.06 · 1.5 = 10.59
    assert "reservoir" not in account.method.unindexed


def test_without_an_index_a_price_stands_as_stated_and_nobody_confirms_it():
    taken = method()
    assert taken.price("reservoir").yuan == Decimal("7.06")
    assert taken.unindexed_prices() == ["reservoir (2010)"]
    (row,) = taken.figures()
    assert row["tag"] == "U"
    assert row["locator"].endswith("of 2010, not brought to 2024: no price_indices.construction_prices@2010")
    assert taken.unconfirmed


def test_the_switch_leaves_pending_what_no_index_values():
    account = compiled([41, 121], unindexed_prices="pending")
    assert account.pending["flood_mitigation"] == ("price_indices.construction_prices@2010",)
    assert "flood_mitigation" not in account.results
    assert account.results["carbon_sequestration"].quantity[1] == pytest.approx(16.0881)  # its price is of 2024
    assert account.method.unindexed_prices() == []


def test_rates_set_by_law_are_of_every_year_in_which_they_are_in_force():
    taken = method()
    assert taken.price("so2").yuan == Decimal("1263.16")
    assert taken.unindexed_prices() == []
    before = method(price_year=2015)
    assert before.price("so2").yuan == Decimal("1263.16")
    assert before.unindexed_prices() == ["so2 (2018)"]


def test_an_accounts_own_price_holds_as_long_as_it_says_and_is_indexed_beyond(tmp_path):
    open_ended = "prices.reservoir,9,CNY,m3 built,361028,2020-01-01,,water bureau,p. 1,V\n"
    held = method(rows=open_ended, tmp_path=tmp_path)
    assert (held.price("reservoir").yuan, held.unindexed_prices()) == (Decimal(9), [])
    of_2010 = "prices.reservoir,8,CNY,m3 built,361028,2010-01-01,2011-01-01,water bureau,p. 1,V\n"
    moved = method(rows=of_2010 + INDEX, tmp_path=tmp_path)
    assert moved.price("reservoir").yuan == Decimal(12)


def test_numbers_of_two_bases_are_refused(tmp_path):
    other = INDEX.replace("150,index,2010 = 100", "150,index,2020 = 100")
    with pytest.raises(price_years.IndicesDiffer, match="2010 is 2010 = 100 in 000000, 2024 2020 = 100 in 000000"):
        method(rows=other, tmp_path=tmp_path).price("reservoir")


def test_every_price_goes_by_an_index_or_is_set_by_law():
    rows = load(PRICES).rows()
    named = {row.key for row in rows} | {row.key.split("@")[0] for row in rows}
    assert named >= set(price_years.items())
    for row in rows:
        assert {row.key, row.key.split("@")[0]} & set(price_years.items()), row.key
