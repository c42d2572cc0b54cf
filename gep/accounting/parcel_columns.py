"""The parcels of an account as columns, with their areas grouped once for all sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gep.accounting.grouping import AreaGroups


@dataclass(frozen=True)
class ParcelColumns:
    """The parcels of an account as columns, in the order in which their blocks came."""

    codes: NDArray[np.str_]
    areas: Mapping[str, NDArray[np.str_]]
    ecosystem: NDArray[np.str_]  # the class that covers most of each parcel, "" where unknown
    area_m2: NDArray[np.float64]  # surveyed where stated and of the outline, else of the outline
    geometric_area_m2: NDArray[np.float64]
    area_factor: NDArray[np.float64]  # surveyed over drawn area, NaN where no area was surveyed
    inside_share: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def by_code(self) -> NDArray[np.intp]:
        """The rows in the order of the codes, in which sums are added: the same whatever the order of the parcels."""
        return np.argsort(self.codes, kind="stable")

    def grouped(self, level: str) -> AreaGroups:
        """Return the areas of a level, and that of each parcel."""
        if level not in self._grouped:
            self._grouped[level] = AreaGroups.of(self.areas[level])
        return self._grouped[level]

    @cached_property
    def _grouped(self) -> dict[str, AreaGroups]:
        return {}
