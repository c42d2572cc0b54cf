"""Coastal protection 海岸带防护 (R11): shores that plants protect, by the works that they stand in for.

No profile has it on: Fuzhou lies inland.
"""

import numpy as np
from numpy.typing import NDArray


def value_yuan(shore_m: NDArray, *, works_yuan_per_m: NDArray | float) -> NDArray[np.float64]:
    """Return length of protected shore · what a metre of works costs in a year."""
    return shore_m * works_yuan_per_m
