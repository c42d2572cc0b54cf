"""Local leisure 休闲游憩 (C2): residents' visits to the green near them."""

import numpy as np
from numpy.typing import NDArray


def value_yuan(
    residents: NDArray,
    *,
    visits_per_resident: NDArray | float,
    travel_yuan: NDArray | float,
    time_yuan: NDArray | float,
) -> NDArray[np.float64]:
    """Return population of a zone · visits in a year · (way + time) of one visit."""
    return residents * visits_per_resident * (travel_yuan + time_yuan)
