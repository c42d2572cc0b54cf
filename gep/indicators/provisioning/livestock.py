"""Livestock products 畜产品 (P3): a county's output, of which local land fed a share."""

import numpy as np
from numpy.typing import NDArray

from gep.indicators.provisioning.produce import value_yuan

__all__ = ["fed_by_land", "value_yuan"]


def fed_by_land(quantity: NDArray, *, local_feed_share: NDArray | float) -> NDArray[np.float64]:
    """Return the output that local land fed; bought feed is a product of other land. Used under resource rent only."""
    return quantity * local_feed_share
