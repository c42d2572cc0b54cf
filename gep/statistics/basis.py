"""Values by another basis than gross output: net output, value added or rent. gep.md 1.3, `valuation_basis`."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.rounding import half_up

GROSS = "gross"
RATIOS = "valuation_ratios"  # the table of what share of the gross output a basis counts, by <basis>.<indicator>


def valued(gross_fen: NDArray[np.int64], *, ratio: Decimal) -> NDArray[np.int64]:
    """Return values by a basis, each of a county and product rounded once, half up; shapes as given."""
    return np.array([half_up(Fraction(fen) * Fraction(ratio)) for fen in gross_fen.tolist()], dtype=np.int64)
