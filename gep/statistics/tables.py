"""A county statistics table as arrays, and everything that is wrong with it by row, column and reason.

A row with a finding that rejects it is left out, and the rest goes on; the analyst decides whether that will do.
"""

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.rounding import half_up
from gep.method_profiles import indicator_list
from gep.statistics.products import Product, catalogue, written_units

REQUIRED = ("county", "product", "quantity", "unit", "source")
COLUMNS = (*REQUIRED, "value_fen", "unit_price_fen", "township")
LARGEST_FEN = 2**53 - 1
LARGEST_QUANTITY = Decimal(10) ** 15
RATES = {"d", "1/a"}  # units of what does not add up over townships
DIGITS = 40  # longer texts are no numbers of a statistic; they are refused before they are read


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one cell; ``row`` as the file counts it, 0 where it is no single row.

    ``rejects`` tells whether the row was left out.
    """

    row: int
    column: str
    reason: str
    told: str = ""
    rejects: bool = True

    @property
    def zh(self) -> str:
        """Return the reason in Chinese, with what was found."""
        return _reasons()[self.reason][0] + (f"：{self.told}" if self.told else "")

    @property
    def en(self) -> str:
        """Return the reason in English, with what was found."""
        return _reasons()[self.reason][1] + (f": {self.told}" if self.told else "")


@dataclass(frozen=True)
class StatisticsTable:
    """Rows that hold, as columns of one length, in the order of county, township and product.

    ``quantity`` in ``unit``, the product's own, NaN where only a value is stated; ``value_fen`` whole fen, 0 where
    ``has_value`` is False: the item is an input. ``township`` is "" for the county as a whole, ``row`` as the file
    counts it.
    """

    row: NDArray[np.int64]
    county: NDArray[np.str_]
    township: NDArray[np.str_]
    product: NDArray[np.str_]
    quantity: NDArray[np.float64]
    unit: NDArray[np.str_]
    value_fen: NDArray[np.int64]
    has_value: NDArray[np.bool_]
    source: NDArray[np.str_]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.product)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    county: str
    township: str
    product: Product
    quantity: Decimal | None
    value_fen: int | None
    source: str


class _Rejected(Exception):
    """Carries the finding of a row that is left out."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.reason)
        self.finding = finding


def read(
    rows: Iterable[tuple[int, Mapping[str, str]]], *, columns: Sequence[str], counties: Collection[str]
) -> StatisticsTable:
    """Return the table of ``rows``: the number of each and its cells as text, by column.

    ``columns`` is the heading, ``counties`` the codes of the account. A county is stated by code or by its Chinese
    name. What is wrong is in ``findings`` and never raised.
    """
    findings = list(_heading_findings(columns))
    if any(finding.rejects for finding in findings):
        return _table([], findings)
    named = {regions.name(code): code for code in counties if code in regions.table()}
    kept: dict[tuple[str, str, str], _Row] = {}
    for number, cells in rows:
        try:
            row = _read_row(number, {name: (cells.get(name) or "").strip() for name in COLUMNS}, counties, named)
            key = row.county, row.township, row.product.code
            if key in kept:
                raise _Rejected(Finding(number, "product", "row_duplicate", f"{kept[key].number}"))
        except _Rejected as rejected:
            findings.append(rejected.finding)
            continue
        kept[key] = row
        if not row.source:
            findings.append(Finding(number, "source", "source_missing", rejects=False))
    findings += [*_township_findings(kept), *_unused_findings(kept)]
    return _table([kept[key] for key in sorted(kept)], findings)


def missing_counties(table: StatisticsTable, *, counties: Collection[str]) -> list[Finding]:
    """Return a finding for each county with parcels and no statistics, and for each with statistics and no parcels."""
    stated = set(table.county.tolist())
    without = [
        Finding(0, "county", "county_without_statistics", code, False) for code in sorted(set(counties) - stated)
    ]
    idle = [Finding(0, "county", "statistics_without_parcels", code, False) for code in sorted(stated - set(counties))]
    return without + idle


def _township_findings(kept: Mapping[tuple[str, str, str], _Row]) -> Iterable[Finding]:
    """Name each county's row that its townships, where they are stated, do not add up to.

    Townships' totals of all products together are held against the county's products.
    """
    townships: dict[tuple[str, Product], list[_Row]] = {}
    for (county, township, _), row in kept.items():
        if township:
            townships.setdefault((county, row.product), []).append(row)
    for (county, product), rows in townships.items():
        for column in ("value_fen", "quantity") if product.role != "total" else ("value_fen",):
            parts = [getattr(row, column) for row in rows]
            whole = _whole(kept, county, product, column)
            if whole is not None and None not in parts and sum(parts) != whole[1]:
                yield Finding(whole[0], column, "township_sum", f"{sum(parts)}, {whole[1]}", rejects=False)


def _whole(
    kept: Mapping[tuple[str, str, str], _Row], county: str, product: Product, column: str
) -> tuple[int, int | Decimal] | None:
    """The row and the amount that townships should add up to, None where the county states none."""
    if product.role != "total":
        row = kept.get((county, "", product.code))
        stated = getattr(row, column) if row else None
        return None if row is None or stated is None else (row.number, stated)
    own = [
        row
        for (of_county, township, _), row in kept.items()
        if (of_county, township, row.product.indicator, row.product.role) == (county, "", product.indicator, "value")
    ]
    return (own[0].number, sum(row.value_fen or 0 for row in own)) if own else None


def _unused_findings(kept: Mapping[tuple[str, str, str], _Row]) -> Iterable[Finding]:
    """Name once each item that no indicator takes."""
    taken, told = inputs_taken(), set()
    for row in sorted(kept.values(), key=lambda row: row.number):
        code = row.product.code
        if row.product.role == "input" and code not in taken and code not in told:
            told.add(code)
            yield Finding(row.number, "product", "statistic_unused", code, rejects=False)


