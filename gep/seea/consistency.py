"""Printed figures held against each other: shares against their base, an abstract against its own text. gep.md 8.

A printed figure stands for all numbers that are printed like it, so 42.4 % is anything from 42.35 to 42.45 %.
"""

from collections.abc import Mapping
from decimal import Decimal


class ShareBaseDiffers(ValueError):
    """A share was taken of another total than the one that is stated; the text names the total that it fits."""


class FiguresDisagree(ValueError):
    """A figure is printed in two places and is not the same; the text names the place that does not fit."""


def share(part: str | Decimal, *, of: str | Decimal) -> Decimal:
    """Return a part as a share of a total, 0 to 1."""
    return Decimal(part) / Decimal(of)


def rest(total: str | Decimal, *, without: str | Decimal) -> Decimal:
    """Return what is left of a total without a part, in the digits that are printed."""
    return Decimal(total) - Decimal(without)


def check_shares(total: str, *, parts: Mapping[str, tuple[str, str]]) -> None:
    """Check that printed parts are the printed percentages of ``total``; ``parts`` by name: value, percent.

    Raises ShareBaseDiffers for the first part whose percentage fits another total.
    """
    stated = Decimal(total)
    for name, (value, percent) in parts.items():
        low = _lowest(value) / _highest(percent) * 100
        high = _highest(value) / _lowest(percent) * 100
        if not low - _half(total) <= stated <= high + _half(total):
            raise ShareBaseDiffers(f"{name}: {value} is {percent} % of {low:.2f} to {high:.2f}, not of {total}")


def check_agreement(computed: Decimal, *, printed: Mapping[str, str]) -> None:
    """Check that a figure is what it is in every place where it is printed, to one unit of the last digit.

    Raises FiguresDisagree for the first place that prints another figure.
    """
    for place, text in printed.items():
        if abs(Decimal(text) - computed) >= 2 * _half(text):
            raise FiguresDisagree(f"the {place} prints {text}, the figures make {computed:.2f}")


def _half(text: str) -> Decimal:
    """Half a unit of the last printed digit."""
    return Decimal((0, (5,), Decimal(text).as_tuple().exponent - 1))  # type: ignore[operator]


def _lowest(text: str) -> Decimal:
    return Decimal(text) - _half(text)


def _highest(text: str) -> Decimal:
    return Decimal(text) + _half(text)
