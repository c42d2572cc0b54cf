"""What each figure is multiplied by in each draw: lognormal numbers of mean 1, from streams named by seed and figure.

A stream depends on the seed and its own name alone. Another figure, county or term more, another order or number of
workers changes no draw of it; more draws continue the same stream.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.uncertainty.algebra import log_sigma
from gep.uncertainty.spreads import Spread

Place = tuple[float, float]  # metres east and north


@dataclass(frozen=True)
class Errors:
    """Logarithms of multipliers, shape (rows, draws); a row for each figure, or for each figure and county.

    ``correlation`` between the rows of one figure, shape (counties, counties).
    """

    logs: NDArray[np.float64]
    row: Mapping[tuple[str, str], int]  # figure, county; the county "" where all share the figure
    counties: tuple[str, ...]
    correlation: Mapping[str, NDArray[np.float64]]
    sigma: Mapping[str, float]

    def of(self, figure: str, county: str) -> int:
        """Return the row by which a county's figure is multiplied; the last one, of ones, where it is exact."""
        return self.row.get((figure, ""), self.row.get((figure, county), len(self.logs) - 1))


class PlaceMissing(LookupError):
    """A layer's error is correlated in space, and a county's place is not stated."""


def draw(
    spreads: Mapping[str, Spread],
    *,
    counties: Sequence[str],
    places: Mapping[str, Place],
    range_m: float,
    draws: int,
    seed: int,
) -> Errors:
    """Return the errors of every figure. Raises PlaceMissing."""
    ordered = tuple(sorted(counties))
    rows: list[NDArray[np.float64]] = []
    row: dict[tuple[str, str], int] = {}
    correlation: dict[str, NDArray[np.float64]] = {}
    sigma = {figure: log_sigma(spread.cv) for figure, spread in sorted(spreads.items()) if spread.cv > 0}
    for figure, size in sigma.items():
        sharing = spreads[figure].sharing
        named = ("",) if sharing == "all" else ordered
        normal = np.array([_normal(seed, figure, county, draws) for county in named]).reshape(len(named), draws)
        correlation[figure] = _correlation(ordered, places, range_m) if sharing == "space" else np.eye(len(named))
        if sharing == "space":
            normal = np.linalg.cholesky(correlation[figure]) @ normal
        row |= {(figure, county): len(rows) + number for number, county in enumerate(named)}
        rows += list(size * normal - size * size / 2)
    rows.append(np.zeros(draws))
    return Errors(np.array(rows), row, ordered, correlation, sigma)


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers of a seed and a name."""
    words = np.frombuffer(hashlib.sha256("\0".join(names).encode()).digest(), dtype="<u4")
    return np.random.default_rng(np.random.SeedSequence([seed, *words.tolist()]))


def _normal(seed: int, figure: str, county: str, draws: int) -> NDArray[np.float64]:
    return stream(seed, figure, county).standard_normal(draws)


def _correlation(counties: Sequence[str], places: Mapping[str, Place], range_m: float) -> NDArray[np.float64]:
    """Return exp(-distance / range) between counties, a valid correlation in the plane; one alone needs no place."""
    if len(counties) == 1:
        return np.eye(1)
    lost = [county for county in counties if county not in places]
    if lost:
        raise PlaceMissing(f"the place of {', '.join(lost)} is not stated")
    where = np.array([places[county] for county in counties], dtype=np.float64).reshape(-1, 2)
    distance_m = np.hypot(*(where[:, None, :] - where[None, :, :]).transpose(2, 0, 1))
    return np.exp(-distance_m / range_m) + np.eye(len(where)) * 1e-12  # two counties at one place stay separable
