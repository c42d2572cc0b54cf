"""Values at constant prices by dated index numbers. gep.md 5.3."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from core import regions
from core.coefficients import CoefficientTable, load

TABLE = Path(__file__).parents[1] / "coefficients" / "price_indices.csv"


class IndicesDiffer(ValueError):
    """Two index numbers have different bases, so that their ratio means nothing."""


def ratio(
    index: str, *, to_year: int, from_year: int, region: str = regions.NATION, table: CoefficientTable | None = None
) -> Fraction:
    """Return what one yuan of ``from_year`` is in yuan of ``to_year``, exactly.

    Raises CoefficientMissing where a year has no sourced index number, IndicesDiffer where their bases differ.
    """
    rows, chain = table or load(TABLE), regions.chain(region)
    later = rows.at(index, regions=chain, on=date(to_year, 12, 31))
    earlier = rows.at(index, regions=chain, on=date(from_year, 12, 31))
    if (later.per, later.region) != (earlier.per, earlier.region):
        raise IndicesDiffer(f"{index}: {from_year} is per {earlier.per}, {to_year} per {later.per}")
    return Fraction(later.value) / Fraction(earlier.value)


def at_constant_prices(
    yuan: Decimal, *, index: str, from_year: int, to_year: int, region: str = regions.NATION
) -> Fraction:
    """Return a price of ``from_year`` in prices of ``to_year``; a price of that year already needs no index."""
    if from_year == to_year:
        return Fraction(yuan)
    return Fraction(yuan) * ratio(index, to_year=to_year, from_year=from_year, region=region)
