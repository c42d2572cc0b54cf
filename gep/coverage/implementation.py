"""Which of the two equal implementations runs: the compiled kernel, or the reference in plain numpy.

Both give the same bits. The kernel is taken where numba is installed, unless the environment says
``GEP_COVERAGE_KERNEL=numpy`` (to look for an error, or on a platform where the compiler fails).
"""

import os
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gep.coverage import reference
from gep.coverage.grid import Grid
from gep.coverage.outlines import Outlines
from gep.coverage.reference import Shares, Sums


class Implementation(Protocol):
    """What the kernel and the reference both offer; arrays as ``gep.coverage`` documents them."""

    def outlines_from_wkb(self, buffer: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Outlines:
        """Return the rings."""
        ...

    def scan(self, outlines: Outlines, *, grid: Grid, first_row: int, past_row: int) -> Shares:
        """Return parcel, cell and share of every covered cell of the rows, and the area of every parcel."""
        ...

    def add_up(self, unit: NDArray[np.int64], share: NDArray[np.float64], values: NDArray, *, units: int) -> Sums:
        """Return the sums of value * share and of share at each unit, missing values skipped."""
        ...

    def add_up_cells(
        self,
        unit: NDArray[np.int64],
        share: NDArray[np.float64],
        place: NDArray[np.int64],
        layer: NDArray,
        *,
        units: int,
    ) -> Sums:
        """Do what ``add_up`` does for the values that the flat ``layer`` holds at ``place``."""
        ...


def chosen() -> Implementation:
    """Return the implementation that this process uses; the first call of the kernel loads or compiles it."""
    if os.environ.get("GEP_COVERAGE_KERNEL") == "numpy":
        return cast(Implementation, reference)
    try:
        from gep.coverage import kernel
    except ImportError:
        return cast(Implementation, reference)
    return cast(Implementation, kernel)
