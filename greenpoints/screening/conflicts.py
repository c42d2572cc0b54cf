"""Of events that cannot all count, which stand: the first in rank, then each that meets nothing that stands."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def overlapping_pairs(group: Ints, start: Ints, end: Ints, *, gap: int = 0) -> tuple[Ints, Ints]:
    """Return the pairs of one group whose closed intervals meet, or lie at most ``gap`` apart; each pair once."""
    none = np.zeros(0, np.int64)
    if len(group) < 2:
        return none, none
    number = np.unique(group, return_inverse=True)[1].astype(np.int64)
    sequence = np.lexsort((start, number))
    # One number line for all groups: each group lies beyond the reach of the one before it.
    low = int(start.min())
    span = int(end.max()) - low + gap + 1
    lift = number[sequence] * span - low
    begins, ends = start[sequence] + lift, end[sequence] + lift
    reach = np.searchsorted(begins, ends + gap, side="right") - np.arange(len(group)) - 1
    reach = np.maximum(reach, 0)
    left = np.repeat(np.arange(len(group)), reach)
    step = np.arange(len(left)) - np.repeat(np.cumsum(reach) - reach, reach)
    return sequence[left], sequence[left + step + 1]


def giving_way(one: Ints, other: Ints, *, rank: Ints) -> Mask:
    """Tell which events give way, shape of ``rank``; ``one`` and ``other`` are the pairs that exclude each other.

    An event stands unless one that outranks it (lower ``rank``) and excludes it stands. The answer depends on the set
    of events alone, not on their order.
    """
    first_better = rank[one] < rank[other]
    better, worse = np.where(first_better, one, other), np.where(first_better, other, one)
    out = np.zeros(len(rank), bool)
    settled = np.zeros(len(rank), bool)
    while len(better):
        waits = np.zeros(len(rank), bool)
        waits[worse] = True
        stands = better[~waits[better]]
        settled[stands] = True
        out[worse[settled[better]]] = True
        left = ~(out[better] | out[worse] | settled[worse])
        better, worse = better[left & ~settled[better]], worse[left & ~settled[better]]
    return out


def running_total(group: Ints, values: Ints) -> Ints:
    """Return the total so far within each group, the event itself included; ``group`` is sorted."""
    if not len(group):
        return np.zeros(0, np.int64)
    total = np.cumsum(values)
    first = np.concatenate([[True], group[1:] != group[:-1]])
    return total - (total - values)[first][np.cumsum(first) - 1]


def group_numbers(*columns: Ints) -> Ints:
    """Return numbers that rise wherever one of the sorted ``columns`` changes."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    changes = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changes |= column[1:] != column[:-1]
    return np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)
