"""A project unit described by a UNIT.toml, and what it is worth (VEP); what it does not know is refused by name.

Every figure in it is the project's own and names its source. docs/methods/vep.md. No database.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from gep.allocation import split_signed
from gep.files import sha256
from gep.uses.vep import Comparable, MarketableProduct, VepValue, by_comparables, by_income

TABLES = {"unit", "products", "comparables"}
UNIT_KEYS = {"name", "place", "first_year", "discount_rate", "size", "size_unit", "stated_by", "synthetic"}
PRODUCT_KEYS = {"name", "group", "net_income_fen", "payer", "source"}
COMPARABLE_KEYS = {"name", "yuan_per_unit", "factors", "source"}
GROUPS = ("provisioning", "regulating", "cultural")
LONGEST = 100  # years of a concession
LARGEST_FEN = 2**53


class UnitFileRefused(ValueError):
    """A key that is missing, not known, or holds what it cannot; the text names it."""


@dataclass(frozen=True)
class ProjectUnit:
    """What a UNIT.toml says. ``sources`` by name of the product or comparable; ``years`` of the concession."""

    name: str
    place: str
    first_year: int
    stated_by: str
    synthetic: bool
    sha256: str
    discount_rate: Decimal
    products: tuple[MarketableProduct, ...]
    size: Decimal
    size_unit: str
    comparables: tuple[Comparable, ...]
    sources: Mapping[str, str]

    @property
    def years(self) -> int:
        """The length of the longest row of incomes."""
        return max((len(product.net_income_fen) for product in self.products), default=0)


@dataclass(frozen=True)
class UnitValue:
    """A unit with its value by each approach that its file allows, None where it states nothing for one.

    ``present_fen`` splits each product's value among its years, exactly.
    """

    unit: ProjectUnit
    income: VepValue | None
    comparables: VepValue | None
    present_fen: Mapping[str, tuple[int, ...]]


def describe(path: Path) -> ProjectUnit:
    """Return what a UNIT.toml says. Raises UnitFileRefused."""
    path = Path(path)
    if not path.is_file():
        raise UnitFileRefused(f"{path.name}: there is no such file")
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnitFileRefused(f"{path.name}: {error}") from None
    _only(stated, TABLES, "")
    unit = _table(stated, "unit")
    _only(unit, UNIT_KEYS, "unit.")
    products = [_product(row, f"products[{i}]") for i, row in enumerate(_rows(stated, "products"))]
    likes = [_comparable(row, f"comparables[{i}]") for i, row in enumerate(_rows(stated, "comparables"))]
    return ProjectUnit(
        name=_text(unit, "unit.name"),
        place=_text(unit, "unit.place"),
        first_year=_whole(unit, "unit.first_year", least=1949, most=2200),
        stated_by=_text(unit, "unit.stated_by"),
        synthetic=_flag(unit, "unit.synthetic"),
        sha256=sha256(path),
        discount_rate=_decimal(unit, "unit.discount_rate") if products else Decimal(0),
        products=tuple(product for product, _ in products),
        size=_decimal(unit, "unit.size") if likes else Decimal(0),
        size_unit=_text(unit, "unit.size_unit") if likes else "",
        comparables=tuple(like for like, _ in likes),
        sources={product.name: source for product, source in products} | {like.name: source for like, source in likes},
    )


def value(unit: ProjectUnit) -> UnitValue:
    """Return what a unit is worth. Raises UnitFileRefused where it states neither; NobodyPays, UnitRefused."""
    if not unit.products and not unit.comparables:
        raise UnitFileRefused("there are neither [[products]] nor [[comparables]]")
    income = by_income(unit.name, unit.products, discount_rate=unit.discount_rate) if unit.products else None
    likes = by_comparables(unit.name, unit.comparables, size=unit.size) if unit.comparables else None
    present = {product.name: _by_year(product, income, unit.discount_rate) for product in unit.products if income}
    return UnitValue(unit, income, likes, present)


def _by_year(product: MarketableProduct, income: VepValue, discount_rate: Decimal) -> tuple[int, ...]:
    growth = 1 + Fraction(discount_rate)
    worth = [Fraction(fen) / growth**year for year, fen in enumerate(product.net_income_fen, start=1)]
    if not any(worth):
        return (0,) * len(worth)
    return tuple(split_signed(income.by_product_fen[product.name], worth).tolist())


def _product(row: Mapping[str, Any], where: str) -> tuple[MarketableProduct, str]:
    _only(row, PRODUCT_KEYS, f"{where}.")
    group = _text(row, f"{where}.group")
    if group not in GROUPS:
        raise UnitFileRefused(f"{where}.group is one of {', '.join(GROUPS)}, not {group[:40]!r}")
    fen = row.get("net_income_fen")
    whole = isinstance(fen, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in fen)
    if not whole or not 0 < len(fen or ()) <= LONGEST or any(abs(one) > LARGEST_FEN for one in fen or ()):
        raise UnitFileRefused(f"{where}.net_income_fen is a list of whole fen, one for each of 1 to {LONGEST} years")
    payer = _text(row, f"{where}.payer") if "payer" in row else ""
    product = MarketableProduct(_text(row, f"{where}.name"), group, tuple(fen or ()), payer)
    return product, _text(row, f"{where}.source")


def _comparable(row: Mapping[str, Any], where: str) -> tuple[Comparable, str]:
    _only(row, COMPARABLE_KEYS, f"{where}.")
    factors = row.get("factors", {})
    if not isinstance(factors, dict):
        raise UnitFileRefused(f"{where}.factors must be a table of numbers as text")
    adjusted = {str(name): _decimal(factors, f"{where}.factors.{name}") for name in factors}
    found = Comparable(_text(row, f"{where}.name"), _decimal(row, f"{where}.yuan_per_unit"), adjusted)
    return found, _text(row, f"{where}.source")


def _only(stated: Mapping[str, Any], known: set[str], before: str) -> None:
    unknown = sorted(f"{before}{key}" for key in stated if key not in known)
    if unknown:
        raise UnitFileRefused(f"keys that are not known: {', '.join(unknown)}")


def _table(stated: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = stated.get(name)
    if not isinstance(found, dict):
        raise UnitFileRefused(f"the table [{name}] is missing or not a table")
    return found


def _rows(stated: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = stated.get(name, [])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UnitFileRefused(f"{name} must be tables, each under [[{name}]]")
    return found


def _text(table: Mapping[str, Any], where: str) -> str:
    found = table.get(where.rpartition(".")[2])
    if not isinstance(found, str) or not found.strip():
        raise UnitFileRefused(f"{where} is missing or not a text")
    return found.strip()


def _flag(table: Mapping[str, Any], where: str) -> bool:
    found = table.get(where.rpartition(".")[2], False)
    if not isinstance(found, bool):
        raise UnitFileRefused(f"{where} is true or false")
    return found


def _whole(table: Mapping[str, Any], where: str, *, least: int, most: int) -> int:
    found = table.get(where.rpartition(".")[2])
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise UnitFileRefused(f"{where} is missing or no whole number from {least} to {most}")
    return found


def _decimal(table: Mapping[str, Any], where: str) -> Decimal:
    """An exact number, stated as text: a float of TOML has lost its digits already."""
    found = table.get(where.rpartition(".")[2])
    try:
        number = Decimal(found) if isinstance(found, str) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) > LARGEST_FEN:
        raise UnitFileRefused(f'{where} is missing or no number as text, such as "0.05"')
    return number
