"""Monte Carlo over the sums of an account's terms: intervals of quantities and values, drivers, convergence.

An amount is a product of figures; a draw multiplies it by the product of their errors. Sums over the classes and
counties follow, then the prices. It is terms × draws, in blocks of draws, whatever the number of parcels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.units import FEN_PER_YUAN
from gep.uncertainty import errors_by_draw, land_cover
from gep.uncertainty.errors_by_draw import Errors, Place
from gep.uncertainty.land_cover import ConfusionMatrix
from gep.uncertainty.spreads import Spreads
from gep.uncertainty.terms import PartPrice, TermTotals

FEWEST_DRAWS = 1_000
BOUNDS = (0.025, 0.975)
BATCHES = 10  # of draws, between which the width of the interval is compared
BLOCK_CELLS = 2_000_000  # terms × draws at once: 16 MB

Group = tuple[str, str, str]  # indicator, part, county


class TooFewDraws(ValueError):
    """An interval of 95 % from fewer draws than the method asks for."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The 95 % interval of a figure, its expected value without error, and its coefficient of variation."""

    low95: float
    high95: float
    expected: float
    cv: float


@dataclass(frozen=True, slots=True)
class Driver:
    """A figure and the share, 0 to 1, of the total's variance that it brings in, to the first order."""

    figure: str
    share: float


@dataclass(frozen=True)
class Simulation:
    """What the draws come to. Quantities by indicator and part in their units; values in fen.

    ``width_error`` is the standard error of the width of the total's interval as a share of it: how far more draws
    would still move it.
    """

    physical: Mapping[tuple[str, str], Interval]
    value_fen: Mapping[str, Interval]
    county_fen: Mapping[str, Interval]
    total_fen: Interval
    drivers: tuple[Driver, ...]
    width_error: float
    draws: int
    seed: int


def simulate(
    terms: TermTotals,
    *,
    prices: Mapping[tuple[str, str], PartPrice],
    spreads: Spreads,
    seed: int,
    places: Mapping[str, Place] | None = None,
    confusion: ConfusionMatrix | None = None,
    class_area_m2: Mapping[tuple[str, Any], float] | None = None,
    draws: int = FEWEST_DRAWS,
) -> Simulation:
    """Return the intervals of ``terms``, of which those with a price in ``prices`` (by indicator and part) have values.

    ``places`` are the counties' places in metres, needed where a layer has an error; ``confusion`` with the areas by
    county and class moves areas between classes as well. The same for a seed, whatever the order of the terms. Raises
    TooFewDraws, PlaceMissing, CoefficientMissing.
    """
    if draws < FEWEST_DRAWS:
        raise TooFewDraws(f"{draws} draws; an interval of 95 % takes {FEWEST_DRAWS}")
    terms = TermTotals.joined([terms])
    figures = {name for names in terms.figures for name in names}
    figures |= {name for price in prices.values() for name in price.figures}
    varied = {name: spreads.of(name) for name in sorted(figures)}
    errors = errors_by_draw.draw(
        varied, counties=sorted(set(terms.county)), places=places or {},
        range_m=spreads.range_m(), draws=draws, seed=seed,
    )  # fmt: skip
    area = {(county, str(code)): m2 for (county, code), m2 in (class_area_m2 or {}).items()}
    moved = confusion.multipliers(area, draws=draws, seed=seed) if confusion else {}
    rows = _Rows.of(errors, moved)
    collapsed = _Collapsed.of(terms, rows)
    physical = collapsed.draw(rows.logs)
    money = physical.priced(prices, rows)
    total = money.summed(lambda group: "").get("", (0.0, np.zeros(draws)))
    return Simulation(
        physical={key: _interval(*drawn) for key, drawn in physical.summed(lambda group: group[:2]).items()},
        value_fen={key: _interval(*drawn) for key, drawn in money.summed(lambda group: group[0]).items()},
        county_fen={key: _interval(*drawn) for key, drawn in money.summed(lambda group: group[2]).items()},
        total_fen=_interval(*total),
        drivers=_drivers(collapsed, prices, rows),
        width_error=_width_error(total[1]),
        draws=draws,
        seed=seed,
    )


@dataclass(frozen=True)
class _Rows:
    """Logarithms of all multipliers, and which rows a term of a county and class takes; the last row is of ones."""

    errors: Errors
    logs: NDArray[np.float64]
    class_row: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, errors: Errors, moved: Mapping[tuple[str, str], NDArray[np.float64]]) -> "_Rows":
        first = len(errors.logs)
        logs = np.vstack([errors.logs, *(np.log(moved[place])[None] for place in sorted(moved))])
        return cls(errors, logs, {place: first + number for number, place in enumerate(sorted(moved))})

    def of_figures(self, figures: tuple[str, ...], county: str) -> list[int]:
        exact = len(self.errors.logs) - 1
        return [row for row in (self.errors.of(name, county) for name in figures) if row != exact]

    def of_term(self, figures: tuple[str, ...], county: str, code: str) -> tuple[int, ...]:
        of_class = [self.class_row[county, code]] if (county, code) in self.class_row else []
        return tuple(sorted(self.of_figures(figures, county) + of_class))


