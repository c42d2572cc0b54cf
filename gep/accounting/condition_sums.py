"""What the condition account rests on: leaf area, cover and production of the land, summed by county and class.

The variables are summed where all three are known, so that their means and their index rest on the same land. The best
of a class is the highest mean that a parcel's part of that class has. docs/methods/seea.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gep.accounting.ecosystem_units import Pieces, Units

VARIABLES = ("leaf_area_index", "vegetation_cover", "gpp_gc_m2")  # the layers that the quality index needs
Place = tuple[str, int]  # county and class


@dataclass(frozen=True)
class ConditionSums:
    """Sums of each variable × m² and the m² they rest on, by county and class; the best of each class.

    ``lacking`` names the layers for want of which there are none.
    """

    lacking: tuple[str, ...] = VARIABLES
    weighted: Mapping[str, Mapping[Place, float]] = field(default_factory=dict)
    known_m2: Mapping[Place, float] = field(default_factory=dict)
    best: Mapping[str, Mapping[int, float]] = field(default_factory=dict)


def lacking(layers: frozenset[str]) -> tuple[str, ...]:
    """Return the layers that the condition account needs and that are not there."""
    return tuple(name for name in VARIABLES if name not in layers)


def term(variable: str) -> str:
    """Return the name of the cell term of a variable."""
    return f"condition.{variable}"


def cell_terms(pieces: Pieces) -> dict[str, NDArray[np.float64]]:
    """Return each variable where all of them are known, else NaN."""
    unknown = np.isnan(np.sum([pieces[name] for name in VARIABLES], axis=0))
    return {term(name): np.where(unknown, np.nan, pieces[name]) for name in VARIABLES}


def best(units: Units) -> dict[str, dict[int, float]]:
    """Return the highest mean of each variable among the units of each class, of those where any is known."""
    found: dict[str, dict[int, float]] = {}
    classes, place = np.unique(units.code, return_inverse=True)
    for name in VARIABLES:
        known = units.valid_m2[term(name)] > 0
        highest = np.full(len(classes), -np.inf)
        np.maximum.at(highest, place[known], units.sums[term(name)][known] / units.valid_m2[term(name)][known])
        found[name] = {
            code: value for code, value in zip(classes.tolist(), highest.tolist(), strict=True) if value > -np.inf
        }
    return found


def best_of(parts: Sequence[Mapping[str, Mapping[int, float]]]) -> dict[str, dict[int, float]]:
    """Return the best of several blocks or years."""
    found: dict[str, dict[int, float]] = {name: {} for name in VARIABLES}
    for part in parts:
        for name, by_class in part.items():
            for code, value in by_class.items():
                found[name][code] = max(value, found[name].get(code, value))
    return found
