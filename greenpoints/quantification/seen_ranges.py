"""Whether what an act is worth lies within what other programmes publish: outside needs a reason and a name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from core import coefficients, regions
from core.coefficients import Coefficient, CoefficientMissing
from greenpoints.quantification import quantify
from greenpoints.quantification.acts import ACTS
from greenpoints.quantification.dimensions import unit
from greenpoints.quantification.figures import Figure
from greenpoints.quantification.parameters import FOLDER, Parameters


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one usual act is worth and what was seen for it elsewhere, in mg before any discount.

    ``usual`` is the quantity compared, in the unit of the act; ``seen`` tells the values and their places.
    """

    act: str
    usual: int
    gross_mg: int
    lowest_mg: int
    highest_mg: int
    seen: str
    source: str

    @property
    def outside(self) -> bool:
        """Return whether nobody publishes a value this low or this high."""
        return not self.lowest_mg <= self.gross_mg <= self.highest_mg


def compare(in_force: Parameters, *, on: date) -> list[Comparison]:
    """Return a comparison for each act that published values exist for."""
    return [_comparison(act, in_force, on) for act in ACTS if _row(act, "lowest", on) is not None]


def _comparison(act: str, in_force: Parameters, on: date) -> Comparison:
    lowest, highest = _row(act, "lowest", on), _row(act, "highest", on)
    assert lowest is not None
    assert highest is not None
    quantity, _, _counted = lowest.per.partition(" ")
    basis = in_force.basis(act, material="", evidence=next(iter(ACTS[act].evidence)))
    worth = quantify.reductions(
        [basis], np.zeros(1, np.int64), quantity=np.array([int(quantity)]), measures=_no_measures(basis.measures)
    )
    return Comparison(
        act=act,
        usual=int(quantity),
        gross_mg=int(worth.gross_mg[0]),
        lowest_mg=_mg(lowest),
        highest_mg=_mg(highest),
        seen=lowest.locator,
        source=lowest.source,
    )


def _no_measures(measures: Mapping[str, object]) -> np.ndarray:
    return np.array([json.dumps(dict.fromkeys(measures, 0)) if measures else ""], object)


def _mg(row: Coefficient) -> int:
    return int(Figure.of_row(row).exact * unit(row.unit).scale)


def _row(act: str, end: str, on: date) -> Coefficient | None:
    table = coefficients.load(FOLDER / "seen_ranges.csv")
    try:
        return table.at(f"{act}.{end}", regions=regions.chain(regions.FUZHOU), on=on)
    except CoefficientMissing:
        return None
