"""The value of produce 物质产品: quantity, price and the share of it that the ecosystem gives."""

import numpy as np
from numpy.typing import NDArray


def value_yuan(
    quantity: NDArray, *, price_yuan: NDArray | float, basis_share: NDArray | float = 1.0
) -> NDArray[np.float64]:
    """Return V = Q·p·s, yuan.

    ``basis_share`` is what the valuation basis counts of the gross output, 0 to 1: 1 for ``gross``, the ratio of net
    output, value added or resource rent to it else.
    """
    return quantity * price_yuan * basis_share


def composed_price_yuan(shares: NDArray, *, prices_yuan: NDArray) -> float:
    """Return the price of a harvest that goes to several uses: the uses' prices by the shares of it, both (uses,)."""
    return float(np.sum(shares * prices_yuan))
