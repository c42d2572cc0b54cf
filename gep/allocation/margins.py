"""Totals known in two ways at once, such as each crop of a county and each township: both hold to the fen.

The weights are scaled by rows and columns in turn until both margins hold to 1e-12 (iterative proportional fitting,
Deming and Stephan 1940). Each cell is then rounded down or up so that every margin holds exactly: a flow of whole fen
from rows to columns, along paths of least squared deviation from the fitted table (successive shortest paths). Such a
rounding exists for every table of two margins, because a flow whose bounds are whole has a whole solution; for three
margins that cross it need not exist, and none is promised here.
"""

import numpy as np
from numpy.typing import NDArray

from gep.allocation.largest_remainder import AllocatedMany, allocate_many

TOLERANCE = 1e-12
ROUNDS = 20_000
OUT_OF_BOUNDS = 1e6  # cost of leaving the fitted table by more than one fen; only errors of floats ever ask for it
NEGLIGIBLE = 1e-8  # costs that are this close count as equal


class MarginsDisagree(ValueError):
    """Rows and columns have different grand totals, or one is negative; the text names the sums."""


class MarginsUnreachable(ValueError):
    """No table with these weights has these margins: too few cells have a weight. The text names a margin."""


class MarginsDoNotConverge(ValueError):
    """The margins force a cell with a weight to zero; the text names the margin that is off most."""


