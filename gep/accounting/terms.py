"""What an indicator is to the engine: inputs it needs, values summed over pieces of cells, amounts by ecosystem unit.

An amount is told as terms. Each is a product of named figures, so that the uncertainty of a figure can be carried to
every sum without touching a parcel again: water retained is the rain, less a share of the rain, less what evaporates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gep.accounting.ecosystem_units import Pieces, Units, Window
from gep.methods import Method

MAIN = ""  # the part that is the indicator's own quantity
CLASS = "{code}"  # stands in a figure's name for the class of the unit


@dataclass(frozen=True)
class Term:
    """An amount for each unit, shape (units,), in the unit of its ``part``; 0 where the unit is out of scope.

    NaN where a part of its own is not known in the unit though the indicator is; the sums by class leave it out.

    ``figures`` names what the amount is a product of: ``layer:<name>`` for a layer, ``<table>.<key>`` for a figure of
    that table, with CLASS in place of the class.
    """

    part: str
    amount: NDArray[np.float64]
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Physical:
    """The terms of an indicator, and the area of each unit that is known: with data, or out of scope."""

    terms: tuple[Term, ...]
    known_m2: NDArray[np.float64]


@dataclass(frozen=True)
class Priced:
    """What one unit of a part is worth, and the names of the figures that the price is a product of."""

    yuan_per_unit: float
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """What of a county's statistic goes into a part, such as the share of their storage that reservoirs keep free.

    ``figures`` names what the share is a product of.
    """

    statistic: str
    share: float
    figures: tuple[str, ...]


@dataclass(frozen=True)
class CountyFigure:
    """A figure that a county may state for itself; where it does not, the method's own stands: ``table``, ``key``."""

    statistic: str
    table: str
    key: str


@dataclass(frozen=True)
class Variant:
    """One way to calculate an indicator.

    ``layers`` tells which layers it needs, given those there are (measured or derived), ``uses`` which it takes where
    they happen to be there; ``statistics`` the items that the counties' statistics must state. ``cell_terms`` names the
    values to be summed over pieces. The terms of a part that ``stores`` names are weights, by which what a county
    states is shared out; those of a part that ``by_county`` names are for one unit of the county's figure. ``lacks``
    are the parts of the indicator that it says nothing of.
    """

    physical: Callable[[Units, Method], Physical]
    layers: Callable[[Method, frozenset[str]], tuple[str, ...]] = lambda method, there: ()
    cell_terms: Callable[[Pieces, Method], Mapping[str, NDArray[np.float64]]] | None = None
    uses: tuple[str, ...] = ()
    statistics: Callable[[Method], tuple[str, ...]] = lambda method: ()
    stores: Callable[[Method], Mapping[str, Stored]] = lambda method: {}
    by_county: Mapping[str, CountyFigure] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Indicator:
    """An indicator: the units of its parts (MAIN among them), the ways to calculate it, and what its parts are worth.

    ``sums`` are the parts that the indicator's own quantity is the sum of; where there are none it has terms of its
    own. A part that ``emissions`` names is a capacity: under the switch ``capacity_rule`` it counts up to what a county
    emits, which the named statistic states in the unit of the part.
    """

    name: str
    parts: Mapping[str, str]
    variants: Mapping[str, Variant]
    prices: Callable[[Method], Mapping[str, Priced]]
    sums: tuple[str, ...] = ()
    emissions: Mapping[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The unit of the indicator's own quantity."""
        return self.parts[MAIN]


@dataclass(frozen=True)
class Derivation:
    """A layer that follows from others, cell by cell or with their neighbours."""

    layer: str
    needs: tuple[str, ...]
    derive: Callable[[Window, Method], NDArray[np.float64]]


def area_terms(
    units: Units,
    method: Method,
    *,
    indicator: str,
    per_m2: Mapping[str, tuple[NDArray[np.float64], tuple[str, ...]]],
) -> Physical:
    """Return the terms of an indicator that goes by area alone: for each part an amount per m² and its figures."""
    in_scope = method.in_scope(indicator, units.code)
    known = in_scope | method.out_of_scope(indicator, units.code)
    terms = tuple(
        Term(part, np.where(in_scope, units.area_m2 * amount, 0.0), figures)
        for part, (amount, figures) in per_m2.items()
    )
    return Physical(terms, np.where(known, units.area_m2, 0.0))
