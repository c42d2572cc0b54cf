"""Areas as whole square millimetres, so that sums of them are exact: a city of 20,000 km² is 2·10^16 of them."""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.rounding import half_up

MM2_PER_M2 = 1_000_000
MM2_PER_HA = 10_000 * MM2_PER_M2
LARGEST_M2 = 2**62 // MM2_PER_M2


class AreaRefused(ValueError):
    """An area that is missing, negative or too large; the text names the first."""


def whole_mm2(area_m2: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return areas in whole mm², each rounded once, half up; the shape stays. Raises AreaRefused."""
    area = np.asarray(area_m2, dtype=np.float64)
    wrong = ~((area >= 0) & (area < LARGEST_M2))  # NaN compares false, and is wrong
    if wrong.any():
        raise AreaRefused(f"area {area[wrong].flat[0]} m² at place {int(np.flatnonzero(wrong.ravel())[0])}")
    whole = np.floor(area)  # what follows the point is scaled alone: area × 10^6 would round a second time
    return whole.astype(np.int64) * MM2_PER_M2 + np.floor((area - whole) * MM2_PER_M2 + 0.5).astype(np.int64)


def mm2_of_hectares(text: str | Decimal) -> int:
    """Return the whole mm² of an area that a table prints in hectares."""
    return half_up(Decimal(text) * MM2_PER_HA)
