"""How sure the figures of an account are: intervals by Monte Carlo, what drives them, and grades.

Method: docs/methods/uncertainty.md. A draw multiplies each named figure by one number that all parcels share, so it
needs the sums of the account's terms by county and class, and never a parcel again.
"""

from gep.uncertainty.algebra import product_cv, total_cv
from gep.uncertainty.grades import Grade, grade_of, grade_of_total
from gep.uncertainty.land_cover import ConfusionMatrix
from gep.uncertainty.simulation import Driver, Interval, Simulation, simulate
from gep.uncertainty.spreads import Spread, Spreads
from gep.uncertainty.terms import PartPrice, TermTotals

__all__ = [
    "ConfusionMatrix",
    "Driver",
    "Grade",
    "Interval",
    "PartPrice",
    "Simulation",
    "Spread",
    "Spreads",
    "TermTotals",
    "grade_of",
    "grade_of_total",
    "product_cv",
    "simulate",
    "total_cv",
]
