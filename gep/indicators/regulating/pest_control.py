"""Pest control 病虫害控制 (R10): what natural woods and grass do not need in treatment."""

import numpy as np
from numpy.typing import NDArray

from core.units import M2_PER_HA


def self_healed_m2(
    area_m2: NDArray, *, planted_share: NDArray | float, natural_share: NDArray | float
) -> NDArray[np.float64]:
    """Return the area that falls ill in planted stands and not in natural ones: A·(rate planted - rate natural)."""
    return area_m2 * (planted_share - natural_share)


def value_yuan(area_m2: NDArray, *, treatment_yuan_per_ha: NDArray | float) -> NDArray[np.float64]:
    """Return the treatment that the area saves. The whole natural area may stand for the self-healed one (Garzê)."""
    return area_m2 / M2_PER_HA * treatment_yuan_per_ha
