"""The value of ecological products of a project unit (特定地域单元生态产品价值, VEP): an account of its own.

By income: the net income of marketable products over the concession, each year's discounted from its end. By
comparables: adjusted unit prices of like units. Regulating services enter only where someone pays. gep.md 6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from core.rounding import half_up
from gep.allocation import split_signed
from gep.uses.own_accounts import OwnAccountValue

REGULATING = "regulating"
FEWEST_COMPARABLES = 3


class NobodyPays(ValueError):
    """A regulating service was to be counted, and nobody pays for it; the text names it."""


class UnitRefused(ValueError):
    """A unit without income, years or comparables enough, or with a rate that is none; the text says which."""


@dataclass(frozen=True, slots=True)
class MarketableProduct:
    """A product of the unit: its group, the net income of each year of the concession in fen, and who pays for it."""

    name: str
    group: str
    net_income_fen: tuple[int, ...]
    payer: str


@dataclass(frozen=True)
class VepValue(OwnAccountValue):
    """The value of a project unit; ``by_product_fen`` adds up to it."""

    approach: str = ""
    by_product_fen: Mapping[str, int] = field(default_factory=dict)


def by_income(unit: str, products: Sequence[MarketableProduct], *, discount_rate: Decimal) -> VepValue:
    """Return the present value of the products' net income, losses included; rounded once, split exactly.

    Raises NobodyPays, UnitRefused.
    """
    if not products or not any(product.net_income_fen for product in products):
        raise UnitRefused(f"{unit}: no product has an income")
    if len({product.name for product in products}) < len(products):
        raise UnitRefused(f"{unit}: a product is named twice")
    if not Decimal(0) <= discount_rate < 1:
        raise UnitRefused(f"{unit}: a discount rate of {discount_rate} a year is none")
    unpaid = [product.name for product in products if product.group == REGULATING and not product.payer]
    if unpaid:
        raise NobodyPays(f"{unit}: nobody pays for {', '.join(unpaid)}")
    growth = 1 + Fraction(discount_rate)
    worth = [
        sum((Fraction(fen) / growth**year for year, fen in enumerate(product.net_income_fen, start=1)), Fraction(0))
        for product in products
    ]
    total = half_up(sum(worth, Fraction(0)))
    parts = split_signed(total, worth).tolist()
    return VepValue(unit, total, "income", {product.name: part for product, part in zip(products, parts, strict=True)})


@dataclass(frozen=True, slots=True)
class Comparable:
    """A like unit that changed hands: its price in yuan per unit of size, and factors that make it like this one."""

    name: str
    yuan_per_unit: Decimal
    factors: Mapping[str, Decimal]

    def adjusted(self) -> Fraction:
        """Return the price as it would be for the unit."""
        price = Fraction(self.yuan_per_unit)
        for factor in self.factors.values():
            price *= Fraction(factor)
        return price


def by_comparables(unit: str, comparables: Sequence[Comparable], *, size: Decimal) -> VepValue:
    """Return the mean adjusted price of three comparables at least, times the size of the unit. Raises UnitRefused."""
    if len(comparables) < FEWEST_COMPARABLES:
        raise UnitRefused(f"{unit}: {len(comparables)} comparables, {FEWEST_COMPARABLES} are needed")
    wrong = [one.name for one in comparables if one.adjusted() <= 0]
    if wrong or size <= 0:
        raise UnitRefused(f"{unit}: a price or size that is not above 0: {', '.join(wrong) or size}")
    mean = sum((one.adjusted() for one in comparables), Fraction(0)) / len(comparables)
    return VepValue(unit, half_up(mean * Fraction(size) * 100), "comparables")