@cache
def inputs_taken() -> frozenset[str]:
    """Return the items without a value that any indicator takes, by one of its variants or as a county's figure."""
    listed = indicator_list().values()
    ways = [item for indicator in listed for way in indicator.variants.values() for item in way.statistics]
    return frozenset([*ways, *(item for indicator in listed for item in indicator.by_county)])


def _heading_findings(columns: Sequence[str]) -> Iterable[Finding]:
    for name in REQUIRED:
        if name not in columns:
            yield Finding(0, name, "column_missing")
    if "value_fen" not in columns and "unit_price_fen" not in columns:
        yield Finding(0, "value_fen", "column_missing")
    for name in columns:
        if name not in COLUMNS:
            yield Finding(0, name[:60], "column_unknown", rejects=False)


def _read_row(number: int, cells: Mapping[str, str], counties: Collection[str], named: Mapping[str, str]) -> _Row:
    for column in ("county", "product", "unit"):
        if not cells[column]:
            raise _Rejected(Finding(number, column, "cell_empty"))
    county = cells["county"] if cells["county"] in counties else named.get(cells["county"])
    if county is None:
        raise _Rejected(Finding(number, "county", "county_unknown", cells["county"][:60]))
    product = _product(cells["product"])
    if product is None:
        raise _Rejected(Finding(number, "product", "product_unknown", cells["product"][:60]))
    if product.role == "total" and not cells["township"]:
        raise _Rejected(Finding(number, "township", "total_of_county", product.code))
    if cells["township"] and product.unit in RATES:
        raise _Rejected(Finding(number, "township", "rate_of_township", product.code))
    unit, factor = written_units().get(cells["unit"], ("", Decimal(1)))
    if unit != product.unit:
        raise _Rejected(Finding(number, "unit", "unit_mismatch", f"{cells['unit'][:60]} ({product.unit})"))
    stated = _number(number, "quantity", cells["quantity"], largest=LARGEST_QUANTITY / factor, signed=product.signed)
    return _Row(
        number=number, county=county, township=cells["township"], product=product,
        quantity=None if stated is None else stated * factor,
        value_fen=_value(number, cells, product, stated), source=cells["source"],
    )  # fmt: skip


def _product(text: str) -> Product | None:
    found = catalogue().get(text)
    return found or next((product for product in catalogue().values() if product.zh == text), None)


def _value(number: int, cells: Mapping[str, str], product: Product, quantity: Decimal | None) -> int | None:
    """Return the value in whole fen; a price is for one of the unit as it is written in the row."""
    value = _number(number, "value_fen", cells["value_fen"], largest=Decimal(LARGEST_FEN))
    price = _number(number, "unit_price_fen", cells["unit_price_fen"], largest=Decimal(LARGEST_FEN))
    if product.role == "input":
        if value is not None or price is not None:
            raise _Rejected(Finding(number, "value_fen", "value_of_input", product.code))
        if quantity is None:
            raise _Rejected(Finding(number, "quantity", "cell_empty"))
        return None
    if value is None and price is None:
        raise _Rejected(Finding(number, "value_fen", "price_missing"))
    if value is not None and value != int(value):
        raise _Rejected(Finding(number, "value_fen", "value_not_whole", cells["value_fen"]))
    if price is None:
        return None if value is None else int(value)
    if quantity is None:
        raise _Rejected(Finding(number, "quantity", "quantity_missing"))
    worth = half_up(Fraction(quantity) * Fraction(price))
    if worth > LARGEST_FEN:
        raise _Rejected(Finding(number, "unit_price_fen", "number_too_large", str(worth)))
    if value is not None and int(value) != worth:
        raise _Rejected(Finding(number, "value_fen", "price_twice", f"{int(value)}, {worth}"))
    return worth


def _number(number: int, column: str, text: str, *, largest: Decimal, signed: bool = False) -> Decimal | None:
    """Return the number of a cell, None where it is empty. Thousands separators are taken, nothing else is guessed."""
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "")) if len(text) <= DIGITS else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or (value and value.adjusted() < -DIGITS):
        raise _Rejected(Finding(number, column, "number_unreadable", text[:60]))
    if value < 0 and not signed:
        raise _Rejected(Finding(number, column, "number_negative", text))
    if value.copy_abs() > largest:
        raise _Rejected(Finding(number, column, "number_too_large", text))
    return value or Decimal(0)  # a zero with an exponent of a thousand million would take as many digits elsewhere


def _table(rows: Sequence[_Row], findings: Iterable[Finding]) -> StatisticsTable:
    def texts(name: str) -> NDArray[np.str_]:
        return np.array([getattr(row, name) for row in rows], dtype=str)

    return StatisticsTable(
        row=np.array([row.number for row in rows], dtype=np.int64),
        county=texts("county"),
        township=texts("township"),
        product=np.array([row.product.code for row in rows], dtype=str),
        quantity=np.array([np.nan if row.quantity is None else float(row.quantity) for row in rows], dtype=np.float64),
        unit=np.array([row.product.unit for row in rows], dtype=str),
        value_fen=np.array([row.value_fen or 0 for row in rows], dtype=np.int64),
        has_value=np.array([row.value_fen is not None for row in rows], dtype=bool),
        source=texts("source"),
        findings=tuple(sorted(findings, key=lambda finding: finding.row)),
    )


@cache
def _reasons() -> dict[str, tuple[str, str]]:
    with Path(__file__).with_name("reasons.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["zh"], row["en"]) for row in csv.DictReader(file)}
