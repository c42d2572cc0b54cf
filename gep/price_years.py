"""Prices of one year in yuan of another, by dated index numbers; which index goes with what stands in price_items.csv.

gep.md 5.3. A rate that is set by law is of every year in which it is in force and takes no index.
"""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from core.coefficients import Coefficient, CoefficientMissing

ITEMS = Path(__file__).with_name("price_items.csv")
INDICES = "price_indices"
KEPT = Decimal("0.00000001")  # to a hundred-millionth of a yuan

IndexOf = Callable[[str, int], Coefficient]  # the number of an index for a year; raises CoefficientMissing


class IndexMissing(LookupError):
    """No index number brings a price to the price year; ``figure`` names what is lacking."""

    def __init__(self, figure: str) -> None:
        super().__init__(f"no index number {figure}")
        self.figure = figure


class IndicesDiffer(ValueError):
    """Two numbers of an index have different bases or regions, so that their ratio means nothing."""


@cache
def items() -> dict[str, str]:
    """Return the index of each item that has a price, "" for a rate that is set by law."""
    with ITEMS.open(encoding="utf-8", newline="") as file:
        return {row["item"]: row["index"] for row in csv.DictReader(file)}


def index_of(row: Coefficient, *, key: str) -> str:
    """Return the index that a row of prices goes by, "" for a rate set by law; ``key`` is what it is the price of."""
    names = (row.key.removeprefix("prices."), row.key.removeprefix("prices.").split("@")[0], key)
    return next((items()[name] for name in names if name in items()), "consumer_prices")


def is_of(row: Coefficient, year: int, *, key: str, own: bool) -> bool:
    """Return whether a price is of the year as it stands: stated in it, in force by law, or said to hold by its owner.

    ``own`` tells whether the row is an account's own, whose validity is then taken at its word.
    """
    in_force = row.applies(on=date(year, 12, 31)) and (own or not index_of(row, key=key))
    return row.valid_from.year == year or in_force


def at_year(row: Coefficient, year: int, *, key: str, index_number: IndexOf) -> Coefficient:
    """Return a price of another year in yuan of ``year``, and say so in its locator.

    The surer of price and index is no surer than the other. Raises IndexMissing, IndicesDiffer.
    """
    index, stated = index_of(row, key=key), row.valid_from.year
    if not index:
        raise IndexMissing(f"prices.{key}@{year}")  # a rate set by law that is not in force then
    earlier, later = (_number(index, of_year, index_number) for of_year in (stated, year))
    if (earlier.per, earlier.region) != (later.per, later.region):
        told = f"{stated} is {earlier.per} in {earlier.region}, {year} {later.per} in {later.region}"
        raise IndicesDiffer(f"{index}: {told}")
    ratio = later.value / earlier.value
    said = f"{row.locator}; {row.value} of {stated} brought to {year} by {index} {later.value}/{earlier.value}"
    confirmed = earlier.confirmed and later.confirmed
    return replace(
        row, value=(row.value * ratio).quantize(KEPT).normalize(), locator=said, tag=row.tag if confirmed else "U"
    )


def as_stated(row: Coefficient, year: int, *, lacking: str) -> Coefficient:
    """Return a price of another year as it stands, which nobody confirmed for ``year``; its locator says so."""
    said = f"{row.locator}; of {row.valid_from.year}, not brought to {year}: no {lacking}"
    return replace(row, tag="U", locator=said)


def _number(index: str, year: int, index_number: IndexOf) -> Coefficient:
    try:
        return index_number(index, year)
    except CoefficientMissing:
        raise IndexMissing(f"{INDICES}.{index}@{year}") from None
