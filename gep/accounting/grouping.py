"""Names of areas as places among the distinct ones: neighbours mostly share theirs, so runs are sorted, not rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AreaGroups:
    """The distinct names in their order, and the place of each row's name among them, int64, shape (rows,)."""

    names: NDArray[np.str_]
    place: NDArray[np.int64]

    @classmethod
    def of(cls, names: NDArray[np.str_]) -> "AreaGroups":
        """Group rows by name, as ``numpy.unique`` does."""
        if not len(names):
            return cls(np.asarray(names), np.zeros(0, dtype=np.int64))
        starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
        distinct, place = np.unique(names[starts], return_inverse=True)
        return cls(distinct, np.repeat(place.astype(np.int64), np.diff(np.append(starts, len(names)))))

    def starts(self, order: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return where each group starts among rows that ``order`` brings group by group."""
        return np.searchsorted(self.place[order], np.arange(len(self.names)))

    def ordered(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return ``rows`` group by group, each group's in the order given."""
        place = self.place[rows]
        small = place.astype(np.uint16) if len(self.names) < 2**16 else place  # sixteen bits are sorted by counting
        return rows[np.argsort(small, kind="stable")]