@dataclass(frozen=True)
class _Drawn:
    """Sums by group in every draw, shape (groups, draws), and without error, shape (groups,)."""

    groups: list[Group]
    expected: NDArray[np.float64]
    drawn: NDArray[np.float64]

    def priced(self, prices: Mapping[tuple[str, str], PartPrice], rows: _Rows) -> "_Drawn":
        """Return the values in fen of the groups that have a price."""
        kept = [number for number, group in enumerate(self.groups) if group[:2] in prices]
        groups = [self.groups[number] for number in kept]
        fen = np.array([prices[group[:2]].yuan_per_unit * FEN_PER_YUAN for group in groups])
        drawn = self.drawn[kept] * fen[:, None] if kept else np.zeros((0, self.drawn.shape[1]))
        for number, group in enumerate(groups):
            drawn[number] *= np.exp(rows.logs[rows.of_figures(prices[group[:2]].figures, group[2])].sum(axis=0))
        return _Drawn(groups, self.expected[kept] * fen, drawn)

    def summed(self, by: Callable[[Group], Any]) -> dict[Any, tuple[float, NDArray[np.float64]]]:
        """Return sums over groups of one key, without error and in every draw, in the order of the keys."""
        members: dict[Any, list[int]] = {}
        for number, group in enumerate(self.groups):
            members.setdefault(by(group), []).append(number)
        return {key: (fsum(self.expected[own]), self.drawn[own].sum(axis=0)) for key, own in sorted(members.items())}


@dataclass(frozen=True)
class _Collapsed:
    """Terms of one group that are multiplied by the same errors, joined: a simulation need not tell them apart."""

    groups: list[Group]
    start: NDArray[np.intp]  # of each group
    rows: list[tuple[int, ...]]
    amount: NDArray[np.float64]

    @classmethod
    def of(cls, terms: TermTotals, rows: _Rows) -> "_Collapsed":
        sums: dict[Group, dict[tuple[int, ...], list[float]]] = {}
        for indicator, part, county, code, figures, amount in zip(
            terms.indicator, terms.part, terms.county, terms.code, terms.figures, terms.amount.tolist(), strict=True
        ):
            own = sums.setdefault((indicator, part, county), {})
            own.setdefault(rows.of_term(figures, county, code), []).append(amount)
        sizes = [len(own) for own in sums.values()]
        return cls(
            groups=list(sums),
            start=np.cumsum([0, *sizes], dtype=np.intp)[:-1],
            rows=[key for own in sums.values() for key in own],
            amount=np.array([fsum(amounts) for own in sums.values() for amounts in own.values()], dtype=np.float64),
        )

    def draw(self, logs: NDArray[np.float64]) -> _Drawn:
        draws, ones = logs.shape[1], len(logs)
        logs = np.vstack([logs, np.zeros(draws)])
        width = max((len(own) for own in self.rows), default=0)
        columns = np.array([[*own, *[ones] * (width - len(own))] for own in self.rows], dtype=np.intp)
        drawn = np.empty((len(self.groups), draws))
        step = max(1, BLOCK_CELLS // max(len(self.rows), 1))
        for begin in range(0, draws if self.rows else 0, step):
            block = slice(begin, begin + step)
            logarithm = np.zeros((len(self.rows), len(range(draws)[block])))
            for column in columns.T:
                logarithm += logs[column, block]
            drawn[:, block] = np.add.reduceat(np.exp(logarithm) * self.amount[:, None], self.start, axis=0)
        return _Drawn(self.groups, np.add.reduceat(self.amount, self.start) if self.rows else np.zeros(0), drawn)

    def group_of_each(self) -> list[Group]:
        """Return the group of each joined term."""
        sizes = np.diff([*self.start, len(self.rows)]).tolist()
        return [group for group, size in zip(self.groups, sizes, strict=True) for _ in range(size)]


def _interval(expected: float, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, BOUNDS)
    return Interval(float(low), float(high), expected, float(drawn.std() / abs(expected)) if expected else float("nan"))


def _width_error(drawn: NDArray[np.float64]) -> float:
    """Return the standard error of the interval's width, from batches of draws, as a share of it."""
    bounds = np.array([np.quantile(batch, BOUNDS) for batch in np.array_split(drawn, BATCHES)])
    widths = bounds[:, 1] - bounds[:, 0]
    return float(widths.std(ddof=1) / np.sqrt(BATCHES) / widths.mean()) if widths.mean() else 0.0


def _drivers(collapsed: _Collapsed, prices: Mapping[tuple[str, str], PartPrice], rows: _Rows) -> tuple[Driver, ...]:
    """Return each figure's share of the variance of the total: by how much the total moves with its logarithm."""
    moves = np.zeros(len(rows.logs))
    for group, own, amount in zip(collapsed.group_of_each(), collapsed.rows, collapsed.amount.tolist(), strict=True):
        price = prices.get((group[0], group[1]))
        if price is not None:
            for row in (*own, *rows.of_figures(price.figures, group[2])):
                moves[row] += amount * price.yuan_per_unit * FEN_PER_YUAN
    variance = _variance_by_figure(moves, rows)
    total = sum(variance.values())
    shares = [Driver(figure, part / total) for figure, part in variance.items() if part > 0] if total else []
    return tuple(sorted(shares, key=lambda driver: (-driver.share, driver.figure)))


def _variance_by_figure(moves: NDArray[np.float64], rows: _Rows) -> dict[str, float]:
    errors, found = rows.errors, {}
    for figure, sigma in errors.sigma.items():
        own = moves[[row for (name, _), row in errors.row.items() if name == figure]]
        found[figure] = float(sigma**2 * own @ errors.correlation[figure] @ own)
    if rows.class_row:
        of_classes = list(rows.class_row.values())
        found[land_cover.NAME] = float((moves[of_classes] @ np.exp(rows.logs[of_classes])).var())
    return found