def fit_margins(
    row_totals_fen: NDArray[np.int64], column_totals_fen: NDArray[np.int64], *, weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return whole fen, shape (rows, columns), near the proportions of ``weights`` and with exactly these margins.

    Every cell is the fitted table's, rounded down or up; a cell without weight stays 0. The order of rows and columns
    must be fixed by the caller (sorted codes): ties go to the first. Raises MarginsDisagree, MarginsUnreachable,
    MarginsDoNotConverge.
    """
    rows, columns = np.asarray(row_totals_fen, dtype=np.int64), np.asarray(column_totals_fen, dtype=np.int64)
    _refuse_inconsistent(rows, columns, np.asarray(weights, dtype=np.float64))
    _refuse_unreachable(rows, columns, np.asarray(weights) > 0)
    fitted = _fit(rows, columns, np.asarray(weights, dtype=np.float64))
    return _Rounding(rows, columns, fitted).whole()


def allocate_with_margins(
    product_totals_fen: NDArray[np.int64],
    township_totals_fen: NDArray[np.int64],
    *,
    township_of_parcel: NDArray[np.integer],
    weights: NDArray[np.float64],
    codes: NDArray[np.str_],
) -> AllocatedMany:
    """Share a county's products out to parcels so that products and townships both add up exactly.

    Shapes: (products,), (townships,), (parcels,), (products, parcels), (parcels,). Proportional fitting scales a
    parcel only by its product and its township, so the table of product and township is fitted with the parcels'
    summed weights, and each of its cells is then shared out by the parcels' own weights.
    """
    weights = np.asarray(weights, dtype=np.float64)
    townships = len(township_totals_fen)
    inside = np.asarray(township_of_parcel) >= 0
    place = np.asarray(township_of_parcel)[inside]
    summed = np.array([_sums(row[inside], place, townships) for row in weights])
    table = fit_margins(product_totals_fen, township_totals_fen, weights=summed)
    return allocate_many(table, county_of_parcel=township_of_parcel, weights=weights, codes=codes)


def _sums(weights: NDArray[np.float64], place: NDArray[np.integer], count: int) -> NDArray[np.float64]:
    """Return sums by place, of sorted weights: the order of the parcels changes no bit."""
    order = np.lexsort((weights, place))
    return np.bincount(place[order], weights=weights[order], minlength=count).astype(np.float64)


def _refuse_inconsistent(rows: NDArray[np.int64], columns: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
    if weights.shape != (len(rows), len(columns)) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("weights must be numbers from 0 on, one for each row and column")
    if min(rows.min(initial=0), columns.min(initial=0)) < 0:
        raise MarginsDisagree("a margin is negative")
    by_rows, by_columns = sum(rows.tolist()), sum(columns.tolist())
    if by_rows != by_columns:
        raise MarginsDisagree(f"the rows add up to {by_rows} fen, the columns to {by_columns} fen")
    for kind, totals, own in (("row", rows, weights.sum(axis=1)), ("column", columns, weights.sum(axis=0))):
        for place in np.flatnonzero((totals > 0) & (own == 0))[:1]:
            raise MarginsUnreachable(f"{kind} {place} has {totals[place]} fen and no cell with a weight")


def _fit(rows: NDArray[np.int64], columns: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale weights to the margins; every margin holds to TOLERANCE of itself."""
    wanted_rows, wanted_columns = rows.astype(np.float64), columns.astype(np.float64)
    table = weights * (rows > 0)[:, None] * (columns > 0)[None, :]
    for _ in range(ROUNDS):
        table *= _ratio(wanted_rows, table.sum(axis=1))[:, None]
        off = np.abs(table.sum(axis=0) - wanted_columns) / np.maximum(wanted_columns, 1)
        if off.max(initial=0) <= TOLERANCE:
            return table
        table *= _ratio(wanted_columns, table.sum(axis=0))[None, :]
    worst = int(off.argmax())
    raise MarginsDoNotConverge(
        f"column {worst} is off by {off[worst]:.1e} of its total after {ROUNDS} rounds:"
        " the margins force a cell to zero"
    )


def _ratio(wanted: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(wanted, found, out=np.zeros_like(wanted), where=found > 0)


def _refuse_unreachable(rows: NDArray[np.int64], columns: NDArray[np.int64], cells: NDArray[np.bool_]) -> None:
    """Raise MarginsUnreachable where rows need more than the columns take that they have cells in (a maximum flow)."""
    flow = np.zeros(cells.shape, dtype=np.int64)
    while True:
        row_left, column_left = rows - flow.sum(axis=1), columns - flow.sum(axis=0)
        seen_rows, seen_columns, pushed = _augment(flow, row_left, column_left, cells)
        if pushed:
            continue
        if row_left.any():
            needed, taken = int(rows[seen_rows].sum()), int(columns[seen_columns].sum())
            named = np.flatnonzero(seen_rows).tolist()
            raise MarginsUnreachable(f"rows {named} need {needed} fen, the columns of their cells take {taken} fen")
        return


def _augment(
    flow: NDArray[np.int64], row_left: NDArray[np.int64], column_left: NDArray[np.int64], cells: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], bool]:
    """Push along one shortest path, changing ``flow``; return the rows and columns reached, and whether it pushed."""
    row_from, column_from = np.full(len(row_left), -1), np.full(len(column_left), -1)
    seen_rows, seen_columns = row_left > 0, np.zeros(len(column_left), dtype=bool)
    fresh = np.flatnonzero(seen_rows).tolist()
    while fresh:
        row = fresh.pop(0)
        for column in np.flatnonzero(cells[row] & ~seen_columns).tolist():
            seen_columns[column], column_from[column] = True, row
            if column_left[column] > 0:
                _push(flow, row_left, column_left, column, row_from, column_from)
                return seen_rows, seen_columns, True
            back = np.flatnonzero((flow[:, column] > 0) & ~seen_rows)
            seen_rows[back], row_from[back] = True, column
            fresh += back.tolist()
    return seen_rows, seen_columns, False


def _push(
    flow: NDArray[np.int64],
    row_left: NDArray,
    column_left: NDArray,
    column: int,
    row_from: NDArray,
    column_from: NDArray,
) -> None:
    steps, room = [], int(column_left[column])
    while True:
        row = int(column_from[column])
        steps.append((row, column, 1))
        if row_from[row] < 0:
            break
        column = int(row_from[row])
        steps.append((row, column, -1))
        room = min(room, int(flow[row, column]))
    room = min(room, int(row_left[row]))
    for row, column, sign in steps:
        flow[row, column] += sign * room


class _Rounding:
    """A table of whole fen next to ``fitted``; single fen move along cheapest paths until rows and columns hold."""

    def __init__(self, rows: NDArray[np.int64], columns: NDArray[np.int64], fitted: NDArray[np.float64]) -> None:
        self.fitted = fitted
        self.table = np.floor(fitted + 0.5).astype(np.int64)
        self.row_lack = rows - self.table.sum(axis=1)
        self.column_lack = columns - self.table.sum(axis=0)

    def whole(self) -> NDArray[np.int64]:
        """Return the table once every margin holds. Raises MarginsUnreachable."""
        while self.row_lack.any() or self.column_lack.any():
            self._move_along_cheapest_path()
        return self.table

    def _costs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what one fen more, and one fen less, in each cell adds to the squared deviations."""
        off = self.table - self.fitted
        above = np.maximum(self.table + 1 - np.ceil(self.fitted), 0)
        below = np.maximum(np.floor(self.fitted) - (self.table - 1), 0)
        more = np.where(self.fitted > 0, 2 * off + 1 + OUT_OF_BOUNDS * above, np.inf)
        return more, np.where(self.table > 0, 1 - 2 * off + OUT_OF_BOUNDS * below, np.inf)

    def _move_along_cheapest_path(self) -> None:
        """Carry one fen from a row or column that has too much to one that lacks it (Bellman and Ford)."""
        more, less = self._costs()
        row_cost = np.where(self.row_lack > 0, 0.0, np.inf)
        column_cost = np.where(self.column_lack < 0, 0.0, np.inf)
        row_from, column_from = np.full(len(row_cost), -1), np.full(len(column_cost), -1)
        for _ in range(len(row_cost) + len(column_cost)):
            changed = _relax(column_cost, column_from, (row_cost[:, None] + more).T)
            if not _relax(row_cost, row_from, column_cost[None, :] + less) and not changed:
                break
        ends = np.concatenate([
            np.where(self.column_lack > 0, column_cost, np.inf), np.where(self.row_lack < 0, row_cost, np.inf)
        ])  # fmt: skip
        end = int(ends.argmin())
        if not np.isfinite(ends[end]):
            raise MarginsUnreachable("no path of cells with a weight leads from the margin that lacks fen to another")
        self._carry(end, row_from, column_from)

    def _carry(self, end: int, row_from: NDArray[np.intp], column_from: NDArray[np.intp]) -> None:
        at_column = end < len(column_from)
        place = end if at_column else end - len(column_from)
        lack = self.column_lack if at_column else self.row_lack
        lack[place] += -1 if at_column else 1
        while (column_from if at_column else row_from)[place] >= 0:
            before = int((column_from if at_column else row_from)[place])
            cell = (before, place) if at_column else (place, before)
            self.table[cell] += 1 if at_column else -1
            at_column, place = not at_column, before
        (self.column_lack if at_column else self.row_lack)[place] += 1 if at_column else -1


def _relax(costs: NDArray[np.float64], origins: NDArray[np.intp], via: NDArray[np.float64]) -> bool:
    """Lower costs, shape (n,), by what comes via each of the others, shape (n, others); tell whether any fell."""
    first = via.argmin(axis=1)
    best = via[np.arange(len(costs)), first]
    better = best < costs - NEGLIGIBLE
    costs[better], origins[better] = best[better], first[better]
    return bool(better.any())
