"""Sums of products as text, e.g. ``factor * quantity + grid * used_wh / share``, read and put into numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm

import numpy as np
from numpy.typing import NDArray

from greenpoints.quantification.acts import DERIVED
from greenpoints.quantification.dimensions import ONE, Unit

Ints = NDArray[np.int64]
_SAFE = 2**62


class BadFormula(ValueError):
    """A formula cannot be used; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One product: the names above and below the line."""

    over: tuple[str, ...]
    under: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " / ".join([" * ".join(self.over) or "1", *self.under])


@dataclass(frozen=True, slots=True)
class Product:
    """A term in numbers: ``coefficient`` base units for one of each of ``columns``."""

    coefficient: Fraction
    columns: tuple[str, ...]


@cache
def terms(text: str) -> tuple[Term, ...]:
    """Return the products of a sum, derived names written out."""
    return tuple(_term(part) for part in text.split("+")) if text.strip() else ()


def written(text: str) -> str:
    """Return the sum with derived names written out, so that it stands on its own."""
    return " + ".join(str(term) for term in terms(text))


def _term(text: str) -> Term:
    over: list[str] = []
    under: list[str] = []
    first, *divided = (part.strip() for part in text.split("/"))
    for position, part in enumerate([first, *divided]):
        for place, name in enumerate(name.strip() for name in part.split("*")):
            if not name.isidentifier():
                raise BadFormula(f"{name!r} in {text.strip()!r} is not a name")
            above = place > 0 or position == 0  # a / b * c: only b is below
            inner = _term(DERIVED[name]) if name in DERIVED else Term((name,))
            over += inner.over if above else inner.under
            under += inner.under if above else inner.over
    return Term(tuple(over), tuple(under))


def products(
    text: str, *, figures: Mapping[str, tuple[Fraction, Unit]], columns: Mapping[str, Unit]
) -> tuple[tuple[Product, ...], Unit]:
    """Return the sum in numbers with its unit; a name is a figure (value, unit) or a column counted in a unit.

    Raises BadFormula for an unknown name and for terms that cannot be added.
    """
    found, powers = [], None
    for term in terms(text):
        coefficient, unit, used = Fraction(1), ONE, []
        for name, power in [*((name, 1) for name in term.over), *((name, -1) for name in term.under)]:
            if name in columns and power == 1:
                used.append(name)
                unit = unit.times(columns[name])
            elif name in figures:
                value, of = figures[name]
                coefficient *= value**power
                unit = unit.times(of, power=power)
            else:
                raise BadFormula(f"{name!r} in {text!r} is neither a figure nor a measure that may stand there")
        if powers not in (None, unit.powers):
            raise BadFormula(f"the terms of {text!r} have different units")
        powers = unit.powers
        found.append(Product(coefficient * unit.scale, tuple(used)))
    return tuple(found), Unit(Fraction(1), powers or {})


def denominator(*sums: tuple[Product, ...]) -> int:
    """Return a number that makes every coefficient of the sums whole."""
    return lcm(*(product.coefficient.denominator for part in sums for product in part))


def total(part: tuple[Product, ...], columns: Mapping[str, Ints], *, times: int, size: int) -> NDArray:
    """Return ``times`` the sum for each row, exactly, shape (size,): int64 where it surely fits, else whole numbers."""
    exact = _bound(part, columns, times) >= _SAFE
    found: NDArray = np.zeros(size, object if exact else np.int64)
    for product in part:
        value: NDArray = np.full(size, int(product.coefficient * times), found.dtype)
        for name in product.columns:
            value = value * columns[name].astype(found.dtype)
        found = found + value
    return found


def _bound(part: tuple[Product, ...], columns: Mapping[str, Ints], times: int) -> int:
    """Return a number that no row's sum exceeds."""
    bound = 0
    for product in part:
        most = abs(int(product.coefficient * times))
        for name in product.columns:
            most *= int(columns[name].max(initial=0))
        bound += most
    return bound
