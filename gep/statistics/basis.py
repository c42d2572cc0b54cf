"""What share of a product's gross output counts: gross, net, value added or rent. gep.md 1.3, `valuation_basis`."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.coefficients import Coefficient, CoefficientMissing, CoefficientTable, load
from core.rounding import half_up

BASES = ("gross", "net", "value_added", "rent")
TABLE = Path(__file__).parents[1] / "coefficients" / "valuation_ratios.csv"


class RatioMissing(LookupError):
    """No sourced ratio says what share of the gross output a basis counts; the text names basis, indicator and year."""


def ratio(basis: str, *, indicator: str, region: str, year: int, table: CoefficientTable | None = None) -> Coefficient:
    """Return the share of gross output that ``basis`` counts for an indicator's products. Raises RatioMissing."""
    rows = table or load(TABLE)
    try:
        return rows.at(f"{basis}.{indicator}", regions=regions.chain(region), on=date(year, 12, 31))
    except CoefficientMissing:
        told = f"no ratio of {basis} to gross output of {indicator} in {region} for {year}"
        raise RatioMissing(f'{told}; with the switch valuation_basis = "gross" none is needed') from None


def valued(gross_fen: NDArray[np.int64], *, ratio: Decimal) -> NDArray[np.int64]:
    """Return values by a basis, each of a county and product rounded once, half up; shapes as given."""
    return np.array([half_up(Fraction(fen) * Fraction(ratio)) for fen in gross_fen.tolist()], dtype=np.int64)
