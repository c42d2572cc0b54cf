"""The condition account: the ecosystem quality index of HJ 1172-2021, its grades, and means by ecosystem type."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import regions
from core.coefficients import CoefficientTable, load

TABLE = Path(__file__).parents[1] / "coefficients" / "condition.csv"
GRADES = ("excellent", "good", "fair", "low", "poor")  # 优 良 中 低 差
UNGRADED = ""


def relative_density(value: NDArray[np.float64], *, reference: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return a variable (LAI, FVC, GPP) relative to that of the best of its kind, 0 to 1; NaN stays, shapes alike.

    A reference of 0 or less is no reference: the result is NaN. What is better than the reference counts as 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(reference) > 0, np.clip(value / np.asarray(reference), 0, 1), np.nan)


def quality_index(
    *, leaf_area: NDArray[np.float64], vegetation_cover: NDArray[np.float64], production: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return EQI = (LAI + FVC + GPP) / 3 · 100 from relative densities, 0 to 100; NaN where one is missing."""
    return (leaf_area + vegetation_cover + production) / 3 * 100


def grades(index: NDArray[np.float64], *, year: int, table: CoefficientTable | None = None) -> NDArray[np.str_]:
    """Return the grade of each index, UNGRADED where it is missing; a grade begins at its own limit."""
    rows, on = table or load(TABLE), date(year, 12, 31)
    limits = rows.vector([f"eqi.{grade}" for grade in GRADES[:-1]], regions=(regions.NATION,), on=on)
    place = (np.asarray(index)[..., None] < limits).sum(axis=-1)
    return np.where(np.isnan(index), UNGRADED, np.array(GRADES)[place])


@dataclass(frozen=True)
class ConditionAccount:
    """The mean index by ecosystem type, weighed by area; NaN where nothing of a type is known.

    ``known_share`` tells how much of the type's area has an index in both years' accounts, opening then closing.
    """

    types: tuple[str, ...]
    opening: NDArray[np.float64]
    closing: NDArray[np.float64]
    opening_known_share: NDArray[np.float64]
    closing_known_share: NDArray[np.float64]

    @property
    def change(self) -> NDArray[np.float64]:
        """Return closing less opening."""
        return self.closing - self.opening


@dataclass(frozen=True)
class State:
    """Land in one year as columns of one length: its type, area and index (NaN missing)."""

    types: NDArray[np.str_]
    area_m2: NDArray[np.float64]
    index: NDArray[np.float64]


def account(opening: State, closing: State, *, types: Sequence[str]) -> ConditionAccount:
    """Return the condition account of two years; the years may have different parcels."""
    before, known_before = _means(opening, types)
    after, known_after = _means(closing, types)
    return ConditionAccount(tuple(types), before, after, known_before, known_after)


def _means(state: State, types: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    means, known_share = np.full(len(types), np.nan), np.zeros(len(types))
    for place, name in enumerate(types):
        own = state.types == name
        known = own & ~np.isnan(state.index)
        area = state.area_m2[known].sum()
        if area > 0:
            means[place] = (state.index[known] * state.area_m2[known]).sum() / area
            known_share[place] = area / state.area_m2[own].sum()
    return means, known_share
