"""How sure the map's classes are: a confusion matrix, areas adjusted by it, and draws of the areas.

Stratified estimator of Olofsson and others, Remote Sensing of Environment 148 (2014), 42-57: with W_i the share of the
map in class i and n_ij the sample points mapped i and found j, the share of j is p_j = Σ_i W_i · n_ij / n_i, and its
standard error the root of Σ_i W_i² · q(1 - q) / (n_i - 1) with q = n_ij / n_i.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.uncertainty.errors_by_draw import stream

NAME = "land_cover"


class ConfusionRefused(ValueError):
    """A confusion matrix that is not square, has negative counts, or a mapped class without sample points."""


@dataclass(frozen=True)
class ConfusionMatrix:
    """Sample points by class on the map (rows) and class found (columns)."""

    codes: tuple[str, ...]
    counts: NDArray[np.int64]

    def __post_init__(self) -> None:
        square = self.counts.shape == (len(self.codes), len(self.codes))
        if not square or (self.counts < 0).any() or (self.counts.sum(axis=1) < 2).any():
            raise ConfusionRefused("the matrix must be square, not negative, with two points at least in every class")

    def adjusted_areas(self, mapped_area: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the area of each class as found, shape (classes,), from the mapped areas; the unit stays."""
        return mapped_area @ self._rates()

    def standard_errors(self, mapped_area: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the standard errors of the adjusted areas, shape (classes,), in the unit of the areas."""
        rates, points = self._rates(), self.counts.sum(axis=1, keepdims=True)
        return np.sqrt((mapped_area[:, None] ** 2 * rates * (1 - rates) / (points - 1)).sum(axis=0))

    def multipliers(
        self, mapped_area: Mapping[tuple[str, str], float], *, draws: int, seed: int
    ) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Return what the area of each county and class is multiplied by in each draw; the mean is 1.

        Rates are drawn for the whole map (Dirichlet, from the counts and half a point more each), so that counties
        share them. Classes that the matrix does not know are not moved.
        """
        random = stream(seed, NAME)
        prior = self.counts + 0.5
        rates = np.array([random.dirichlet(row, size=draws) for row in prior])  # mapped × draws × found
        expected = prior / prior.sum(axis=1, keepdims=True)
        found = {}
        for county in sorted({county for county, _ in mapped_area}):
            area = np.array([mapped_area.get((county, code), 0.0) for code in self.codes])
            drawn, mean = np.einsum("i,idj->dj", area, rates), area @ expected
            for place, code in enumerate(self.codes):
                if (county, code) in mapped_area and mean[place] > 0:
                    found[county, code] = drawn[:, place] / mean[place]
        return found

    def _rates(self) -> NDArray[np.float64]:
        return self.counts / self.counts.sum(axis=1, keepdims=True)
