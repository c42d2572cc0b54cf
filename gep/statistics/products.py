"""The products and inputs that statistics state, as data: unit, indicator, and the land that a product goes to."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from core.coefficients import TAGS, known_sources
from gep import ecosystems

HERE = Path(__file__).parent
Role = Literal["value", "input", "external", "total", "official"]


class BadCatalogue(ValueError):
    """A row of the platform's own tables of products that cannot be used; the text names file, row and reason."""


@dataclass(frozen=True, slots=True)
class WeightRule:
    """What land weighs for a product: its area, or area times the mean of ``layer``, where the land is of a kind.

    The survey's codes ``land_use`` tell the kind where parcels carry them; ``classes`` where they do not, or where no
    survey code is named. ``source`` and ``tag`` as of a coefficient.
    """

    land_use: tuple[str, ...]
    classes: tuple[str, ...]
    layer: str
    source: str
    tag: str
    note: str


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``role`` is ``value`` where its value counts, ``input`` where it only feeds an indicator's formula,
    ``external`` where it comes from outside and is taken off the indicator's value, ``total`` where it is what a
    township states of all products of the indicator together, ``official`` where it is the official value of a modelled
    indicator, to be held beside the model's.
    ``signed`` tells whether its quantity may be negative, as a change may.

    ``rules`` in order of preference: the first counts whose layer is there and whose land a county has.
    """

    code: str
    indicator: str
    role: Role
    unit: str
    signed: bool
    zh: str
    en: str
    rules: tuple[WeightRule, ...]


@cache
def catalogue() -> dict[str, Product]:
    """Return every product by code. Raises BadCatalogue."""
    rules: dict[str, list[WeightRule]] = {}
    for row in _rows("product_weights.csv"):
        own = rules.setdefault(row["product"], [])
        _check_rule(row, place=len(own) + 1)
        own.append(
            WeightRule(
                land_use=tuple(row["land_use"].split()),
                classes=tuple(row["classes"].split()),
                layer=row["layer"],
                source=row["source"],
                tag=row["tag"],
                note=row["note"],
            )
        )
    products = {}
    for row in _rows("products.csv"):
        own = rules.pop(row["product"], [])
        if row["role"] not in get_args(Role) or bool(own) != (row["role"] == "value") or row["product"] in products:
            raise BadCatalogue(f"products.csv, {row['product']}: twice, or with rules that do not fit its role")
        products[row["product"]] = Product(
            code=row["product"],
            indicator=row["indicator"],
            role=cast(Role, row["role"]),
            unit=row["unit"],
            signed=row["signed"] == "yes",
            zh=row["zh"],
            en=row["en"],
            rules=tuple(own),
        )
    if rules:
        raise BadCatalogue(f"product_weights.csv: {', '.join(rules)} are no products")
    return products


@cache
def written_units() -> dict[str, tuple[str, Decimal]]:
    """Return for each way to write a unit the unit that it means and how many of that one are in it."""
    return {row["written"]: (row["unit"], Decimal(row["factor"])) for row in _rows("units.csv")}


def _check_rule(row: dict[str, str], *, place: int) -> None:
    where = f"product_weights.csv, {row['product']}, {row['order']}"
    if row["order"] != str(place):
        raise BadCatalogue(f"{where}: the rules of a product are numbered from 1")
    if not row["classes"] or set(row["classes"].split()) - set(ecosystems.BY_CODE):
        raise BadCatalogue(f"{where}: classes {row['classes']!r} are not classes")
    if row["tag"] not in TAGS or row["source"] not in known_sources():
        raise BadCatalogue(f"{where}: the tag or the source is not known")


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
