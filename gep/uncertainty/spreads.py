"""How far each figure may be off: its coefficient of variation, and what its error is shared with.

``gep/coefficients/uncertainty.csv`` states a CV for a figure by its name, for a group of figures by the beginning of
it (``climate_regulation.heat`` for every class, ``soil_retention`` for all of a table), or for a kind. The longest
beginning that the table has counts. The source of a figure, after ``@``, has no spread of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from core import regions
from core.coefficients import Coefficient, CoefficientMissing, CoefficientTable, load

TABLE = Path(__file__).parents[1] / "coefficients" / "uncertainty.csv"
LAYER, STATISTIC, PRICE, COEFFICIENT = "layer", "statistic", "prices", "coefficient"
RANGE = "spatial_range"

Sharing = Literal["all", "county", "space"]  # by every parcel; by each county for itself; nearby counties alike


@dataclass(frozen=True, slots=True)
class Spread:
    """The CV of a figure and what shares its error."""

    cv: float
    sharing: Sharing


@dataclass
class Spreads:
    """The spreads of one region and year; remembers each row that was taken, with its source."""

    region: str
    year: int
    table: CoefficientTable | None = None
    taken: dict[str, Coefficient] = field(default_factory=dict)

    def of(self, figure: str) -> Spread:
        """Return the spread of a figure named ``layer:<name>``, ``statistic:<product>`` or ``<table>.<key>``.

        Raises CoefficientMissing where not even its kind has one.
        """
        name = figure.replace(":", ".").split("@")[0]
        kind = name.split(".")[0]
        sharing: Mapping[str, Sharing] = {LAYER: "space", STATISTIC: "county"}
        return Spread(cv=float(self._longest(name).value), sharing=sharing.get(kind, "all"))

    def range_m(self) -> float:
        """Return the distance at which the correlation of a layer's error falls to 1/e."""
        return float(self._at(RANGE).value)

    def _longest(self, name: str) -> Coefficient:
        words = name.split(".")
        for length in range(len(words), 0, -1):
            try:
                return self._at(".".join(words[:length]))
            except CoefficientMissing:
                continue
        return self._at(COEFFICIENT)

    def _at(self, key: str) -> Coefficient:
        row = (self.table or load(TABLE)).at(key, regions=regions.chain(self.region), on=date(self.year, 12, 31))
        self.taken[key] = row
        return row
