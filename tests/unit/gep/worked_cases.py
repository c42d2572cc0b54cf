"""What the worked cases share: a value in yuan, rounded to whole fen as an account rounds it."""

from decimal import Decimal

import numpy as np

from gep import valuation


def yuan(quantity: float, price: str) -> float:
    """The value of a quantity at a price."""
    return float(valuation.value_fen(np.array([quantity]), yuan_per_unit=Decimal(price))[0]) / 100
